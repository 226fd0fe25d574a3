// The engine's invariants over generated talks: what a recogniser hears, and what a network and an
// operator do to it.
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "engine/engine.hpp"
#include "engine/erasure_meter.hpp"
#include "engine/snapshot.hpp"
#include "engine/word_text.hpp"
#include "tests/support/generated_talks.hpp"

namespace sotto::engine {
namespace {

using namespace testing::talks;

// All but the two newest words of a hypothesis are certain.
Settings calibrated() {
  Settings settings;
  settings.calibration.emplace();
  for (std::size_t i = 0; i < settings.calibration->survival.size(); ++i)
    settings.calibration->survival[i].fill(i == 0 ? 0.3f : i == 1 ? 0.8f : 1.0f);
  return settings;
}

// Drives an engine on the talk's clock and keeps what its listeners have.
class Run {
 public:
  explicit Run(Mode mode = Mode::partial)
      : Run([&] {
          Settings settings = calibrated();
          settings.mode = mode;
          return settings;
        }()) {}
  explicit Run(const Settings& settings) : engine_(Engine::create(settings).value()) {}

  void run_timers(Ms until) {
    for (auto due = engine_.next_tick(); due && *due <= at_ms(until); due = engine_.next_tick())
      one_step(Tick{}, *due);
  }
  void step(const Event& event, Ms at) {
    run_timers(at);
    one_step(event, at_ms(at));
  }
  void hear(const Arrival& arrival) { step(TranscriptReceived{&arrival.event}, arrival.at); }
  void finish() {
    for (auto due = engine_.next_tick(); due; due = engine_.next_tick()) one_step(Tick{}, *due);
  }

  /// Before one in `n` steps the engine is written down, thrown away and restored.
  void be_cut_before_one_in(std::size_t n) { cut_one_in_ = n; }

  std::string said(const std::string& id) const { return at(said_, id); }
  std::string said() const { return all_; }
  std::string shown(const std::string& id) const {
    std::string text;
    const auto found = shown_.find(id);
    if (found == shown_.end()) return text;
    for (const auto& [segment, part] : found->second)
      if (!part.empty()) text += (text.empty() ? "" : " ") + part;
    return text;
  }
  std::string log() const { return log_.str(); }
  bool contradicted() const { return contradicted_; }
  // Words that a result's captions, taken together, took back.
  std::uint64_t erased() const { return erasure_.erased(); }
  // Every segment that was begun in speech has ended.
  bool speech_is_complete() const { return unfinished_.empty(); }

 private:
  static std::string at(const std::map<std::string, std::string>& texts, const std::string& id) {
    const auto found = texts.find(id);
    return found == texts.end() ? "" : found->second;
  }
  static void append(std::string& text, std::string_view more) {
    if (!text.empty() && !more.empty()) text += ' ';
    text += more;
  }

  void go_through_a_snapshot() {
    const auto kept = snapshot(engine_);
    RC_ASSERT(kept.has_value());
    auto restored = restore(*kept);
    RC_ASSERT(restored.has_value());
    RC_ASSERT(restored->next_tick() == engine_.next_tick());
    engine_ = std::move(*restored);
    RC_ASSERT(snapshot(engine_).value() == *kept);
  }

  void one_step(const Event& event, SessionTime now) {
    if (cut_one_in_ > 0 && one_in(cut_one_in_)) go_through_a_snapshot();
    Commands out;
    engine_.step(event, now, out);
    RC_ASSERT(!engine_.next_tick() || *engine_.next_tick() > now);
    for (const Command& command : out) {
      log_ << now.time_since_epoch().count() << ' ';
      if (const auto* caption = std::get_if<ShowCaption>(&command)) {
        shown_[name(caption->result_id)][caption->segment] = caption->text;
        RC_ASSERT(caption->stable_bytes <= caption->text.size());
        log_ << "caption " << static_cast<int>(caption->segment) << ' ' << caption->text << '|'
             << caption->stable_bytes << static_cast<int>(caption->state) << caption->translate
             << ' ' << caption->result << caption->result_id << to_seconds(caption->start) << ' '
             << to_seconds(caption->end) << ' ' << caption->stability;
      } else if (const auto* speak = std::get_if<Speak>(&command)) {
        append(said_[name(speak->result_id)], speak->text);
        append(all_, speak->text);
        unfinished_[speak->segment] = true;
        if (speak->ends != CutReason::none) unfinished_.erase(speak->segment);
        log_ << "speak " << static_cast<int>(speak->segment) << ' ' << speak->text
             << to_string(speak->ends) << speak->result_id << to_seconds(speak->start) << ' '
             << to_seconds(speak->end) << speak->flushed << speak->stability;
        for (const SessionTime end : out.word_ends(*speak)) log_ << ' ' << to_seconds(end);
      } else {
        const auto& diagnostic = std::get<Diagnostic>(command);
        contradicted_ = contradicted_ || diagnostic.kind == Diagnostic::Kind::contradicted;
        log_ << to_string(diagnostic.kind) << diagnostic.result_id << diagnostic.value
             << to_string(diagnostic.cause);
      }
      log_ << '\n';
    }
    for (const auto& [id, segments] : shown_) erasure_.shown(std::stoul(id.substr(1)), shown(id));
  }

  // A renamed final's result is the one of its partial results.
  static std::string name(std::string_view id) { return std::string(id.substr(0, id.find('-'))); }

  Engine engine_;
  std::size_t cut_one_in_ = 0;
  std::map<std::string, std::string> said_;
  std::map<std::string, std::map<SegmentId, std::string>> shown_;
  std::map<SegmentId, bool> unfinished_;
  std::string all_;
  std::ostringstream log_;
  ErasureMeter erasure_;
  bool contradicted_ = false;
};

RC_GTEST_PROP(EngineProperties, EveryWordIsSpokenOnceInOrderAndCaptionsEndAsTheFinals, ()) {
  const Talk talk = any_talk(honest | slow_finals);
  Run run;
  for (const Arrival& arrival : talk.arrivals) run.hear(arrival);
  run.finish();
  std::string all;
  for (std::size_t i = 0; i < talk.finals.size(); ++i) {
    all += (i ? " " : "") + talk.finals[i];
    RC_ASSERT(run.shown(id_of(i)) == talk.finals[i]);
  }
  RC_ASSERT(run.said() == all);
  RC_ASSERT(run.speech_is_complete());
}

RC_GTEST_PROP(EngineProperties, LossDelayRenamingAndChannelsLoseAndRepeatNothing, ()) {
  const Talk talk = any_talk(reordered | lossy | renamed | two_channels);
  Run run;
  for (const Arrival& arrival : talk.arrivals) run.hear(arrival);
  run.finish();
  for (std::size_t i = 0; i < talk.finals.size(); ++i) {
    RC_ASSERT(run.said(id_of(i)) == expected(talk, i));
    RC_ASSERT(run.shown(id_of(i)) == expected(talk, i));
  }
  RC_ASSERT(run.speech_is_complete());
}

// In one talk every hypothesis has the right words, in the other the newest may be wrong.
RC_GTEST_PROP(EngineProperties, AChangeOfCaseOrMarksIsNoChangeOfAWord, ()) {
  const bool all_certain = one_in(2);
  const Talk talk = any_talk(flickering | (all_certain ? certain : honest) |
                             *rc::gen::elementOf(std::vector<unsigned>{0, slow_finals, renamed}));
  Run run, finals_only(Mode::final_only);
  std::string all;
  for (const Arrival& arrival : talk.arrivals) {
    const std::string before = run.said();
    run.hear(arrival);
    finals_only.hear(arrival);
    RC_ASSERT(run.said().starts_with(before));
  }
  run.finish();
  finals_only.finish();
  for (std::size_t i = 0; i < talk.finals.size(); ++i) {
    all += (i ? " " : "") + talk.finals[i];
    RC_ASSERT(run.shown(id_of(i)) == talk.finals[i]);
    RC_ASSERT(finals_only.shown(id_of(i)) == talk.finals[i]);
  }
  RC_ASSERT(as_spoken(run.said()) == as_spoken(all));
  RC_ASSERT(!run.contradicted());
  RC_ASSERT(run.speech_is_complete());
  if (all_certain) RC_ASSERT(run.erased() == 0u);
}

RC_GTEST_PROP(EngineProperties, WithoutItsFinalAResultEndsAsItsNewestHypothesisIsWritten, ()) {
  const Talk talk = any_talk(flickering | reordered | lossy | renamed | two_channels);
  Run run;
  for (const Arrival& arrival : talk.arrivals) run.hear(arrival);
  run.finish();
  for (std::size_t i = 0; i < talk.finals.size(); ++i) {
    RC_ASSERT(as_spoken(run.said(id_of(i))) == as_spoken(expected(talk, i)));
    RC_ASSERT(run.shown(id_of(i)) == expected(talk, i));
  }
}

RC_GTEST_PROP(EngineProperties, AContradictedWordIsMendedInCaptionsAndSpeechGoesOnBehindIt, ()) {
  const Talk talk =
      any_talk(contradicting | reordered | lossy | renamed | (one_in(2) ? flickering : 0u));
  Run run, finals_only(Mode::final_only);
  for (const Arrival& arrival : talk.arrivals) {
    const std::string id = id_of(arrival.result);
    run.run_timers(arrival.at);
    const std::string before = run.said(id);
    run.hear(arrival);
    finals_only.hear(arrival);
    const std::string after = run.said(id);
    RC_ASSERT(after.starts_with(before));
    if (arrival.is_partial || after == before) continue;
    std::string_view added = std::string_view(after).substr(before.size());
    added.remove_prefix(added.starts_with(' ') ? 1 : 0);
    RC_ASSERT(arrival.text.ends_with(added));  // what a final adds is its own end
  }
  run.finish();
  finals_only.finish();
  for (std::size_t i = 0; i < talk.finals.size(); ++i)
    if (final_came(talk, i)) RC_ASSERT(run.shown(id_of(i)) == finals_only.shown(id_of(i)));
  RC_ASSERT(run.speech_is_complete());
}

RC_GTEST_PROP(EngineProperties, ASwitchAtAnyPositionLosesAndRepeatsNothing, ()) {
  const Talk talk = any_talk(honest | slow_finals);
  const Mode first = one_in(2) ? Mode::final_only : Mode::partial;
  const Mode second = first == Mode::partial ? Mode::final_only : Mode::partial;
  const std::size_t back = below(8);  // switched back so many events later
  for (std::size_t position = 0; position <= talk.arrivals.size(); ++position) {
    Run run(first);
    for (std::size_t i = 0; i <= talk.arrivals.size(); ++i) {
      const Ms at = i > 0 ? talk.arrivals[i - 1].at : 0;
      if (i == position) run.step(ModeChange{second}, at);
      if (i == position + back) run.step(ModeChange{first}, at);
      if (i < talk.arrivals.size()) run.hear(talk.arrivals[i]);
    }
    run.finish();
    std::string all;
    for (std::size_t i = 0; i < talk.finals.size(); ++i) {
      all += (i ? " " : "") + talk.finals[i];
      RC_ASSERT(run.shown(id_of(i)) == talk.finals[i]);
    }
    RC_ASSERT(run.said() == all);
  }
}

RC_GTEST_PROP(EngineProperties, TheSameEventsGiveTheSameDecisionsInAnyBatching, ()) {
  Talk talk =
      any_talk(contradicting | reordered | lossy | two_channels | (one_in(2) ? flickering : 0u));
  for (Arrival& arrival : talk.arrivals) arrival.at -= arrival.at % 400;  // many at one time
  Run one_by_one, batched;
  for (const Arrival& arrival : talk.arrivals) one_by_one.hear(arrival);
  for (std::size_t i = 0; i < talk.arrivals.size();) {
    Arrival batch = talk.arrivals[i];
    for (++i; i < talk.arrivals.size() && talk.arrivals[i].at == batch.at && !one_in(3); ++i) {
      const transcript::RecognitionResult more = talk.arrivals[i].event[0];
      batch.event.begin_result(
          {more.id, more.channel, more.transcript, more.start, more.end, more.is_partial});
      for (const transcript::Item& item : more.items) batch.event.add_item(item);
    }
    if (one_in(4)) batched.step(Tick{}, batch.at);  // a tick that is not due does nothing
    batched.hear(batch);
  }
  one_by_one.finish();
  batched.finish();
  RC_ASSERT(one_by_one.log() == batched.log());
}

RC_GTEST_PROP(EngineProperties, ASnapshotAnywhereChangesNoDecision, ()) {
  const Talk talk = any_talk(*rc::gen::inRange(0u, 2u * certain));
  Settings settings = one_in(2) ? Settings{} : calibrated();
  if (one_in(4)) settings.mode = Mode::final_only;
  Run whole(settings), cut(settings);
  cut.be_cut_before_one_in(1 + below(4));
  const auto both = [&](const Event& event, Ms at) {
    whole.step(event, at);
    cut.step(event, at);
  };
  for (const Arrival& arrival : talk.arrivals) {
    if (one_in(12)) both(ModeChange{one_in(2) ? Mode::final_only : Mode::partial}, arrival.at);
    if (one_in(4)) both(SpeechDetected{}, arrival.at);
    both(TranscriptReceived{&arrival.event}, arrival.at);
  }
  if (one_in(2)) both(EndOfAudio{}, talk.arrivals.empty() ? 0 : talk.arrivals.back().at + 100);
  whole.finish();
  cut.finish();
  RC_ASSERT(whole.log() == cut.log());
}

RC_GTEST_PROP(EngineProperties, SpeechWithoutResultsFallsBackOnceAndLosesNothing, ()) {
  const Talk talk = any_talk(honest);
  Run run;
  const Ms hole = 12'000;
  const std::size_t position = below(talk.arrivals.size());
  Ms moved = 0;
  for (std::size_t i = 0; i < talk.arrivals.size(); ++i) {
    Arrival arrival = talk.arrivals[i];
    if (i == position) {
      for (Ms t = 0; t <= hole; t += 100) run.step(SpeechDetected{}, arrival.at + t);
      moved = hole;
    }
    arrival.at += moved;
    run.hear(arrival);
  }
  run.finish();
  std::string all;
  for (std::size_t i = 0; i < talk.finals.size(); ++i) all += (i ? " " : "") + talk.finals[i];
  RC_ASSERT(run.said() == all);
  const std::string log = run.log();
  RC_ASSERT(log.find("fallback") != std::string::npos);
  RC_ASSERT(log.find("fallback") == log.rfind("fallback"));
  RC_ASSERT(log.find("recover") != std::string::npos);
}

}  // namespace
}  // namespace sotto::engine
