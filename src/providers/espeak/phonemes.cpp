#include "providers/espeak/phonemes.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "supervision/child_process.hpp"

namespace sotto::providers::espeak {

using supervision::ChildProcess;

namespace {

// Of a text of the port's greatest length, spoken as single characters.
constexpr std::size_t most_bytes = 256 * 1024;

tl::unexpected<Error> failed(const std::string& how) {
  return fail(ErrorCode::unavailable,
              std::string(engine) + " " + how + "; check that `espeak-ng --ipa` works by hand");
}

}  // namespace

bool is_voice_name(std::string_view voice) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !voice.empty() && voice.size() <= 64 && is_letter(voice.front()) &&
         std::all_of(voice.begin(), voice.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '/';
         });
}

std::string read_phonemes(std::string_view written) {
  std::string phonemes;
  bool space_due = false;
  for (std::size_t at = 0; at < written.size(); ++at) {
    const char c = written[at];
    const std::size_t end = c == '(' ? written.find(')', at) : std::string_view::npos;
    if (end != std::string_view::npos) {  // "(en)": a word of another language begins
      at = end;
    } else if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      space_due = !phonemes.empty();
    } else {
      if (std::exchange(space_due, false)) phonemes += ' ';
      phonemes += c;
    }
  }
  return phonemes;
}

Result<std::string> phonemes_of(const Program& program, const std::string& voice,
                                std::string_view clause, const supervision::WaitLimit& limit) {
  if (!is_voice_name(voice))
    return fail(ErrorCode::invalid_argument, "'" + voice + "' is no voice of espeak-ng", "voice");
  auto child =
      ChildProcess::start({{program.path, "-q", "--ipa", "-b", "1", "-v", voice, "--stdin"},
                           program.environment,
                           SIGKILL,
                           program.confinement});
  if (!child) return fail(ErrorCode::unavailable, child.error().message);
  std::string written;
  for (bool more = true; more;) {
    const auto ready = wait_ready(child->output(), child->input(), limit);
    if (!ready) return tl::unexpected(ready.error());
    if (ready->writable && !supervision::send_some(*child, clause))
      return failed("ended unexpectedly");
    if (ready->readable) more = supervision::read_some(child->output(), written);
    if (written.size() > most_bytes) return failed("wrote something else than phonemes");
  }
  if (!clause.empty()) return failed("ended unexpectedly");
  const auto code = supervision::wait_for_end(*child, limit);
  if (!code) return tl::unexpected(code.error());
  if (*code != 0) return failed("ended with code " + std::to_string(*code));
  return read_phonemes(written);
}

}  // namespace sotto::providers::espeak
