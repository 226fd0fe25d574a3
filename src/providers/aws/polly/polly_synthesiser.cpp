#include "providers/aws/polly/polly_synthesiser.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>

#include "base/sample_clock.hpp"
#include "base/utf8.hpp"
#include "json/text.hpp"
#include "providers/aws/client/plain_text.hpp"

namespace sotto::providers::aws {

struct PollyVoice {
  std::string_view language;
  const char* neural;    // null: none
  const char* standard;  // null: none
};

namespace {

// Developer Guide, "Available voices"; sorted.
constexpr std::array<PollyVoice, 19> voices = {{{"ca", "Arlet", nullptr},
                                                {"da", "Sofie", "Naja"},
                                                {"de", "Vicki", "Vicki"},
                                                {"en", "Joanna", "Joanna"},
                                                {"es", "Lupe", "Lupe"},
                                                {"fi", "Suvi", nullptr},
                                                {"fr", "Lea", "Lea"},
                                                {"hi", "Kajal", "Aditi"},
                                                {"it", "Bianca", "Bianca"},
                                                {"ja", "Takumi", "Takumi"},
                                                {"ko", "Seoyeon", "Seoyeon"},
                                                {"nl", "Laura", "Lotte"},
                                                {"no", "Ida", "Liv"},
                                                {"pl", "Ola", "Ewa"},
                                                {"pt", "Camila", "Camila"},
                                                {"ro", nullptr, "Carmen"},
                                                {"ru", nullptr, "Tatyana"},
                                                {"sv", "Elin", "Astrid"},
                                                {"zh", "Zhiyu", "Zhiyu"}}};

ports::SpokenAudio audio_of(std::string_view pcm) {
  ports::SpokenAudio audio{sample_rate, std::vector<std::int16_t>(pcm.size() / 2)};
  for (std::size_t i = 0; i < audio.samples.size(); ++i) {
    const auto low = static_cast<unsigned char>(pcm[2 * i]);
    const auto high = static_cast<unsigned char>(pcm[2 * i + 1]);
    audio.samples[i] = static_cast<std::int16_t>(low | high << 8);
  }
  return audio;
}

// As Polly says that a region or a voice has no such engine.
bool lacks_engine(const Error& error) {
  return error.field.starts_with("EngineNotSupported") ||
         (error.field.starts_with("Validation") &&
          error.message.find("engine") != std::string::npos);
}

}  // namespace

Result<std::unique_ptr<PollySynthesiser>> PollySynthesiser::create(std::shared_ptr<Client> client,
                                                                   PollySettings settings) {
  if (settings.max_queued < 1)
    return fail(ErrorCode::invalid_argument, "max_queued must be at least 1", "max_queued");
  if (settings.deadline <= milliseconds{0})
    return fail(ErrorCode::invalid_argument, "deadline must be positive", "deadline");
  return std::unique_ptr<PollySynthesiser>(new PollySynthesiser(std::move(client), settings));
}

PollySynthesiser::PollySynthesiser(std::shared_ptr<Client> client, PollySettings settings)
    : client_(std::move(client)), settings_(settings) {}

PollySynthesiser::~PollySynthesiser() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (const auto& [language, line] : executors_) line->stop();
}

std::vector<Language> PollySynthesiser::languages() const {
  std::vector<Language> languages;
  for (const PollyVoice& voice : voices) languages.emplace_back(std::string(voice.language));
  return languages;
}

std::string PollySynthesiser::voice(const Language& language) const {
  const auto voice = std::find_if(voices.begin(), voices.end(), [&](const PollyVoice& one) {
    return one.language == language.str();
  });
  return voice == voices.end() ? std::string() : "Amazon Polly";
}

void PollySynthesiser::speak(const Language& language, std::string text, Completion done) {
  const auto voice = std::find_if(voices.begin(), voices.end(), [&](const PollyVoice& one) {
    return one.language == language.str();
  });
  if (voice == voices.end())
    return done(fail(ErrorCode::not_found, "Amazon Polly has no voice here for " + language.str(),
                     "language"));
  if (text.size() > max_text_bytes || !utf8::is_valid(text) || is_blank(text))
    return done(fail(ErrorCode::invalid_argument,
                     "a text to speak must be UTF-8 of 1 to " + std::to_string(max_text_bytes) +
                         " bytes, not only spaces",
                     "text"));
  std::unique_lock lock(mutex_);
  if (stopping_) {
    lock.unlock();
    return done(fail(ErrorCode::unavailable, "no more requests to Amazon Polly: shutting down"));
  }
  auto& executor = executors_[language];
  if (!executor) executor = std::make_unique<Line>(settings_.max_queued, "Amazon Polly");
  Line& line = *executor;
  lock.unlock();
  line.submit([this, voice, text = without_controls(std::move(text))] { return ask(*voice, text); },
              std::move(done));
}

Result<ports::SpokenAudio> PollySynthesiser::ask(const PollyVoice& voice, const std::string& text) {
  if (!voice.standard) return ask_for("neural", voice.neural, text);
  if (!voice.neural || no_neural_) return ask_for("standard", voice.standard, text);
  auto spoken = ask_for("neural", voice.neural, text);
  if (spoken || !lacks_engine(spoken.error())) return spoken;
  no_neural_ = true;
  return ask_for("standard", voice.standard, text);
}

Result<ports::SpokenAudio> PollySynthesiser::ask_for(const char* engine, const char* voice,
                                                     const std::string& text) const {
  RestCall call;
  call.method = "POST";
  call.path = "/v1/speech";
  call.body = json::to_text(boost::json::object{{"Engine", engine},
                                                {"OutputFormat", "pcm"},
                                                {"SampleRate", std::to_string(sample_rate)},
                                                {"Text", text},
                                                {"TextType", "text"},
                                                {"VoiceId", voice}});
  CallOptions options;
  options.deadline = settings_.deadline;
  auto answer = client_->rest(services::polly, "SynthesizeSpeech", std::move(call), options);
  if (!answer) return tl::unexpected(answer.error());
  return audio_of(answer->body);
}

}  // namespace sotto::providers::aws
