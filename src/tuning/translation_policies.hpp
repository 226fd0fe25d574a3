#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "engine/settings.hpp"
#include "replay/event_file.hpp"

namespace sotto::tuning {

/// When an open segment is translated, and what of it.
struct TranslationPolicy {
  enum class Kind : std::uint8_t {
    final_only,       ///< each segment once, when its final has come
    every_change,     ///< whole, whenever it reads otherwise (Arivazhagan et al. 2020)
    wait_k,           ///< whole, at each new word once it has k (after Ma et al. 2019)
    local_agreement,  ///< whole, as two hypotheses agree on more (Liu et al. 2020)
    interval,         ///< whole, after some words or some time, whatever it costs
    budget,           ///< the product's: engine::TranslationBudget
  };
  Kind kind = Kind::budget;
  double value = 0;  ///< k; the budget

  std::string name() const;
};

/// The product's policy with several budgets, and the others to hold it against.
std::vector<TranslationPolicy> named_policies(const engine::Settings& settings);

/// What a policy came to on the recorded sessions.
struct PolicyPoint {
  TranslationPolicy policy;
  double word_lag_p50 = 0, word_lag_p95 = 0;  ///< s: a word's end → the first translation with it
  double settled_lag_p50 = 0;                 ///< s: … with it that only a final can still change
  double erasure = 0;                         ///< normalized, of the translations
  double contradicted = 0;                    ///< share of committed words, which finals contradict
  std::uint64_t translated_characters = 0;    ///< code points, of one language
  double times_final_only = 0;
  double whole = 0;            ///< share of what stands that was translated in one piece
  std::optional<double> chrf;  ///< of what stands, against each segment translated whole
  bool on_frontier = false;    ///< none is as good in lag, erasure, contradicted words and
                               ///< characters, and better in one
};

/// A translator, blocking. Called with each text once.
struct PolicyTranslator {
  Language target{"es"};
  std::function<Result<std::string>(const std::string&)> translate;  ///< empty: text as it is
};

/// Plays the events under each policy through the engine and a language's CaptionTrack, the rest of
/// the settings as given; a translation takes no time. The first point is final-only. Errors: the
/// engine's, for a value out of range; the translator's.
Result<std::vector<PolicyPoint>> compare_policies(std::span<const replay::RecordedEvent> events,
                                                  const engine::Settings& settings,
                                                  std::span<const TranslationPolicy> policies,
                                                  const PolicyTranslator& translator = {});

}  // namespace sotto::tuning
