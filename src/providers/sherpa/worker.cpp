#include "providers/sherpa/worker.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/utf8.hpp"
#include "providers/sherpa/frames.hpp"
#include "providers/sherpa/piper_config.hpp"
#include "providers/sherpa/sherpa_api.hpp"
#include "providers/sherpa/voice_files.hpp"
#include "supervision/child_process.hpp"

namespace sotto::providers::sherpa {

namespace {

using supervision::UniqueFd;

constexpr std::size_t largest_config = 1024 * 1024;
constexpr std::size_t largest_message = 500;
constexpr float silence_between_sentences = 0.2F;  // of what the model makes: sherpa-onnx's default

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

bool send_failure(int output, const std::string& why) {
  return write_all(output, encode(FrameKind::failed, why.substr(0, largest_message)));
}

/// A file in memory, at a path which only this process can open.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(::memfd_create(name, MFD_CLOEXEC)) {}

  bool append(std::string_view bytes) { return fd_.valid() && write_all(fd_.get(), bytes); }

  bool append_file(const std::filesystem::path& path) {
    const UniqueFd source(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!source.valid() || !fd_.valid()) return false;
    for (;;) {
      const ssize_t sent = ::sendfile(fd_.get(), source.get(), nullptr, std::size_t{1} << 24U);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return sent == 0;
    }
  }

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

 private:
  UniqueFd fd_;
};

/// The engine with its voice.
class Voice {
 public:
  static Result<std::unique_ptr<Voice>> load(const std::string& library, const std::string& model);
  ~Voice() {
    if (tts_ != nullptr) api_.destroy(tts_);
  }
  Voice(const Voice&) = delete;
  Voice& operator=(const Voice&) = delete;

  int sample_rate() const { return api_.sample_rate(tts_); }

  /// 16-bit samples, the low byte first. Errors: `internal`, `invalid_argument`.
  Result<std::string> speak(const std::string& sentences) const;

 private:
  explicit Voice(const api::Library& api) : api_(api) {}
  Result<> load_piper(const VoiceFiles& files);
  Result<> load_style(const VoiceFiles& files);
  Result<> create(api::Config& config, const VoiceFiles& files);

  const api::Library api_;
  const api::Tts* tts_ = nullptr;
};

Result<std::unique_ptr<Voice>> Voice::load(const std::string& library, const std::string& model) {
  const auto files = voice_at(model);
  if (!files) return tl::unexpected(files.error());
  const auto opened = api::open(library);
  if (!opened) return tl::unexpected(opened.error());
  std::unique_ptr<Voice> voice(new Voice(*opened));
  const auto loaded =
      files->kind == VoiceKind::piper ? voice->load_piper(*files) : voice->load_style(*files);
  if (!loaded) return tl::unexpected(loaded.error());
  return voice;
}

// sherpa-onnx wants the metadata in the model's file. It gets a copy in memory, which is gone when
// it has been read, so that the voice's own folder stays as it is.
Result<> Voice::load_piper(const VoiceFiles& files) {
  const auto text = read_file(files.model.string() + ".json", largest_config);
  if (!text) return tl::unexpected(text.error());
  const auto piper = parse_piper_config(*text);
  if (!piper) return tl::unexpected(piper.error());
  MemoryFile model("voice"), tokens("tokens");
  if (!model.append_file(files.model) || !model.append(piper->metadata) ||
      !tokens.append(piper->tokens))
    return fail(ErrorCode::unavailable, files.model.string() + " cannot be read into memory");
  const std::string model_path = model.path(), tokens_path = tokens.path();
  api::Config config{};
  config.model.vits.model = model_path.c_str();
  config.model.vits.tokens = tokens_path.c_str();
  config.model.vits.noise_scale = piper->noise_scale;
  config.model.vits.noise_scale_w = piper->noise_w;
  config.model.vits.length_scale = piper->length_scale;
  return create(config, files);
}

Result<> Voice::load_style(const VoiceFiles& files) {
  const std::string model = files.model.string();
  const std::string voices = files.model.parent_path() / "voices.bin";
  const std::string tokens = files.model.parent_path() / "tokens.txt";
  api::Config config{};
  const auto fill = [&](auto& part) {
    part.model = model.c_str();
    part.voices = voices.c_str();
    part.tokens = tokens.c_str();
    part.length_scale = 1;
  };
  if (files.kind == VoiceKind::kokoro)
    fill(config.model.kokoro);
  else
    fill(config.model.kitten);
  return create(config, files);
}

Result<> Voice::create(api::Config& config, const VoiceFiles& files) {
  config.model.num_threads = 1;
  config.model.provider = "cpu";
  config.max_num_sentences = 1;
  config.silence_scale = silence_between_sentences;
  tts_ = api_.create(&config);
  if (tts_ == nullptr)
    return fail(ErrorCode::unavailable, "sherpa-onnx cannot load " + files.model.string());
  return {};
}

struct Sentence {
  std::vector<std::int32_t> letters;
  std::vector<std::int32_t> lengths;  ///< of each sentence
};

std::optional<Sentence> read_sentences(const std::string& text) {
  Sentence read;
  std::int32_t length = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto letter = utf8::next(text, at);
    if (!letter) return std::nullopt;
    if (*letter != U'\n') {
      read.letters.push_back(static_cast<std::int32_t>(*letter));
      ++length;
    }
    if (length > 0 && (*letter == U'\n' || at == text.size())) {
      read.lengths.push_back(length);
      length = 0;
    }
  }
  if (read.lengths.empty()) return std::nullopt;
  return read;
}

std::string as_pcm(const api::Audio& audio) {
  constexpr float full = 32'767;
  std::string bytes;
  bytes.reserve(2 * static_cast<std::size_t>(audio.n));
  for (std::int32_t i = 0; i < audio.n; ++i) {
    const float sample = audio.samples[i];
    const float level = std::isfinite(sample) ? std::clamp(sample, -1.0F, 1.0F) : 0.0F;
    const auto value =
        static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lround(level * full)));
    bytes += static_cast<char>(value & 0xffU);
    bytes += static_cast<char>(value >> 8U);
  }
  return bytes;
}

Result<std::string> Voice::speak(const std::string& sentences) const {
  const auto read = read_sentences(sentences);
  if (!read) return fail(ErrorCode::invalid_argument, "there are no phonemes to speak");
  api::GenerationConfig config{};
  config.silence_scale = silence_between_sentences;
  config.speed = 1;
  config.phoneme_codepoints = read->letters.data();
  config.phoneme_codepoints_lens = read->lengths.data();
  config.phoneme_codepoints_num_sentences = static_cast<std::int32_t>(read->lengths.size());
  const auto destroy = [this](const api::Audio* audio) { api_.destroy_audio(audio); };
  const std::unique_ptr<const api::Audio, decltype(destroy)> audio(
      api_.generate(tts_, "", &config, nullptr, nullptr), destroy);
  if (!audio || audio->n <= 0 || audio->samples == nullptr)
    return fail(ErrorCode::internal, "the voice made no speech");
  std::string pcm = as_pcm(*audio);
  if (pcm.size() > largest_payload_bytes)
    return fail(ErrorCode::invalid_argument, "the speech is too long");
  return pcm;
}

// The next frame; nothing at the input's end.
Result<std::optional<Frame>> next_frame(int input, std::string& received) {
  for (;;) {
    auto frame = take_frame(received, largest_sentences_bytes);
    if (!frame || *frame) return frame;
    std::array<char, 16'384> buffer;  // NOLINT: read() fills it
    const ssize_t got = ::read(input, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    received.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

int serve(const std::string& library, const std::string& model, int input, int output) {
  const auto voice = Voice::load(library, model);
  if (!voice) {
    send_failure(output, voice.error().message);
    return 1;
  }
  const auto rate = static_cast<std::uint32_t>((*voice)->sample_rate());
  if (!write_all(output, encode(FrameKind::ready, bytes_of(rate)))) return 1;
  std::string received;
  for (;;) {
    const auto frame = next_frame(input, received);
    if (frame && !*frame) return 0;
    if (!frame || (*frame)->kind != FrameKind::sentences) {
      send_failure(output, "what came is no request");
      return 1;
    }
    const auto pcm = (*voice)->speak((*frame)->payload);
    const bool sent = pcm ? write_all(output, encode(FrameKind::speech, *pcm))
                          : send_failure(output, pcm.error().message);
    if (!sent) return 1;
  }
}

}  // namespace

int run_voice_worker(const std::string& library, const std::string& model) {
  const UniqueFd own(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!own.valid() || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return 1;
  return serve(library, model, STDIN_FILENO, own.get());
}

}  // namespace sotto::providers::sherpa
