#include "supervision/request_thread.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

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
