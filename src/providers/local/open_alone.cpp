#include "providers/local/open_alone.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace sotto::providers::local {

OpenAlone::OpenAlone(const std::filesystem::path& folder)
    : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  constexpr int most_tries = 100;
  for (int tries = 0; fd_ >= 0 && tries < most_tries; ++tries) {
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

OpenAlone::~OpenAlone() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace sotto::providers::local
