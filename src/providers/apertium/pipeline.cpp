#include "providers/apertium/pipeline.hpp"

#include <unistd.h>

#include <algorithm>

#include "providers/apertium/text.hpp"

namespace sotto::providers::apertium {

using supervision::ChildProcess;
using supervision::read_some;
using supervision::wait_ready;
using supervision::WaitLimit;

namespace {

constexpr std::size_t largest_answer_bytes = 64 * 1024;

/// Runs the pipeline `CMD` in the background so that the shell can react to signals, and closes the
/// shell's own ends: the end of any one process then reaches the reader as the end of output.
/// SIGTERM: the pipeline has got it too, collect it and end. SIGHUP: the parent is dead, so is
/// the group. `$1` is the generation option -n (unknown words unmarked), `$2` is none.
constexpr std::string_view before_command =
    "trap : TERM; trap 'kill -s KILL 0' HUP; exec 3<&0; <&3 ";
constexpr std::string_view after_command = " & exec 3<&- <&- >&-; wait || wait";

tl::unexpected<Error> ended() {
  return fail(ErrorCode::unavailable,
              "Apertium's processes ended unexpectedly; check that the pair works with `apertium`");
}

}  // namespace

Result<std::string> read_mode_command(const std::string& program, const std::string& mode_file,
                                      const Surroundings& surroundings, const WaitLimit& limit) {
  const auto unreadable = [&] {
    return fail(ErrorCode::unavailable,
                "cannot read the Apertium mode " + mode_file + "; reinstall its package");
  };
  // For a missing file the program answers with an empty pipeline and reports no error.
  if (::access(mode_file.c_str(), R_OK) != 0) return unreadable();
  auto child = ChildProcess::start(
      {{program, "-z", mode_file}, surroundings.environment, SIGKILL, surroundings.confinement});
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

Result<Pipeline> Pipeline::start(const std::string& command, const Surroundings& surroundings) {
  const std::string script = std::string(before_command) + command + std::string(after_command);
  auto process = ChildProcess::start({{"/bin/sh", "-c", script, "sotto-apertium", "-n", ""},
                                      surroundings.environment,
                                      SIGHUP,
                                      surroundings.confinement});
  if (!process) return fail(ErrorCode::unavailable, process.error().message);
  return Pipeline(std::move(*process));
}

Result<std::string> Pipeline::exchange(std::string_view text, const WaitLimit& limit) {
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
      if (wrote < 0 && !supervision::would_block(wrote)) return ended();
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
