#include "http_client/tls_context.hpp"

#include <openssl/x509.h>

#include <array>
#include <cstdlib>
#include <filesystem>

namespace sotto::http_client {

namespace {

// Where systems keep what they trust. OpenSSL knows one place, fixed when it was built; a static
// program can run elsewhere.
constexpr std::array<const char*, 3> known_bundles = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

// Its folder of certificates is read as needed; a bundle takes tens of milliseconds.
bool openssl_finds_some() {
  std::error_code unreadable;
  if (std::getenv(X509_get_default_cert_file_env())) return true;
  if (std::filesystem::exists(X509_get_default_cert_file(), unreadable)) return true;
  const bool empty = std::filesystem::is_empty(X509_get_default_cert_dir(), unreadable);
  return !empty && !unreadable;
}

void load_known_bundle(boost::asio::ssl::context& tls) {
  for (const char* bundle : known_bundles) {
    boost::system::error_code unreadable;
    tls.load_verify_file(bundle, unreadable);
    if (!unreadable) return;
  }
}

}  // namespace

boost::system::error_code trust_certificates(boost::asio::ssl::context& tls,
                                             const std::string& ca_file) {
  boost::system::error_code error;
  tls.set_verify_mode(boost::asio::ssl::verify_peer);
  tls.set_options(boost::asio::ssl::context::no_tlsv1 | boost::asio::ssl::context::no_tlsv1_1);
  if (!ca_file.empty()) {
    tls.load_verify_file(ca_file, error);
    return error;
  }
  tls.set_default_verify_paths(error);
  if (!openssl_finds_some()) load_known_bundle(tls);
  return {};
}

}  // namespace sotto::http_client
