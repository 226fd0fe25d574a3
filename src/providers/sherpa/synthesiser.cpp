#include "providers/sherpa/synthesiser.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <system_error>
#include <utility>

#include "providers/espeak/text.hpp"
#include "providers/sherpa/speaking_thread.hpp"
#include "providers/sherpa/voice_process.hpp"

namespace sotto::providers::sherpa {

namespace {

constexpr milliseconds largest_longest_speech{60'000};
constexpr int words_per_minute = 175;  // of no importance for phonemes

tl::unexpected<Error> out_of_range(const std::string& field, const std::string& range) {
  return fail(ErrorCode::invalid_argument, field + " must be " + range, field);
}

Result<> check(const Settings& settings) {
  const auto none = milliseconds{0};
  if (settings.start_deadline <= none) return out_of_range("start_deadline", "positive");
  if (settings.deadline <= none) return out_of_range("deadline", "positive");
  if (settings.longest_wait <= none) return out_of_range("longest_wait", "positive");
  if (settings.max_queued < 1) return out_of_range("max_queued", "at least 1");
  if (settings.longest_speech <= none || settings.longest_speech > largest_longest_speech)
    return out_of_range("longest_speech", "positive and at most 60 s");
  if (!(settings.largest_real_time_factor > 0))
    return out_of_range("largest_real_time_factor", "positive");
  if (settings.first_back_off <= none) return out_of_range("first_back_off", "positive");
  if (settings.largest_back_off < settings.first_back_off)
    return out_of_range("largest_back_off", "at least first_back_off");
  if (settings.failures_to_open < 1) return out_of_range("failures_to_open", "at least 1");
  if (settings.open_for <= none) return out_of_range("open_for", "positive");
  if (settings.idle_stop <= none) return out_of_range("idle_stop", "positive");
  return {};
}

// Whether sherpa-onnx works with a voice.
Result<> try_out(const Settings& settings, const VoiceFiles& voice) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(settings.library, error))
    return fail(ErrorCode::not_found,
                "sherpa-onnx, which neural voices speak with, is not here; 'sotto models get "
                "sherpa-onnx' fetches it",
                "library");
  auto process = VoiceProcess::start(settings, voice);
  if (!process) return tl::unexpected(process.error());
  return process->wait_ready(
      {std::chrono::steady_clock::now() + settings.start_deadline, -1, engine});
}

}  // namespace

Result<std::unique_ptr<SherpaSynthesiser>> SherpaSynthesiser::create(Settings settings) {
  if (const auto checked = check(settings); !checked) return tl::unexpected(checked.error());
  auto voices = find_voices(settings.voices);
  if (!voices) return tl::unexpected(voices.error());
  auto path = supervision::find_program(settings.espeak, supervision::search_path());
  if (!path)
    return fail(ErrorCode::not_found,
                settings.espeak +
                    ", which tells neural voices how words are pronounced, is "
                    "missing; install the Debian package espeak-ng",
                "espeak");
  if (const auto tried = try_out(settings, voices->voices.begin()->second); !tried)
    return tl::unexpected(tried.error());
  return std::unique_ptr<SherpaSynthesiser>(
      new SherpaSynthesiser(std::move(settings), std::move(*voices),
                            espeak::program_at(std::move(*path), words_per_minute)));
}

SherpaSynthesiser::SherpaSynthesiser(Settings settings, FoundVoices voices, espeak::Program espeak)
    : settings_(std::move(settings)), voices_(std::move(voices)), espeak_(std::move(espeak)) {}

SherpaSynthesiser::~SherpaSynthesiser() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (const auto& [language, thread] : threads_) thread->request_stop();
  // All of them, before the first is gone: a completion may still ask for another language.
  for (const auto& [language, thread] : threads_) thread->join();
}

std::vector<Language> SherpaSynthesiser::languages() const {
  std::vector<Language> own, others, all;
  for (const auto& [language, voice] : voices_.voices) own.push_back(language);
  if (settings_.otherwise) others = settings_.otherwise->languages();
  std::set_union(own.begin(), own.end(), others.begin(), others.end(), std::back_inserter(all));
  return all;
}

std::string SherpaSynthesiser::voice(const Language& language) const {
  const auto voice = voices_.voices.find(language);
  if (voice != voices_.voices.end()) {
    const std::lock_guard lock(mutex_);
    const auto thread = threads_.find(language);
    if (!settings_.otherwise || thread == threads_.end() || thread->second->voice_speaks())
      return voice->second.name;
  }
  if (!settings_.otherwise) return {};
  const std::string other = settings_.otherwise->voice(language);
  return voice == voices_.voices.end() ? other : other + " for " + voice->second.name;
}

void SherpaSynthesiser::speak(const Language& language, std::string text, Completion done) {
  const auto voice = voices_.voices.find(language);
  if (voice == voices_.voices.end() && settings_.otherwise)
    return settings_.otherwise->speak(language, std::move(text), std::move(done));
  if (voice == voices_.voices.end()) {
    const auto missing =
        fail(ErrorCode::not_found,
             settings_.voices.string() + " has no voice for " + language.str(), "language");
    return done(missing);
  }
  auto prepared = espeak::prepare(text);
  if (!prepared) return done(tl::unexpected(std::move(prepared.error())));
  const auto thread = thread_of(voice->second);
  if (!thread) return done(tl::unexpected(thread.error()));
  (*thread)->submit(std::move(*prepared), std::move(done));
}

Result<SpeakingThread*> SherpaSynthesiser::thread_of(const VoiceFiles& voice) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return supervision::shutting_down(engine);
  auto& thread = threads_[voice.language];
  if (!thread) {
    try {
      thread = std::make_unique<SpeakingThread>(settings_, voice, espeak_);
    } catch (const std::system_error& error) {
      threads_.erase(voice.language);
      return fail(ErrorCode::resource_exhausted, std::string("cannot set up a voice: ") +
                                                     error.what() +
                                                     "; raise the limit of open files");
    }
  }
  return thread.get();
}

std::optional<pid_t> SherpaSynthesiser::process_group(const Language& language) const {
  const std::lock_guard lock(mutex_);
  const auto thread = threads_.find(language);
  if (thread == threads_.end()) return std::nullopt;
  return thread->second->process_group();
}

}  // namespace sotto::providers::sherpa
