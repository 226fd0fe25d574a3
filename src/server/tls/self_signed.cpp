#include "server/tls/self_signed.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>

#include "server/tls/openssl_pointers.hpp"

namespace sotto::server {

namespace {

void add(std::vector<std::string>& to, std::string name) {
  if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(std::move(name));
}

// Letters, digits, hyphens and dots (RFC 952): what can stand in a certificate and in an address.
bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '.'; });
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

void add_ipv4(std::vector<std::string>& addresses) {
  ifaddrs* interfaces = nullptr;
  if (::getifaddrs(&interfaces) != 0) return;
  for (const ifaddrs* one = interfaces; one; one = one->ifa_next) {
    if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
    const auto* address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
    std::array<char, INET_ADDRSTRLEN> text{};
    if (::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size()))
      add(addresses, text.data());
  }
  ::freeifaddrs(interfaces);
}

// Linux's list, which says which are temporary: 32 digits, then index, prefix, scope, flags, name.
void add_ipv6(std::vector<std::string>& addresses) {
  constexpr unsigned link_local = 0x20, temporary = 0x01;
  std::ifstream list("/proc/net/if_inet6");
  for (std::string line; std::getline(list, line);) {
    std::istringstream fields(line);
    std::string digits, index, prefix;
    unsigned scope = 0, flags = 0;
    if (!(fields >> digits >> index >> prefix >> std::hex >> scope >> flags)) continue;
    if (digits.size() != 32 || scope == link_local || (flags & temporary) != 0) continue;
    in6_addr address{};
    for (std::size_t i = 0; i < 16; ++i)
      std::from_chars(digits.data() + 2 * i, digits.data() + 2 * i + 2, address.s6_addr[i], 16);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_ntop(AF_INET6, &address, text.data(), text.size())) add(addresses, text.data());
  }
}

Error openssl_error(const std::string& doing) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return {ErrorCode::internal, doing + ": " + (reason ? reason : "OpenSSL refuses it"), ""};
}

bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return false;
  random[0] &= 0x7F;  // positive
  random[0] |= 0x40;  // and never short
  BIGNUM* const number = BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr);
  const bool set = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (!extension) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool set_time(ASN1_TIME* field, UtcTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return ASN1_TIME_set(field, static_cast<std::time_t>(seconds)) != nullptr;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::string& names, UtcTime now) {
  constexpr std::chrono::days clocks_differ{1};
  constexpr std::string_view name = "Sotto, made by itself";
  X509_NAME* const subject = X509_get_subject_name(certificate);
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         set_time(X509_getm_notBefore(certificate), now - clocks_differ) &&
         set_time(X509_getm_notAfter(certificate), now - clocks_differ + self_signed_validity) &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 &&
         X509_set_pubkey(certificate, key) == 1 &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, NID_subject_alt_name, names) &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

HostNames local_names() {
  HostNames host{{"localhost"}, {"127.0.0.1", "::1"}};
  if (const std::string name = host_name(); is_host_name(name)) {
    add(host.names, name);
    if (name.find('.') == std::string::npos) add(host.names, name + ".local");
  }
  add_ipv4(host.addresses);
  add_ipv6(host.addresses);
  return host;
}

Result<std::string> make_self_signed(const HostNames& host, UtcTime now) {
  std::string names;
  for (const std::string& name : host.names) {
    if (!is_host_name(name))
      return fail(ErrorCode::invalid_argument, "\"" + name + "\" is no host's name", "name");
    names += (names.empty() ? "DNS:" : ",DNS:") + name;
  }
  for (const std::string& address : host.addresses) {
    in6_addr ignored{};
    if (::inet_pton(AF_INET, address.c_str(), &ignored) != 1 &&
        ::inet_pton(AF_INET6, address.c_str(), &ignored) != 1)
      return fail(ErrorCode::invalid_argument, "\"" + address + "\" is no IP address", "address");
    names += (names.empty() ? "IP:" : ",IP:") + address;
  }
  ERR_clear_error();
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  if (!key || !certificate || !fill(certificate.get(), key.get(), names, now))
    return tl::unexpected(openssl_error("cannot make a self-signed certificate"));
  const Memory text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(text.get(), certificate.get()) != 1)
    return tl::unexpected(openssl_error("cannot write a self-signed certificate"));
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

bool serves(const std::string& pem, const HostNames& host, UtcTime now) {
  const Memory text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Certificate certificate(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!certificate) return false;
  auto until = std::chrono::system_clock::to_time_t(now + self_signed_renewal);
  auto today = std::chrono::system_clock::to_time_t(now);
  return X509_cmp_time(X509_get0_notAfter(certificate.get()), &until) > 0 &&
         X509_cmp_time(X509_get0_notBefore(certificate.get()), &today) < 0 &&
         std::all_of(host.names.begin(), host.names.end(),
                     [&](const std::string& name) {
                       return X509_check_host(certificate.get(), name.data(), name.size(), 0,
                                              nullptr) == 1;
                     }) &&
         std::all_of(host.addresses.begin(), host.addresses.end(), [&](const std::string& address) {
           return X509_check_ip_asc(certificate.get(), address.c_str(), 0) == 1;
         });
}

}  // namespace sotto::server
