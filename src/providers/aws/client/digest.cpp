#include "providers/aws/client/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <new>

namespace sotto::providers::aws {

namespace {

struct Free {
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Fetching the algorithm and making a context cost more than most digests do, so a thread does both
// once.
struct Sha256 {
  const std::unique_ptr<EVP_MD, Free> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  const std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};

  Sha256() {
    if (!algorithm || !context) throw std::bad_alloc();
  }
};

const Sha256& of_this_thread() {
  thread_local const Sha256 sha256;
  return sha256;
}

}  // namespace

Digest sha256(std::string_view text) {
  const Sha256& sha256 = of_this_thread();
  Digest digest{};
  unsigned int size = 0;
  if (EVP_DigestInit_ex(sha256.context.get(), sha256.algorithm.get(), nullptr) != 1 ||
      EVP_DigestUpdate(sha256.context.get(), text.data(), text.size()) != 1 ||
      EVP_DigestFinal_ex(sha256.context.get(), digest.data(), &size) != 1)
    throw std::bad_alloc();
  return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view text) {
  Digest digest{};
  unsigned int size = 0;
  if (!HMAC(of_this_thread().algorithm.get(), key.data(), static_cast<int>(key.size()),
            reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size))
    throw std::bad_alloc();
  return digest;
}

}  // namespace sotto::providers::aws
