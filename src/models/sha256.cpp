#include "models/sha256.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <vector>

#include "base/encoding.hpp"
#include "files/atomic_file.hpp"

namespace sotto::models {

namespace {

constexpr std::size_t block = std::size_t{1} << 20;

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

struct Close {
  int fd;
  ~Close() { ::close(fd); }
};

}  // namespace

Result<std::string> sha256_of(const std::filesystem::path& path) {
  // Without O_NONBLOCK a pipe in its place would be waited for.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT)
    return fail(ErrorCode::not_found, path.string() + " is missing", path.string());
  if (fd < 0) return tl::unexpected(files::system_error("cannot read", path, errno));
  const Close close{fd};
  struct stat about {};
  if (::fstat(fd, &about) != 0)
    return tl::unexpected(files::system_error("cannot read", path, errno));
  if (!S_ISREG(about.st_mode))
    return fail(ErrorCode::invalid_argument, path.string() + " is no file", path.string());
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
  std::vector<unsigned char> buffer(block);
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::unexpected(files::system_error("cannot read", path, errno));
    if (count == 0) break;
    EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(count));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &size);
  return to_hex({digest.data(), size});
}

}  // namespace sotto::models
