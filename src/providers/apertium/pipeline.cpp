#include "providers/apertium/pipeline.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "providers/apertium/text.hpp"

namespace sotto::providers::apertium {

namespace {

constexpr std::size_t largest_answer_bytes = 64 * 1024;

/// Runs the pipeline `CMD` in the background so that the shell can react to signals, and closes the
/// shell's own ends: the end of any one process then reaches the reader as the end of output.
/// SIGTERM: the pipeline has got it too, collect it and end. SIGHUP: the parent is dead, so is
/// the group. `$1` is the generation option -n (unknown words unmarked), `$2` is none.
constexpr std::string_view before_command =
    "trap : TERM; trap 'kill -s KILL 0' HUP; exec 3<&0; <&3 ";
constexpr std::string_view after_command = " & exec 3<&- <&- >&-; wait || wait";

/// What poll() saw on a child's pipes.
struct Ready {
  bool readable = false;
  bool writable = false;
};

/// Waits until `output` is readable (or at its end) or `input`, unless -1, writable.
Result<Ready> wait_ready(int output, int input, WaitLimit limit) {
  for (;;) {
    const auto left =
        std::chrono::ceil<milliseconds>(limit.deadline - std::chrono::steady_clock::now());
    if (left <= milliseconds{0}) {
      return fail(ErrorCode::deadline_exceeded, "Apertium did not answer in time");
    }
    std::array<pollfd, 3> fds{
        {{limit.stop_fd, POLLIN, 0}, {output, POLLIN, 0}, {input, POLLOUT, 0}}};
    const int count = ::poll(fds.data(), fds.size(),
                             static_cast<int>(std::min<milliseconds::rep>(left.count(), 60'000)));
    if (count < 0 && errno != EINTR) return fail(ErrorCode::internal, "poll() failed");
    if (count <= 0) continue;
    if (fds[0].revents != 0) return fail(ErrorCode::unavailable, "the translator is shutting down");
    return Ready{fds[1].revents != 0, fds[2].revents != 0};
  }
}

tl::unexpected<Error> ended() {
  return fail(ErrorCode::unavailable,
              "Apertium's processes ended unexpectedly; check that the pair works with `apertium`");
}

bool would_block(ssize_t result) { return result < 0 && (errno == EAGAIN || errno == EINTR); }

/// Appends what `fd` has now. False at its end.
bool read_some(int fd, std::string& into) {
  std::array<char, 16384> buffer;  // NOLINT: read() fills it
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got > 0) into.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || would_block(got);
}

}  // namespace

Result<std::string> read_mode_command(const std::string& program, const std::string& mode_file,
                                      const std::vector<std::string>& environment,
                                      WaitLimit limit) {
  const auto unreadable = [&] {
    return fail(ErrorCode::unavailable,
                "cannot read the Apertium mode " + mode_file + "; reinstall its package");
  };
  // For a missing file the program answers with an empty pipeline and reports no error.
  if (::access(mode_file.c_str(), R_OK) != 0) return unreadable();
  auto child = ChildProcess::start({{program, "-z", mode_file}, environment, SIGKILL});
  if (!child) return fail(ErrorCode::unavailable, child.error().message);
  std::string command;
  do {
    const auto ready = wait_ready(child->output(), -1, limit);
    if (!ready) return tl::unexpected(ready.error());
    if (command.size() > largest_answer_bytes) return unreadable();
  } while (read_some(child->output(), command));
  std::replace(command.begin(), command.end(), '\n', ' ');
  const std::size_t begin = command.find_first_not_of(' ');
  if (begin == std::string::npos || command[begin] == '-') return unreadable();
  return command.substr(begin);
}

Result<Pipeline> Pipeline::start(const std::string& command,
                                 const std::vector<std::string>& environment) {
  const std::string script = std::string(before_command) + command + std::string(after_command);
  auto process = ChildProcess::start(
      {{"/bin/sh", "-c", script, "sotto-apertium", "-n", ""}, environment, SIGHUP});
  if (!process) return fail(ErrorCode::unavailable, process.error().message);
  return Pipeline(std::move(*process));
}

Result<std::string> Pipeline::exchange(std::string_view text, WaitLimit limit) {
  // The line break keeps the last word from waiting for more of it: Apertium 3.8 holds back, or
  // loses, a word that the NUL follows at once. The bracketed number is a blank to it: verbatim.
  const std::string mark = "\n[" + std::to_string(++requests_) + "]";
  const std::string request = escape(text) + mark + '\0';
  const std::string mark_end = mark + '\0';
  std::string answer;
  std::size_t sent = 0;
  for (;;) {
    const bool more = sent < request.size();
    const auto ready = wait_ready(process_.output(), more ? process_.input() : -1, limit);
    if (!ready) return tl::unexpected(ready.error());
    if (ready->writable) {
      const ssize_t wrote = ::write(process_.input(), request.data() + sent, request.size() - sent);
      if (wrote < 0 && !would_block(wrote)) return ended();
      if (wrote > 0) sent += static_cast<std::size_t>(wrote);
    }
    if (!ready->readable) continue;
    if (!read_some(process_.output(), answer)) return ended();
    const std::size_t nul = answer.find('\0');
    if (answer.size() > largest_answer_bytes) {
      return fail(ErrorCode::unavailable, "Apertium answered more than 64 kB");
    }
    if (nul == std::string::npos) continue;
    if (nul + 1 != answer.size() || !answer.ends_with(mark_end)) {
      return fail(ErrorCode::unavailable, "Apertium answered something else than was asked");
    }
    answer.resize(answer.size() - mark_end.size());
    return unescape(answer);
  }
}

}  // namespace sotto::providers::apertium
