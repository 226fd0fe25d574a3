#include "providers/espeak/wav.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sotto::providers::espeak {

namespace {

/// The little-endian number in `bytes`, of four at the most.
std::uint32_t number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = (value << 8U) | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

/// The sample rate in a `fmt ` chunk; nothing when it is not 16-bit mono PCM.
std::optional<int> sample_rate(std::string_view format) {
  if (format.size() < 16 || number(format.substr(0, 2)) != 1 || number(format.substr(2, 2)) != 1 ||
      number(format.substr(14, 2)) != 16) {
    return std::nullopt;
  }
  const std::uint32_t rate = number(format.substr(4, 4));
  if (rate < 8'000 || rate > 48'000) return std::nullopt;
  return static_cast<int>(rate);
}

tl::unexpected<Error> not_speech() {
  return fail(ErrorCode::unavailable,
              "espeak-ng wrote something else than speech; check that `espeak-ng --stdout` does");
}

}  // namespace

Result<ports::SpokenAudio> parse_streamed_wav(std::string_view bytes) {
  if (bytes.size() < 12 || !bytes.starts_with("RIFF") || bytes.substr(8, 4) != "WAVE") {
    return not_speech();
  }
  bytes.remove_prefix(12);
  std::optional<int> rate;
  while (bytes.size() >= 8) {
    const std::string_view name = bytes.substr(0, 4);
    const std::size_t size = number(bytes.substr(4, 4));
    bytes.remove_prefix(8);
    if (name == "data") break;
    if (size + size % 2 > bytes.size()) return not_speech();
    if (name == "fmt ") rate = sample_rate(bytes.substr(0, size));
    bytes.remove_prefix(size + size % 2);
    if (bytes.size() < 8) return not_speech();
  }
  if (!rate || bytes.size() % 2 != 0) return not_speech();
  ports::SpokenAudio audio;
  audio.sample_rate = *rate;
  audio.samples.reserve(bytes.size() / 2);
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    const auto low = static_cast<unsigned char>(bytes[at]);
    const auto high = static_cast<unsigned char>(bytes[at + 1]);
    audio.samples.push_back(static_cast<std::int16_t>(low | high << 8));
  }
  return audio;
}

}  // namespace sotto::providers::espeak
