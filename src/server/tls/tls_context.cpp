#include "server/tls/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>
#include <utility>

#include "server/tls/openssl_pointers.hpp"

namespace sotto::server {

namespace {

constexpr std::chrono::days soon{14};

Memory memory_of(const std::string& text) {
  return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string reason() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  return text ? text : "OpenSSL does not accept it";
}

tl::unexpected<Error> refused(const std::string& place, const std::string& why) {
  return fail(ErrorCode::invalid_argument, place + ": " + why, place.substr(0, place.find(' ')));
}

// Nobody is there to type a password.
int no_password(char*, int, int, void*) { return -1; }

Result<std::vector<Certificate>> certificates_of(const TlsMaterial& material) {
  const Memory text = memory_of(material.chain);
  std::vector<Certificate> chain;
  ERR_clear_error();
  while (X509* one = PEM_read_bio_X509(text.get(), nullptr, no_password, nullptr))
    chain.emplace_back(one);
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (chain.empty() && at_end)
    return refused(material.chain_place, "has no certificate in PEM (\"BEGIN CERTIFICATE\")");
  if (!at_end)
    return refused(material.chain_place, "certificate " + std::to_string(chain.size() + 1) +
                                             " in it is damaged: " + reason());
  return chain;
}

Result<Key> key_of(const TlsMaterial& material) {
  const Memory text = memory_of(material.key);
  ERR_clear_error();
  if (EVP_PKEY* key = PEM_read_bio_PrivateKey(text.get(), nullptr, no_password, nullptr))
    return Key(key);
  if (material.key.find("ENCRYPTED") != std::string::npos)
    return refused(material.key_place,
                   "is encrypted; write it without a password: openssl pkey -in FILE -out FILE");
  if (material.key.find("PRIVATE KEY") == std::string::npos)
    return refused(material.key_place, "has no private key in PEM (\"BEGIN PRIVATE KEY\")");
  return refused(material.key_place, "is damaged: " + reason());
}

UtcTime time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return {};
  return UtcTime{std::chrono::seconds{::timegm(&fields)}};
}

TlsCertificate describe(X509* leaf) {
  TlsCertificate described;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_digest(leaf, EVP_sha256(), digest.data(), &size);
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (unsigned int i = 0; i < size; ++i) {
    if (i > 0) described.fingerprint += ':';
    described.fingerprint += digits[digest[i] >> 4U];
    described.fingerprint += digits[digest[i] & 15U];
  }
  described.not_before = time_of(X509_get0_notBefore(leaf));
  described.not_after = time_of(X509_get0_notAfter(leaf));
  described.self_signed = X509_self_signed(leaf, 0) == 1;
  described.has_names = X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1) >= 0;
  return described;
}

// The pages and the API speak HTTP/1.1. Who offers only others is not sent away by TLS: it may mean
// it all the same (RFC 7301, 3.2).
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned int size, void*) {
  constexpr std::string_view ours = "http/1.1";
  for (unsigned int i = 0; i < size; i += offered[i] + 1U) {
    const std::string_view one(reinterpret_cast<const char*>(offered + i + 1),
                               std::min<std::size_t>(offered[i], size - i - 1));
    if (one != ours) continue;
    *chosen = offered + i + 1;
    *length = offered[i];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Of TLS 1.2 only what Mozilla's "intermediate" has: forward secrecy and authenticated ciphers.
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // What a client needs to come back is in the ticket that it keeps; nothing is kept of it here.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

std::string days_from(UtcTime now, UtcTime then) {
  const auto days = std::chrono::duration_cast<std::chrono::days>(then - now).count();
  return std::to_string(days) + (days == 1 ? " day" : " days");
}

}  // namespace

std::vector<std::string> warnings_of(const TlsCertificate& certificate, UtcTime now) {
  std::vector<std::string> warnings;
  if (now >= certificate.not_after)
    warnings.push_back("it expired on " + format_utc(certificate.not_after));
  else if (certificate.not_after - now < soon)
    warnings.push_back("it expires in " + days_from(now, certificate.not_after));
  if (now < certificate.not_before)
    warnings.push_back("it is valid only from " + format_utc(certificate.not_before));
  if (!certificate.has_names)
    warnings.emplace_back("it names no host (subjectAltName), so browsers refuse it");
  return warnings;
}

void TlsContext::ContextDeleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

TlsContext::TlsContext(Source source) : source_(std::move(source)) {}

Result<TlsContext::Loaded> TlsContext::load(const TlsMaterial& material) {
  auto chain = certificates_of(material);
  if (!chain) return tl::unexpected(chain.error());
  const auto key = key_of(material);
  if (!key) return tl::unexpected(key.error());
  X509* const leaf = chain->front().get();
  if (X509_check_private_key(leaf, key->get()) != 1)
    return refused(material.key_place,
                   "is not the key of the certificate in " + material.chain_place);
  Loaded loaded;
  loaded.context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = loaded.context.get();
  if (!context) return fail(ErrorCode::internal, "OpenSSL has no TLS: " + reason());
  configure(context);
  ERR_clear_error();
  if (SSL_CTX_use_certificate(context, leaf) != 1) return refused(material.chain_place, reason());
  if (SSL_CTX_use_PrivateKey(context, key->get()) != 1)
    return refused(material.key_place, reason());
  for (std::size_t i = 1; i < chain->size(); ++i)
    if (SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) != 1)
      return refused(material.chain_place,
                     "certificate " + std::to_string(i + 1) + " in it: " + reason());
  loaded.certificate = describe(leaf);
  return loaded;
}

Result<std::shared_ptr<TlsContext>> TlsContext::create(Source source) {
  std::shared_ptr<TlsContext> made(new TlsContext(std::move(source)));
  return made->reload().map([&] { return made; });
}

Result<> TlsContext::reload() {
  const auto material = source_();
  if (!material) return tl::unexpected(material.error());
  auto loaded = load(*material);
  if (!loaded) return tl::unexpected(loaded.error());
  const std::lock_guard lock(mutex_);
  loaded_ = std::move(*loaded);
  strict_ = !loaded_.certificate.self_signed;
  return {};
}

TlsCertificate TlsContext::certificate() const {
  const std::lock_guard lock(mutex_);
  return loaded_.certificate;
}

SslPointer TlsContext::make() const {
  const std::lock_guard lock(mutex_);
  return SslPointer(SSL_new(loaded_.context.get()));
}

}  // namespace sotto::server
