#include "files/file_lock.hpp"

#include <sys/file.h>

#include <cerrno>
#include <thread>

#include "files/atomic_file.hpp"

namespace sotto::files {

Result<> lock_file(int descriptor, const std::filesystem::path& path,
                   std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds between_tries{1};
  const auto until = std::chrono::steady_clock::now() + patience;
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return tl::unexpected(system_error("cannot lock", path, errno));
    if (std::chrono::steady_clock::now() >= until)
      return fail(ErrorCode::unavailable, "another process keeps " + path.string() + " locked");
    std::this_thread::sleep_for(between_tries);
  }
  return {};
}

}  // namespace sotto::files
