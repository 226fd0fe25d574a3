#include "tuning/translation_policies.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "base/quantile_sketch.hpp"
#include "base/utf8.hpp"
#include "engine/erasure_meter.hpp"
#include "engine/word_text.hpp"
#include "pipeline/captions/caption_track.hpp"
#include "pipeline/captions/word_lag.hpp"
#include "replay/figures.hpp"
#include "replay/replayer.hpp"
#include "tuning/chrf.hpp"
#include "tuning/stability_fit.hpp"

namespace sotto::tuning {

namespace {

using Kind = TranslationPolicy::Kind;

constexpr double unlimited = 10;  // the largest budget

engine::Settings settings_for(const TranslationPolicy& policy, engine::Settings settings) {
  settings.translation_budget = policy.kind == Kind::budget ? policy.value : unlimited;
  switch (policy.kind) {
    case Kind::final_only: settings.mode = engine::Mode::final_only; break;
    case Kind::every_change:
    case Kind::local_agreement:
      settings.retranslate_words = 1;
      settings.retranslate_interval = milliseconds{100};
      break;
    case Kind::wait_k:
    case Kind::interval:
    case Kind::budget: break;
  }
  if (policy.kind == Kind::local_agreement) {
    settings.calibration = local_agreement(2, milliseconds{300});
    settings.min_stability_threshold = 0.9;
    settings.provisional_threshold = 0.9;
  }
  return settings;
}

// LocalAgreement goes by the hypotheses alone.
transcript::Event without_flags(const transcript::Event& event) {
  transcript::Event copy;
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult result = event[i];
    copy.begin_result({result.id, result.channel, result.transcript, result.start, result.end,
                       result.is_partial});
    for (transcript::Item item : result.items) {
      item.stable = transcript::StableFlag::missing;
      item.confidence.reset();
      copy.add_item(item);
    }
  }
  return copy;
}

std::size_t count_words(std::string_view text) {
  return text.empty() ? 0 : 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
}

struct Silent : pipeline::Listener {
  void on_caption(const pipeline::SharedCaption&) override {}
  void on_state(pipeline::SessionState) override {}
};

// What all sessions under a policy come to.
struct Totals {
  QuantileSketch shown, settled;
  std::uint64_t characters = 0, stands = 0, whole = 0;
  double erased = 0, words = 0;
  ChrF chrf;
};

// Each text is translated once, whichever policies want it.
class Translations {
 public:
  explicit Translations(const PolicyTranslator& translator) : translator_(translator) {}

  Result<std::string> of(const std::string& text) {
    if (!translator_.translate) return text;
    const auto known = known_.find(text);
    if (known != known_.end()) return known->second;
    auto made = translator_.translate(text);
    if (made) known_.emplace(text, *made);
    return made;
  }
  bool are_made() const { return static_cast<bool>(translator_.translate); }
  const Language& target() const { return translator_.target; }

 private:
  const PolicyTranslator& translator_;
  std::unordered_map<std::string, std::string> known_;
};

// One session's reader of one language.
class Reading {
 public:
  Reading(const TranslationPolicy& policy, Translations& translations, Totals& totals)
      : policy_(policy),
        translations_(translations),
        totals_(totals),
        track_(
            translations.target(),
            [this](const std::string& text, SegmentId segment, auto done) {
              done(translate(text, segment));
            },
            [this](const pipeline::Caption& caption, const std::string& source, bool) {
              sent(caption, source);
            }) {
    track_.add(std::make_shared<Silent>(), {});
  }

  void see(const engine::ShowCaption& shown, SessionTime at) {
    now_ = at;
    pipeline::Caption caption;
    caption.segment.id = shown.segment;
    caption.segment.text = shown.text;
    caption.captured = shown.end;
    if (shown.state == engine::ShowCaption::State::open) {
      const bool by_word = policy_.kind == Kind::wait_k;
      if (by_word) {
        const std::size_t words = count_words(shown.text);
        std::string& last = last_text_[shown.segment];
        if (words < static_cast<std::size_t>(policy_.value) || last == shown.text) return;
        last = shown.text;
      }
      caption.reuse_bytes = by_word ? 0 : shown.reuse_bytes;
      return track_.show(caption, by_word || shown.translate);
    }
    caption.final = true;
    caption.segment.seq = ++seq_;
    caption.reuse_bytes = shown.reuse_bytes;
    track_.settle(caption);
  }

  void hear(const transcript::RecognitionResult& final) {
    for (const transcript::Item& item : final.items)
      if (item.kind == transcript::ItemKind::pronunciation)
        lag_.expect(item.end, item.start + (item.end - item.start) / 2);
  }

  Result<> finish() {
    for (const milliseconds lag : lag_.take_shown())
      totals_.shown.record(static_cast<std::uint64_t>(lag.count()));
    for (const milliseconds lag : lag_.take_settled())
      totals_.settled.record(static_cast<std::uint64_t>(lag.count()));
    totals_.erased += static_cast<double>(erasure_.erased());
    totals_.words += static_cast<double>(erasure_.words());
    for (const auto& [segment, stands] : stands_) {
      const std::size_t length = utf8::length(stands.source);
      totals_.stands += length;
      if (in_one_piece_.contains({segment, engine::as_spoken(stands.source)}))
        totals_.whole += length;
      if (!translations_.are_made()) continue;
      const auto whole = translations_.of(stands.source);
      if (!whole) return tl::unexpected(whole.error());
      totals_.chrf.add(stands.text, *whole);
    }
    return failed_;
  }

 private:
  Result<std::string> translate(const std::string& text, SegmentId segment) {
    totals_.characters += utf8::length(text);
    in_one_piece_.emplace(segment, engine::as_spoken(text));
    auto made = translations_.of(text);
    if (!made && failed_) failed_ = tl::unexpected(made.error());
    return made;
  }

  void sent(const pipeline::Caption& caption, const std::string& source) {
    const std::string text = pipeline::whole_text(caption.segment);
    erasure_.shown(static_cast<std::uint64_t>(caption.segment.id), text);
    if (!source.empty()) lag_.sent(caption.captured, caption.final, now_);
    if (caption.final) stands_[caption.segment.id] = {source, text};
  }

  struct Stands {
    std::string source, text;
  };

  const TranslationPolicy& policy_;
  Translations& translations_;
  Totals& totals_;
  pipeline::CaptionTrack track_;
  pipeline::WordLag lag_;
  engine::ErasureMeter erasure_;
  std::map<SegmentId, std::string> last_text_;
  std::map<SegmentId, Stands> stands_;
  std::set<std::pair<SegmentId, std::string>> in_one_piece_;
  std::uint64_t seq_ = 0;
  SessionTime now_{};
  Result<> failed_;
};

Result<PolicyPoint> measure(std::span<const replay::RecordedEvent> events,
                            const engine::Settings& settings, const TranslationPolicy& policy,
                            Translations& translations) {
  Totals totals;
  replay::Figures figures;
  std::unordered_map<SessionId, std::unique_ptr<Reading>> readings;
  const auto reading = [&](const SessionId& session) -> Reading& {
    auto& known = readings[session];
    if (!known) known = std::make_unique<Reading>(policy, translations, totals);
    return *known;
  };
  auto replayer = replay::Replayer::create(
      settings_for(policy, settings),
      [&](const SessionId& session, SessionTime at, const engine::Commands& commands) {
        figures.decided(session, at, commands);
        for (const engine::Command& command : commands)
          if (const auto* caption = std::get_if<engine::ShowCaption>(&command))
            reading(session).see(*caption, at);
      });
  if (!replayer) return tl::unexpected(replayer.error());
  for (const replay::RecordedEvent& recorded : events) {
    const bool bare = policy.kind == Kind::local_agreement;
    replayer->take(recorded.session, recorded.arrival,
                   bare ? without_flags(recorded.event) : recorded.event);
    for (std::size_t i = 0; i < recorded.event.size(); ++i)
      if (!recorded.event[i].is_partial) reading(recorded.session).hear(recorded.event[i]);
  }
  replayer->finish();
  for (auto& [session, read] : readings)
    if (const auto finished = read->finish(); !finished) return tl::unexpected(finished.error());

  PolicyPoint point;
  point.policy = policy;
  point.word_lag_p50 = totals.shown.quantile(0.5) / 1000;
  point.word_lag_p95 = totals.shown.quantile(0.95) / 1000;
  point.settled_lag_p50 = totals.settled.quantile(0.5) / 1000;
  point.erasure = totals.words > 0 ? totals.erased / totals.words : 0;
  point.contradicted = figures.contradicted_share();
  point.translated_characters = totals.characters;
  if (totals.stands > 0)
    point.whole = static_cast<double>(totals.whole) / static_cast<double>(totals.stands);
  if (translations.are_made()) point.chrf = totals.chrf.value();
  return point;
}

bool dominates(const PolicyPoint& a, const PolicyPoint& b) {
  const auto figures = [](const PolicyPoint& p) {
    return std::array{p.word_lag_p50, p.erasure, p.contradicted, -p.whole,
                      static_cast<double>(p.translated_characters)};
  };
  const auto x = figures(a), y = figures(b);
  return x != y && std::equal(x.begin(), x.end(), y.begin(),
                              [](double better, double worse) { return better <= worse; });
}

}  // namespace

std::string TranslationPolicy::name() const {
  std::array<char, 64> text{};
  switch (kind) {
    case Kind::final_only: return "final-only";
    case Kind::every_change: return "every change";
    case Kind::wait_k: std::snprintf(text.data(), text.size(), "wait-%.0f", value); break;
    case Kind::local_agreement: return "LocalAgreement-2";
    case Kind::interval: return "words or time, no budget";
    case Kind::budget: std::snprintf(text.data(), text.size(), "budget %.2f", value); break;
  }
  return text.data();
}

std::vector<TranslationPolicy> named_policies(const engine::Settings& settings) {
  std::vector<TranslationPolicy> policies = {{Kind::final_only},      {Kind::every_change},
                                             {Kind::wait_k, 3},       {Kind::wait_k, 5},
                                             {Kind::local_agreement}, {Kind::interval}};
  std::set<double> budgets = {1.0, 1.1, 1.2, 1.3, 1.5, 2.0, settings.translation_budget};
  for (const double budget : budgets) policies.push_back({Kind::budget, budget});
  return policies;
}

Result<std::vector<PolicyPoint>> compare_policies(std::span<const replay::RecordedEvent> events,
                                                  const engine::Settings& settings,
                                                  std::span<const TranslationPolicy> policies,
                                                  const PolicyTranslator& translator) {
  Translations translations(translator);
  std::vector<PolicyPoint> points;
  const auto floor = measure(events, settings, {Kind::final_only}, translations);
  if (!floor) return tl::unexpected(floor.error());
  points.push_back(*floor);
  for (const TranslationPolicy& policy : policies) {
    if (policy.kind == Kind::final_only) continue;
    auto point = measure(events, settings, policy, translations);
    if (!point) return tl::unexpected(point.error());
    points.push_back(std::move(*point));
  }
  for (PolicyPoint& point : points) {
    point.times_final_only = floor->translated_characters == 0
                                 ? 0
                                 : static_cast<double>(point.translated_characters) /
                                       static_cast<double>(floor->translated_characters);
    point.on_frontier = std::none_of(points.begin(), points.end(), [&](const PolicyPoint& other) {
      return dominates(other, point);
    });
  }
  return points;
}

}  // namespace sotto::tuning
