#include "supervision/waiting.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>

namespace sotto::supervision {

namespace {

/// How often a child is looked at whose end no descriptor tells.
constexpr milliseconds look_again{5};

}  // namespace

Result<Ready> wait_ready(int output, int input, const WaitLimit& limit) {
  for (;;) {
    const auto left =
        std::chrono::ceil<milliseconds>(limit.deadline - std::chrono::steady_clock::now());
    if (left <= milliseconds{0}) {
      return fail(ErrorCode::deadline_exceeded,
                  std::string(limit.engine) + " did not answer in time");
    }
    std::array<pollfd, 3> fds{
        {{limit.stop_fd, POLLIN, 0}, {output, POLLIN, 0}, {input, POLLOUT, 0}}};
    const int count = ::poll(fds.data(), fds.size(), poll_timeout(left));
    if (count < 0 && errno != EINTR) return fail(ErrorCode::internal, "poll() failed");
    if (count <= 0) continue;
    if (fds[0].revents != 0) return shutting_down(limit.engine);
    return Ready{fds[1].revents != 0, fds[2].revents != 0};
  }
}

bool readable_within(int fd, milliseconds wait) {
  pollfd wanted{fd, POLLIN, 0};
  return ::poll(&wanted, 1, poll_timeout(wait)) > 0;
}

Result<int> wait_for_end(const ChildProcess& child, const WaitLimit& limit) {
  const UniqueFd end = child.end_event();
  for (;;) {
    if (const auto code = child.exit_code()) return *code;
    WaitLimit look = limit;
    if (!end.valid()) {
      look.deadline = std::min(limit.deadline, std::chrono::steady_clock::now() + look_again);
    }
    const auto ready = wait_ready(end.get(), -1, look);
    const bool goes_on = ready || (ready.error().code == ErrorCode::deadline_exceeded &&
                                   look.deadline < limit.deadline);
    if (!goes_on) return tl::unexpected(ready.error());
  }
}

bool would_block(ssize_t result) { return result < 0 && (errno == EAGAIN || errno == EINTR); }

bool send_some(ChildProcess& child, std::string_view& text) {
  const ssize_t wrote = ::write(child.input(), text.data(), text.size());
  if (wrote < 0) return would_block(wrote);
  text.remove_prefix(static_cast<std::size_t>(wrote));
  if (text.empty()) child.close_input();
  return true;
}

bool read_some(int fd, std::string& into) {
  std::array<char, 16384> buffer;  // NOLINT: read() fills it
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got > 0) into.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || would_block(got);
}

tl::unexpected<Error> shutting_down(std::string_view engine) {
  return fail(ErrorCode::unavailable, std::string(engine) + " is shutting down with the server");
}

int poll_timeout(milliseconds wait) {
  return static_cast<int>(std::clamp<milliseconds::rep>(wait.count(), 0, 1'000'000'000));
}

void block_sigpipe() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace sotto::supervision
