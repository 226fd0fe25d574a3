#include "pipeline/session/session_meter.hpp"

#include <algorithm>

#include "engine/word_text.hpp"

namespace sotto::pipeline {

namespace {

constexpr std::size_t segments_remembered = 64;

std::uint64_t whole(milliseconds time) {
  return static_cast<std::uint64_t>(std::max<milliseconds::rep>(0, time.count()));
}

bool by_then(const std::optional<SessionTime>& followed_since, SessionTime captured) {
  return followed_since && *followed_since <= captured;
}

// Those who follow without a break keep the moment since which they do.
void note_since(std::optional<SessionTime>& since, bool followed, SessionTime now) {
  since = followed ? since.value_or(now) : std::optional<SessionTime>();
}

}  // namespace

std::vector<milliseconds> SessionMeter::heard(const transcript::Event& event,
                                              const CaptureClock& captured) {
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult result = event[i];
    if (result.is_partial) continue;
    for (const transcript::Item& item : result.items) {
      if (item.kind != transcript::ItemKind::pronunciation) continue;
      ++figures_.source_words;
      const SessionTime at = captured.captured_at(item.end);
      const SessionTime middle = captured.captured_at(item.start + (item.end - item.start) / 2);
      for (auto& [language, of] : languages_)
        if (by_then(of.read_since, at)) of.lag.expect(at, middle);
    }
  }
  std::vector<milliseconds> lags;
  for (auto& [language, of] : languages_) {
    const std::vector<milliseconds> more = take_lags(language, of.lag);
    lags.insert(lags.end(), more.begin(), more.end());
  }
  return lags;
}

std::vector<milliseconds> SessionMeter::take_lags(const Language& language, WordLag& lag) {
  Lags& lags = language == source_ ? of_source_ : translations_;
  for (const milliseconds settled : lag.take_settled()) lags.settled.record(whole(settled));
  std::vector<milliseconds> shown = lag.take_shown();
  for (const milliseconds one : shown) lags.shown.record(whole(one));
  return shown;
}

void SessionMeter::stepped(const observation::StepSummary& summary) {
  figures_.partials += summary.partial_results;
  figures_.finals += summary.final_results;
  figures_.superseded += summary.superseded;
  figures_.dropped += summary.dropped;
  figures_.duplicates += summary.duplicates;
  figures_.orphans += summary.orphans;
  figures_.discrepancies += summary.discrepancies;
  figures_.fallbacks += observation::recogniser_fell_silent(summary) ? 1U : 0U;
  figures_.segments += summary.segments_closed;
}

void SessionMeter::source_shown(const engine::ShowCaption& caption) {
  source_erasure_.shown(static_cast<std::uint64_t>(caption.segment), caption.text);
}

void SessionMeter::translated(const TranslationOutcome& outcome) {
  if (outcome.kind == TranslationOutcome::Kind::known) {
    ++figures_.cache_hits;
    return;
  }
  ++figures_.translation_calls;
  figures_.translated_characters += outcome.characters;
  if (outcome.kind == TranslationOutcome::Kind::failed) ++figures_.translation_failures;
}

void SessionMeter::recognised(milliseconds lag) { figures_.recogniser_lag.record(whole(lag)); }

void SessionMeter::followed(const std::map<Language, std::size_t>& readers,
                            const std::map<Language, std::size_t>& hearers, SessionTime now) {
  for (const auto& [language, count] : readers) languages_.try_emplace(language);
  for (const auto& [language, count] : hearers) languages_.try_emplace(language);
  for (auto& [language, of] : languages_) {
    note_since(of.read_since, readers.contains(language), now);
    note_since(of.heard_since, hearers.contains(language), now);
    if (!of.read_since) of.lag.forget();
  }
}

SessionMeter::Delivery SessionMeter::sent(const Caption& caption, const std::string& source,
                                          bool catching_up, SessionTime now) {
  OfLanguage& of = languages_[caption.language];
  const bool counts = !catching_up && by_then(of.read_since, caption.captured);
  Delivery delivery;
  if (!catching_up) {
    of.lag.sent(caption.captured, caption.final, now);
    delivery.word_lags = take_lags(caption.language, of.lag);
  }
  if (caption.language == source_) return delivery;
  of.translated = true;
  of.erasure.shown(static_cast<std::uint64_t>(caption.segment.id), whole_text(caption.segment));

  // A segment's latency counts from its first translation that said all of it, settled or not yet.
  SentText& before = of.sent[caption.segment.id];
  const bool other = !engine::same_words(before.source, source);
  // What only takes words away says no more.
  delivery.says_more = other && engine::common_words(source, before.source) < source.size();
  if (other) before = {source, now};
  if (delivery.says_more && counts)
    delivery.latency = std::max(milliseconds{0}, now - caption.captured);
  if (caption.final && !source.empty() && counts)
    figures_.segment_latency.record(whole(before.at - caption.captured));
  if (of.sent.size() > segments_remembered) of.sent.erase(of.sent.begin());
  return delivery;
}

std::optional<milliseconds> SessionMeter::spoken(const Speech& speech, SessionTime now) const {
  const auto known = languages_.find(speech.language);
  if (known == languages_.end() || !by_then(known->second.heard_since, speech.captured))
    return std::nullopt;
  return std::max(milliseconds{0}, now - speech.captured);
}

SessionFigures SessionMeter::figures() const {
  SessionFigures figures = figures_;
  figures.word_lag = lags().shown;
  figures.settled_lag = lags().settled;
  figures.source_erasure = source_erasure_.value();
  double erasure = 0, translations = 0;
  for (const auto& [language, of] : languages_) {
    if (!of.translated) continue;
    erasure += of.erasure.value();
    ++translations;
  }
  if (translations > 0) figures.erasure = erasure / translations;
  return figures;
}

}  // namespace sotto::pipeline
