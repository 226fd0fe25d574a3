#include "pipeline/session_meter.hpp"

#include <algorithm>

#include "engine/word_text.hpp"

namespace sotto::pipeline {

namespace {

constexpr std::size_t segments_remembered = 64;

std::uint64_t whole(milliseconds time) {
  return static_cast<std::uint64_t>(std::max<milliseconds::rep>(0, time.count()));
}

}  // namespace

void SessionMeter::heard(const transcript::Event& event, const CaptureClock& captured) {
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult result = event[i];
    ++(result.is_partial ? figures_.partials : figures_.finals);
    if (result.is_partial) continue;
    word_latency_.final_heard(result,
                              [&](SessionTime place) { return captured.captured_at(place); });
    figures_.source_words += static_cast<std::uint64_t>(
        std::count_if(result.items.begin(), result.items.end(), [](const transcript::Item& item) {
          return item.kind == transcript::ItemKind::pronunciation;
        }));
  }
}

void SessionMeter::noticed(const engine::Notice& notice) {
  switch (notice.kind) {
    case engine::Notice::Kind::superseded: ++figures_.superseded; break;
    case engine::Notice::Kind::dropped_late: ++figures_.dropped; break;
    case engine::Notice::Kind::duplicate: ++figures_.duplicates; break;
    case engine::Notice::Kind::orphan_flushed: ++figures_.orphans; break;
    case engine::Notice::Kind::discrepancy: ++figures_.discrepancies; break;
    case engine::Notice::Kind::fallback: ++figures_.fallbacks; break;
    case engine::Notice::Kind::contradicted:
    case engine::Notice::Kind::stability_missing:
    case engine::Notice::Kind::recover: break;
  }
}

void SessionMeter::source_shown(const engine::ShowCaption& caption) {
  if (caption.state == engine::ShowCaption::State::closed) ++figures_.segments;
  source_erasure_.shown(static_cast<std::uint64_t>(caption.segment), caption.text);
}

void SessionMeter::translated(const TranslationOutcome& outcome) {
  if (outcome.kind == TranslationOutcome::Kind::known) {
    ++figures_.cache_hits;
    return;
  }
  ++figures_.translation_calls;
  if (outcome.kind == TranslationOutcome::Kind::failed) ++figures_.translation_failures;
}

void SessionMeter::recognised(milliseconds lag) { figures_.recogniser_lag.record(whole(lag)); }

SessionMeter::SentNote SessionMeter::sent(const Caption& caption, SessionTime end,
                                          const std::string& source, SessionTime now,
                                          const CaptureClock& captured) {
  erasure_[caption.language].shown(static_cast<std::uint64_t>(caption.segment),
                                   caption.text + caption.provisional);
  word_latency_.shown(end, now);

  // A segment's latency counts from its first translation that said all of it, settled or not yet.
  SentText& before = sent_[{caption.segment, caption.language}];
  SentNote note;
  note.says_more = !engine::same_words(before.source, source);
  note.latency = std::max(milliseconds{0}, now - captured.captured_at(end));
  if (note.says_more) before = {source, now};
  if (caption.final && !source.empty())
    figures_.segment_latency.record(whole(before.at - captured.captured_at(end)));
  if (sent_.size() > segments_remembered) sent_.erase(sent_.begin());
  return note;
}

SessionFigures SessionMeter::figures() const {
  SessionFigures figures = figures_;
  figures.word_latency = word_latency_.sketch();
  figures.source_erasure = source_erasure_.value();
  for (const auto& [language, meter] : erasure_)
    figures.erasure += meter.value() / static_cast<double>(erasure_.size());
  return figures;
}

}  // namespace sotto::pipeline
