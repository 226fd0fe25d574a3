#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "replay/event_file.hpp"
#include "transcript/stability_calibration.hpp"

namespace sotto::tuning {

/// Words that were predicted to survive with about the same probability, and how many did.
struct ReliabilityBin {
  double from = 0, to = 0;
  std::uint64_t words = 0;
  double predicted = 0;  ///< mean
  double survived = 0;   ///< share
};

/// A recogniser's stability, fitted, and how good the fit is on recordings it has not seen.
struct StabilityFit {
  transcript::StabilityCalibration calibration;  ///< fitted on everything
  std::uint64_t observations = 0;  ///< words of partial results whose result became final
  std::uint64_t final_words = 0;

  // From cross-validation: each fold's words predicted by a fit on the others.
  double calibration_error = 0;  ///< expected calibration error, all words
  /// … of the words in doubt: agreed on for less than a second.
  double calibration_error_in_doubt = 0;
  /// Of the words in doubt that were predicted at 0.85 or more: the share that changed after all.
  double changed_above_threshold = 0;
  std::vector<ReliabilityBin> bins;  ///< of the words in doubt; twenty of equal width
};

/// Fits survival against words after and agreement. Each word of each partial result is an
/// observation: it survived if it is the same word at its place in the final, as align() finds it.
/// Where words carry a confidence, what it adds to the log-odds is fitted in turn with the table.
/// Shares are smoothed by the rule of succession (Laplace 1812), made rising along both sides, and
/// kept at or below 0.999, since 1 is for recognisers that promise. `fold_of` says to which fold of
/// the cross-validation a session belongs; folds should share no recording. `settling` is put into
/// the calibration as it is. The expected
/// calibration error is over twenty bins of equal width (Naeini, Cooper, Hauskrecht 2015). Errors:
/// `invalid_argument` where no result became final or there are fewer than two folds.
Result<StabilityFit> fit_stability(std::span<const replay::RecordedEvent> events,
                                   const std::function<int(const SessionId&)>& fold_of,
                                   milliseconds settling = milliseconds{400});

/// How good a calibration is on these events: the expected calibration error over all words of
/// partial results whose result became final; 0 where there are none.
double calibration_error(std::span<const replay::RecordedEvent> events,
                         const transcript::StabilityCalibration& calibration);

/// LocalAgreement-n (Liu, Spanakis, Niehues 2020) as a calibration, for comparison: a word is sure
/// once `hypotheses` in a row, `step` apart, agree on everything up to it, and unlikely before.
transcript::StabilityCalibration local_agreement(std::size_t hypotheses, milliseconds step);

/// The calibration as C++ writes its members.
std::string as_initialiser(const transcript::StabilityCalibration& calibration);

/// The fit in Markdown: what it rests on, the table, the reliability of the words in doubt.
std::string as_markdown(const StabilityFit& fit);

}  // namespace sotto::tuning
