#include "pipeline/captions/caption_fanout.hpp"

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"
#include "engine/word_text.hpp"

namespace sotto::pipeline {

namespace {

Error too_many(std::size_t most) {
  return {ErrorCode::resource_exhausted,
          "the talk has its limit of " + std::to_string(most) + " listeners", "session_id"};
}

}  // namespace

CaptionFanout::CaptionFanout(Language source, std::size_t max_listeners, FanoutParts parts,
                             FanoutEvents events)
    : source_(std::move(source)),
      max_listeners_(max_listeners),
      parts_(std::move(parts)),
      events_(std::move(events)) {}

std::vector<Language> CaptionFanout::languages() const {
  std::vector<Language> languages{source_};
  for (const LanguagePair& pair : parts_.translator->pairs())
    if (pair.source == source_) languages.push_back(pair.target);
  std::sort(languages.begin(), languages.end());
  return languages;
}

std::vector<Language> CaptionFanout::speech_languages() const {
  std::vector<Language> spoken;
  if (!parts_.synthesiser) return spoken;
  const std::vector<Language> voices = parts_.synthesiser->languages();
  for (const Language& language : languages())
    if (std::binary_search(voices.begin(), voices.end(), language)) spoken.push_back(language);
  return spoken;
}

Result<> CaptionFanout::offers(const std::vector<Language>& offered,
                               const Language& language) const {
  if (std::binary_search(offered.begin(), offered.end(), language)) return {};
  std::string list;
  for (const Language& known : offered) list += (list.empty() ? "" : ", ") + known.str();
  return fail(ErrorCode::not_found,
              "language \"" + language.str().substr(0, 35) +
                  "\" is not available; this talk has: " + (list.empty() ? "none" : list),
              "lang");
}

Result<> CaptionFanout::admits(const Listener* listener, const Language& language) const {
  if (auto offered = offers(languages(), language); !offered) return offered;
  std::size_t others = 0;
  for (const auto& [known, track] : tracks_)
    others += track.listeners() - (track.has(listener) ? 1 : 0);
  if (others >= max_listeners_) return tl::unexpected(too_many(max_listeners_));
  return {};
}

Result<> CaptionFanout::admits(const SpeechListener* listener, const Language& language) const {
  if (auto offered = offers(speech_languages(), language); !offered) return offered;
  std::size_t others = 0;
  for (const auto& [known, track] : speech_tracks_)
    others += track.listeners() - (track.has(listener) ? 1 : 0);
  if (others >= max_listeners_) return tl::unexpected(too_many(max_listeners_));
  return {};
}

void CaptionFanout::add(const std::shared_ptr<Listener>& listener, const Language& language,
                        const std::vector<Segment>& backlog) {
  for (auto& [known, track] : tracks_) leave(known, track, listener.get());
  track(language).add(listener, backlog);
  events_.on_listeners();
}

void CaptionFanout::add(const std::shared_ptr<SpeechListener>& listener, const Language& language) {
  for (auto& [known, track] : speech_tracks_) track.remove(listener.get());
  speech_track(language).add(listener);
  events_.on_listeners();
}

void CaptionFanout::remove(const Listener* listener) {
  for (auto& [language, track] : tracks_) leave(language, track, listener);
  events_.on_listeners();
}

// Where nobody reads any more, no caption settles.
void CaptionFanout::leave(const Language& language, CaptionTrack& track, const Listener* listener) {
  track.remove(listener);
  if (track.listeners() == 0 && speech_waits_.contains(language)) answer_speech_later(language);
}

void CaptionFanout::remove(const SpeechListener* listener) {
  for (auto& [language, track] : speech_tracks_) track.remove(listener);
  events_.on_listeners();
}

void CaptionFanout::show(const Caption& source, bool worth_translating) {
  for (auto& [language, track] : tracks_) track.show(source, worth_translating);
}

void CaptionFanout::settle(const Caption& source) {
  recent_.settled(source.segment);
  settled_.insert(source.segment.id);
  if (settled_.size() > most_settled) settled_.erase(settled_.begin());
  for (auto& [language, track] : tracks_) track.settle(source);
}

void CaptionFanout::speak(const engine::Speak& piece, SessionTime captured) {
  for (auto& [language, track] : speech_tracks_) track.speak(piece, captured);
}

std::optional<SessionTime> CaptionFanout::next_tick() {
  std::optional<SessionTime> next;
  for (auto& [language, track] : tracks_)
    if (const auto at = track.next_tick()) next = next ? std::min(*next, *at) : *at;
  return next;
}

void CaptionFanout::tick(SessionTime now) {
  for (auto& [language, track] : tracks_) track.tick(now);
}

void CaptionFanout::tell(SessionState state) {
  for (auto& [language, track] : tracks_) track.tell(state);
  for (auto& [language, track] : speech_tracks_) track.tell(state);
}

namespace {

template <class Tracks>
std::map<Language, std::size_t> followers(const Tracks& tracks) {
  std::map<Language, std::size_t> followers;
  for (const auto& [language, track] : tracks)
    if (track.listeners() > 0) followers[language] = track.listeners();
  return followers;
}

}  // namespace

std::map<Language, std::size_t> CaptionFanout::listeners() const { return followers(tracks_); }
std::map<Language, std::size_t> CaptionFanout::hearers() const { return followers(speech_tracks_); }

std::size_t CaptionFanout::listeners(const Language& language) const {
  const auto known = tracks_.find(language);
  return known == tracks_.end() ? 0 : known->second.listeners();
}

bool CaptionFanout::idle() const {
  const auto idle = [](const auto& entry) { return entry.second.idle(); };
  return std::all_of(tracks_.begin(), tracks_.end(), idle) &&
         std::all_of(speech_tracks_.begin(), speech_tracks_.end(), idle);
}

bool CaptionFanout::has(const Listener* listener) const {
  return std::any_of(tracks_.begin(), tracks_.end(),
                     [&](const auto& entry) { return entry.second.has(listener); });
}

bool CaptionFanout::has(const SpeechListener* listener) const {
  return std::any_of(speech_tracks_.begin(), speech_tracks_.end(),
                     [&](const auto& entry) { return entry.second.has(listener); });
}

CaptionTrack& CaptionFanout::track(const Language& language) {
  const auto known = tracks_.find(language);
  if (known != tracks_.end()) return known->second;
  CaptionTrack::Sent sent = [this, language](const Caption& caption, const std::string& source,
                                             bool catching_up) {
    events_.on_caption(caption, source, catching_up);
    const auto waiting = speech_waits_.find(language);
    if (caption.final && waiting != speech_waits_.end() &&
        waiting->second.segment == caption.segment.id)
      answer_speech_later(language);  // it is in the track's log then
  };
  CaptionTrack::Made made = [this, language](const std::string& source,
                                             const std::string& translation, bool was_known) {
    parts_.cache->store({source_, language}, source, translation, TranslationCache::Clock::now());
    if (was_known) events_.on_translation({TranslationOutcome::Kind::known, utf8::length(source)});
  };
  // Not at once: what settles reaches all tracks in the same order.
  CaptionTrack::Repair repair{parts_.now, [this](const Caption& source) {
                                parts_.post([this, source] { events_.on_repaired(source); });
                              }};
  return tracks_
      .try_emplace(language, language, translation_into(language), std::move(sent), std::move(made),
                   std::move(repair))
      .first->second;
}

SpeechTrack& CaptionFanout::speech_track(const Language& language) {
  const auto known = speech_tracks_.find(language);
  if (known != speech_tracks_.end()) return known->second;
  SpeechTrack::Translate translate;
  if (language != source_)
    translate = [this, language](const std::string& text, SegmentId segment,
                                 std::function<void(Result<std::string>)> done) {
      translate_speech(language, text, segment, std::move(done));
    };
  SpeechTrack::Synthesise synthesise = [this, language](
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
  SpeechTrack::Sent sent = [this, language](const Speech& speech) {
    events_.on_speech(speech, speech_tracks_.at(language).listeners());
  };
  return speech_tracks_
      .try_emplace(language, language, std::move(translate), std::move(synthesise), std::move(sent))
      .first->second;
}

// What is said is what the caption of the same segment says, if somebody reads it: nothing is
// translated twice. A segment's caption settles soon after its last word is to be said.
void CaptionFanout::translate_speech(const Language& target, const std::string& text,
                                     SegmentId segment,
                                     std::function<void(Result<std::string>)> done) {
  speech_waits_.insert_or_assign(target, Waiting{segment, text, std::move(done)});
  const auto read = tracks_.find(target);
  const bool comes = read != tracks_.end() && read->second.listeners() > 0 &&
                     (read->second.is_to_settle(segment) || !has_settled(segment));
  if (!comes) answer_speech(target);
}

// Whoever began to read after that has seen it elsewhere, or does not ask for it.
bool CaptionFanout::has_settled(SegmentId segment) const {
  return settled_.contains(segment) ||
         (settled_.size() == most_settled && segment < *settled_.begin());
}

// What it says may be nothing, and the last that was waited for.
void CaptionFanout::answer_speech_later(const Language& target) {
  parts_.post([this, target] {
    answer_speech(target);
    events_.on_work_done();
  });
}

// Says what the caption says; words that it has not, or has not translated, are translated here.
void CaptionFanout::answer_speech(const Language& target) {
  auto waiting = speech_waits_.extract(target);
  if (waiting.empty()) return;
  auto& [segment, text, done] = waiting.mapped();
  const auto read = tracks_.find(target);
  const Caption* const caption = read == tracks_.end() ? nullptr : read->second.settled(segment);
  if (caption && caption->translated && engine::same_words(caption->source, text))
    return done(caption->segment.text);
  translate(target, text, segment, std::move(done));
}

CaptionTrack::Translate CaptionFanout::translation_into(const Language& language) {
  if (language == source_) return {};
  return [this, language](const std::string& text, SegmentId segment,
                          std::function<void(Result<std::string>)> done) {
    translate(language, text, segment, std::move(done));
  };
}

// The cache knows a text by its pair alone: what an engine made of it after other words is as good
// a translation of it, and the same words are mostly said again after the same ones.
void CaptionFanout::translate(const Language& target, const std::string& text, SegmentId segment,
                              std::function<void(Result<std::string>)> done) {
  const LanguagePair pair{source_, target};
  if (auto known = parts_.cache->find(pair, text, TranslationCache::Clock::now())) {
    events_.on_translation({TranslationOutcome::Kind::known, utf8::length(text)});
    return done(std::move(*known));
  }
  parts_.translator->translate_in_context(
      pair, text, recent_.before(segment),
      [this, post = parts_.post, pair, text,
       done = std::move(done)](Result<std::string> translation) {
        post([this, pair, text, done, translation = std::move(translation)]() mutable {
          translated(pair, text, translation);
          done(std::move(translation));
          events_.on_work_done();
        });
      });
}

void CaptionFanout::translated(const LanguagePair& pair, const std::string& text,
                               const Result<std::string>& translation) {
  if (translation) parts_.cache->store(pair, text, *translation, TranslationCache::Clock::now());
  events_.on_translation(
      {translation ? TranslationOutcome::Kind::made : TranslationOutcome::Kind::failed,
       utf8::length(text)});
}

}  // namespace sotto::pipeline
