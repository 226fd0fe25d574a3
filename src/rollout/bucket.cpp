#include "rollout/bucket.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <new>

namespace sotto::rollout {

namespace {

// Fetching the algorithm and making a context cost three times what hashing an id does, so a thread
// does both once.
class Sha256 {
 public:
  Sha256() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    if (!algorithm_ || !context_) throw std::bad_alloc();
  }

  std::uint32_t first_word(std::string_view salt, std::string_view text) {
    std::array<unsigned char, 32> digest{};
    unsigned int size = 0;
    EVP_DigestInit_ex(context_.get(), algorithm_.get(), nullptr);
    if (!salt.empty()) {
      EVP_DigestUpdate(context_.get(), salt.data(), salt.size());
      EVP_DigestUpdate(context_.get(), ":", 1);
    }
    EVP_DigestUpdate(context_.get(), text.data(), text.size());
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) word = word << 8U | digest[i];
    return word;
  }

 private:
  struct Free {
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  const std::unique_ptr<EVP_MD, Free> algorithm_;
  const std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace

int bucket_of(std::string_view session_id, std::string_view salt) {
  thread_local Sha256 sha256;
  return static_cast<int>(sha256.first_word(salt, session_id) % bucket_count);
}

}  // namespace sotto::rollout
