#include "providers/espeak/program.hpp"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "providers/espeak/wav.hpp"

namespace sotto::providers::espeak {

using supervision::ChildProcess;
using supervision::WaitLimit;

namespace {

constexpr std::size_t largest_table_bytes = 256 * 1024;
constexpr std::size_t largest_header_bytes = 4096;
constexpr std::uint64_t most_address_space = 512U << 20U;  // it takes 90 MB
constexpr std::uint64_t largest_file = 128U << 20U;        // PulseAudio takes 64 MB, in memory
constexpr milliseconds::rep bytes_per_second = 2 * 22'050;

tl::unexpected<Error> failed(const std::string& how) {
  return fail(ErrorCode::unavailable,
              std::string(engine) + " " + how + "; check that it speaks by hand");
}

std::size_t most_bytes(milliseconds speech) {
  return largest_header_bytes + static_cast<std::size_t>(speech.count() * bytes_per_second / 1'000);
}

/// Too much was written: by a text that is too long, or by a process that writes no speech.
tl::unexpected<Error> too_much(std::string_view wav, milliseconds longest) {
  const auto audio = parse_streamed_wav(wav.substr(0, wav.size() / 2 * 2));
  if (!audio) return tl::unexpected(audio.error());
  return fail(ErrorCode::invalid_argument,
              "the text takes more than " + std::to_string(longest.count() / 1'000) +
                  " s to say; send it in parts",
              "text");
}

}  // namespace

Program program_at(std::string path, int words_per_minute) {
  return {std::move(path),
          {"PATH=" + supervision::search_path(), "LC_ALL=C.UTF-8", "PULSE_SERVER=unix:/dev/null",
           "PULSE_CLIENTCONFIG=/dev/null"},
          words_per_minute,
          {.most_address_space = most_address_space, .largest_file = largest_file}};
}

Result<Voices> list_voices(const Program& program, const WaitLimit& limit) {
  auto child = ChildProcess::start(
      {{program.path, "--voices"}, program.environment, SIGKILL, program.confinement});
  if (!child) return tl::unexpected(child.error());
  std::string table;
  do {
    const auto ready = wait_ready(child->output(), -1, limit);
    if (!ready) return tl::unexpected(ready.error());
  } while (table.size() < largest_table_bytes && supervision::read_some(child->output(), table));
  Voices voices = parse_voices(table);
  if (voices.empty()) {
    return fail(ErrorCode::not_found,
                program.path + " lists no voices; reinstall the Debian package espeak-ng",
                "program");
  }
  return voices;
}

Result<Speaker> Speaker::start(const Program& program, const std::string& voice_file) {
  auto process = ChildProcess::start(
      {{program.path, "-v", voice_file, "-s", std::to_string(program.words_per_minute), "-b", "1",
        "--stdin", "--stdout"},
       program.environment,
       SIGKILL,
       program.confinement});
  if (!process) return fail(ErrorCode::unavailable, process.error().message);
  return Speaker(std::move(*process));
}

Result<ports::SpokenAudio> Speaker::speak(std::string_view text, milliseconds longest,
                                          const WaitLimit& limit) {
  std::string wav;
  for (bool more = true; more;) {
    const auto ready = wait_ready(process_.output(), process_.input(), limit);
    if (!ready) return tl::unexpected(ready.error());
    if (ready->writable && !supervision::send_some(process_, text))
      return failed("ended unexpectedly");
    if (ready->readable) more = supervision::read_some(process_.output(), wav);
    if (wav.size() > most_bytes(longest)) return too_much(wav, longest);
  }
  if (!text.empty()) return failed("ended unexpectedly");
  const auto code = supervision::wait_for_end(process_, limit);
  if (!code) return tl::unexpected(code.error());
  if (*code != 0) return failed("ended with code " + std::to_string(*code));
  return parse_streamed_wav(wav);
}

}  // namespace sotto::providers::espeak
