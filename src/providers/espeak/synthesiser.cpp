#include "providers/espeak/synthesiser.hpp"

#include <chrono>
#include <system_error>
#include <utility>

#include "providers/espeak/text.hpp"
#include "providers/espeak/voice_worker.hpp"

namespace sotto::providers::espeak {

namespace {

constexpr milliseconds largest_longest_speech{600'000};

tl::unexpected<Error> out_of_range(const std::string& field, const std::string& range) {
  return fail(ErrorCode::invalid_argument, field + " must be " + range, field);
}

Result<> check(const Settings& settings) {
  const auto none = milliseconds{0};
  if (settings.words_per_minute < 80 || settings.words_per_minute > 450) {
    return out_of_range("words_per_minute", "80 to 450");
  }
  if (settings.voices_deadline <= none) return out_of_range("voices_deadline", "positive");
  if (settings.deadline <= none) return out_of_range("deadline", "positive");
  if (settings.max_queued < 1) return out_of_range("max_queued", "at least 1");
  if (settings.longest_speech <= none || settings.longest_speech > largest_longest_speech) {
    return out_of_range("longest_speech", "positive and at most 600 s");
  }
  if (settings.first_back_off <= none) return out_of_range("first_back_off", "positive");
  if (settings.largest_back_off < settings.first_back_off) {
    return out_of_range("largest_back_off", "at least first_back_off");
  }
  if (settings.failures_to_open < 1) return out_of_range("failures_to_open", "at least 1");
  if (settings.open_for <= none) return out_of_range("open_for", "positive");
  if (settings.idle_stop <= none) return out_of_range("idle_stop", "positive");
  return {};
}

}  // namespace

Result<std::unique_ptr<EspeakSynthesiser>> EspeakSynthesiser::create(Settings settings) {
  if (const auto checked = check(settings); !checked) return tl::unexpected(checked.error());
  auto path = supervision::find_program(settings.program, supervision::search_path());
  if (!path) {
    return fail(ErrorCode::not_found,
                settings.program + " is missing; install the Debian package espeak-ng", "program");
  }
  Program program = program_at(std::move(*path), settings.words_per_minute);
  if (!settings.scratch.empty()) program.confinement.writable = {settings.scratch};
  auto voices = list_voices(
      program, {std::chrono::steady_clock::now() + settings.voices_deadline, -1, engine});
  if (!voices) return tl::unexpected(voices.error());
  return std::unique_ptr<EspeakSynthesiser>(
      new EspeakSynthesiser(std::move(settings), std::move(program), std::move(*voices)));
}

EspeakSynthesiser::EspeakSynthesiser(Settings settings, Program program, Voices voices)
    : settings_(std::move(settings)), program_(std::move(program)), voices_(std::move(voices)) {}

EspeakSynthesiser::~EspeakSynthesiser() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (const auto& [language, worker] : workers_) worker->request_stop();
  // All of them, before the first is gone: a completion may still ask for another language.
  for (const auto& [language, worker] : workers_) worker->join();
}

std::vector<Language> EspeakSynthesiser::languages() const {
  std::vector<Language> languages;
  for (const auto& [language, voice] : voices_) languages.push_back(language);
  return languages;
}

std::string EspeakSynthesiser::voice(const Language& language) const {
  return voices_.count(language) > 0 ? std::string(engine) : std::string();
}

void EspeakSynthesiser::speak(const Language& language, std::string text, Completion done) {
  auto prepared = prepare(text);
  if (!prepared) {
    done(tl::unexpected(std::move(prepared.error())));
    return;
  }
  const auto worker = worker_of(language);
  if (!worker) {
    done(tl::unexpected(worker.error()));
    return;
  }
  (*worker)->submit(std::move(*prepared), std::move(done));
}

Result<VoiceWorker*> EspeakSynthesiser::worker_of(const Language& language) {
  const auto voice = voices_.find(language);
  if (voice == voices_.end()) {
    return fail(ErrorCode::not_found,
                "espeak-ng has no voice for " + language.str() +
                    "; `espeak-ng --voices` has those "
                    "that there are",
                "language");
  }
  const std::lock_guard lock(mutex_);
  if (stopping_) return supervision::shutting_down(engine);
  auto& worker = workers_[language];
  if (!worker) {
    try {
      worker = std::make_unique<VoiceWorker>(settings_, program_, voice->second);
    } catch (const std::system_error& error) {
      workers_.erase(language);
      return fail(ErrorCode::resource_exhausted, std::string("cannot set up a voice: ") +
                                                     error.what() +
                                                     "; raise the limit of open files");
    }
  }
  return worker.get();
}

std::optional<pid_t> EspeakSynthesiser::process_group(const Language& language) const {
  const std::lock_guard lock(mutex_);
  const auto worker = workers_.find(language);
  if (worker == workers_.end()) return std::nullopt;
  return worker->second->process_group();
}

}  // namespace sotto::providers::espeak
