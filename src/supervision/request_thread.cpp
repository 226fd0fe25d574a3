#include "supervision/request_thread.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>

namespace sotto::supervision {

Event::Event() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_.valid()) throw std::system_error(errno, std::generic_category(), "no event descriptor");
}

void Event::signal() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
}

void Event::drain() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof count);
}

Woken wait_for_event(const Event& stop, const Event& wake, int other,
                     std::optional<milliseconds> limit) {
  std::array<pollfd, 3> fds{{{stop.fd(), POLLIN, 0}, {wake.fd(), POLLIN, 0}, {other, POLLIN, 0}}};
  const int count = ::poll(fds.data(), fds.size(), limit ? poll_timeout(*limit) : -1);
  if (count < 0) return {};
  wake.drain();
  return {count == 0, fds[2].revents != 0};
}

Error refusal_error(Refusal refusal, std::size_t max_queued, std::string_view engine) {
  const std::string name(engine);
  switch (refusal) {
    case Refusal::full:
      return {ErrorCode::resource_exhausted,
              std::to_string(max_queued) + " texts are waiting for " + name +
                  " already; send fewer, or later",
              ""};
    case Refusal::no_thread:
      return {ErrorCode::resource_exhausted,
              "no thread left for " + name + "; raise the limit of tasks", ""};
    case Refusal::stopped: break;
  }
  return shutting_down(engine).value();
}

}  // namespace sotto::supervision
