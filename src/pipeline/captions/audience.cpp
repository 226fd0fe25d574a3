#include "pipeline/captions/audience.hpp"

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"

namespace sotto::pipeline {

namespace {

Error too_many(std::size_t most) {
  return {ErrorCode::resource_exhausted,
          "the talk has its limit of " + std::to_string(most) + " listeners", "session_id"};
}

}  // namespace

Audience::Audience(Language source, std::size_t max_listeners, AudienceParts parts,
                   AudienceEvents events)
    : source_(std::move(source)),
      max_listeners_(max_listeners),
      parts_(std::move(parts)),
      events_(std::move(events)) {}

std::vector<Language> Audience::languages() const {
  std::vector<Language> languages{source_};
  for (const LanguagePair& pair : parts_.translator->pairs())
    if (pair.source == source_) languages.push_back(pair.target);
  std::sort(languages.begin(), languages.end());
  return languages;
}

std::vector<Language> Audience::speech_languages() const {
  std::vector<Language> spoken;
  if (!parts_.synthesiser) return spoken;
  const std::vector<Language> voices = parts_.synthesiser->languages();
  for (const Language& language : languages())
    if (std::binary_search(voices.begin(), voices.end(), language)) spoken.push_back(language);
  return spoken;
}

Result<> Audience::offers(const std::vector<Language>& offered, const Language& language) const {
  if (std::binary_search(offered.begin(), offered.end(), language)) return {};
  std::string list;
  for (const Language& known : offered) list += (list.empty() ? "" : ", ") + known.str();
  return fail(ErrorCode::not_found,
              "language \"" + language.str().substr(0, 35) +
                  "\" is not available; this talk has: " + (list.empty() ? "none" : list),
              "lang");
}

Result<> Audience::admits(const Listener* listener, const Language& language) const {
  if (auto offered = offers(languages(), language); !offered) return offered;
  std::size_t others = 0;
  for (const auto& [known, lane] : lanes_)
    others += lane.listeners() - (lane.has(listener) ? 1 : 0);
  if (others >= max_listeners_) return tl::unexpected(too_many(max_listeners_));
  return {};
}

Result<> Audience::admits(const SpeechListener* listener, const Language& language) const {
  if (auto offered = offers(speech_languages(), language); !offered) return offered;
  std::size_t others = 0;
  for (const auto& [known, lane] : speech_lanes_)
    others += lane.listeners() - (lane.has(listener) ? 1 : 0);
  if (others >= max_listeners_) return tl::unexpected(too_many(max_listeners_));
  return {};
}

void Audience::add(const std::shared_ptr<Listener>& listener, const Language& language,
                   const std::vector<Segment>& backlog) {
  for (auto& [known, lane] : lanes_) lane.remove(listener.get());
  lane(language).add(listener, backlog);
  events_.on_listeners();
}

void Audience::add(const std::shared_ptr<SpeechListener>& listener, const Language& language) {
  for (auto& [known, lane] : speech_lanes_) lane.remove(listener.get());
  speech_lane(language).add(listener);
  events_.on_listeners();
}

void Audience::remove(const Listener* listener) {
  for (auto& [language, lane] : lanes_) lane.remove(listener);
  events_.on_listeners();
}

void Audience::remove(const SpeechListener* listener) {
  for (auto& [language, lane] : speech_lanes_) lane.remove(listener);
  events_.on_listeners();
}

void Audience::show(const Caption& source, bool worth_translating) {
  for (auto& [language, lane] : lanes_) lane.show(source, worth_translating);
}

void Audience::settle(const Caption& source) {
  for (auto& [language, lane] : lanes_) lane.settle(source);
}

void Audience::speak(const engine::Speak& piece, SessionTime captured) {
  for (auto& [language, lane] : speech_lanes_) lane.speak(piece, captured);
}

void Audience::tell(SessionState state) {
  for (auto& [language, lane] : lanes_) lane.tell(state);
  for (auto& [language, lane] : speech_lanes_) lane.tell(state);
}

namespace {

template <class Lanes>
std::map<Language, std::size_t> followers(const Lanes& lanes) {
  std::map<Language, std::size_t> followers;
  for (const auto& [language, lane] : lanes)
    if (lane.listeners() > 0) followers[language] = lane.listeners();
  return followers;
}

}  // namespace

std::map<Language, std::size_t> Audience::listeners() const { return followers(lanes_); }
std::map<Language, std::size_t> Audience::hearers() const { return followers(speech_lanes_); }

std::size_t Audience::listeners(const Language& language) const {
  const auto known = lanes_.find(language);
  return known == lanes_.end() ? 0 : known->second.listeners();
}

bool Audience::idle() const {
  const auto idle = [](const auto& entry) { return entry.second.idle(); };
  return std::all_of(lanes_.begin(), lanes_.end(), idle) &&
         std::all_of(speech_lanes_.begin(), speech_lanes_.end(), idle);
}

LanguageLane& Audience::lane(const Language& language) {
  const auto known = lanes_.find(language);
  if (known != lanes_.end()) return known->second;
  LanguageLane::Translate translate;
  if (language != source_)
    translate = [this, language](const std::string& text,
                                 std::function<void(Result<std::string>)> done) {
      this->translate(language, text, std::move(done));
    };
  return lanes_.try_emplace(language, language, std::move(translate), events_.on_caption)
      .first->second;
}

SpeechLane& Audience::speech_lane(const Language& language) {
  const auto known = speech_lanes_.find(language);
  if (known != speech_lanes_.end()) return known->second;
  SpeechLane::Translate translate;
  if (language != source_)
    translate = [this, language](const std::string& text,
                                 std::function<void(Result<std::string>)> done) {
      this->translate(language, text, std::move(done));
    };
  SpeechLane::Synthesise synthesise = [this, language](
                                          const std::string& text,
                                          std::function<void(Result<ports::SpokenAudio>)> done) {
    parts_.synthesiser->speak(language, text,
                              [post = parts_.post, idle = events_.on_work_done,
                               done = std::move(done)](Result<ports::SpokenAudio> audio) {
                                post([idle, done, audio = std::move(audio)]() mutable {
                                  done(std::move(audio));
                                  idle();
                                });
                              });
  };
  SpeechLane::Sent sent = [this, language](const Speech& speech) {
    events_.on_speech(speech, speech_lanes_.at(language).listeners());
  };
  return speech_lanes_
      .try_emplace(language, language, std::move(translate), std::move(synthesise), std::move(sent))
      .first->second;
}

void Audience::translate(const Language& target, const std::string& text,
                         std::function<void(Result<std::string>)> done) {
  const LanguagePair pair{source_, target};
  if (auto known = parts_.cache->find(pair, text, TranslationCache::Clock::now())) {
    events_.on_translation({TranslationOutcome::Kind::known, utf8::length(text)});
    return done(std::move(*known));
  }
  parts_.translator->translate(
      pair, text,
      [this, post = parts_.post, pair, text,
       done = std::move(done)](Result<std::string> translation) {
        post([this, pair, text, done, translation = std::move(translation)]() mutable {
          translated(pair, text, translation);
          done(std::move(translation));
          events_.on_work_done();
        });
      });
}

void Audience::translated(const LanguagePair& pair, const std::string& text,
                          const Result<std::string>& translation) {
  if (translation) parts_.cache->store(pair, text, *translation, TranslationCache::Clock::now());
  events_.on_translation(
      {translation ? TranslationOutcome::Kind::made : TranslationOutcome::Kind::failed,
       utf8::length(text)});
}

}  // namespace sotto::pipeline
