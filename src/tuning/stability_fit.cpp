#include "tuning/stability_fit.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

#include "engine/alignment.hpp"
#include "engine/word_list.hpp"
#include "tuning/isotonic.hpp"

namespace sotto::tuning {

namespace {

using transcript::StabilityCalibration;

constexpr std::size_t distances = StabilityCalibration::distances;
constexpr std::size_t agreements = StabilityCalibration::agreements;
constexpr double highest = 0.999;
constexpr std::size_t bin_count = 20;
constexpr double threshold = 0.85;

// Words by their cell of the table: how many, and how many survived.
struct Counts {
  double words[distances][agreements] = {};
  double survived[distances][agreements] = {};

  void add(const Counts& other, double sign) {
    for (std::size_t d = 0; d < distances; ++d)
      for (std::size_t a = 0; a < agreements; ++a) {
        words[d][a] += sign * other.words[d][a];
        survived[d][a] += sign * other.survived[d][a];
      }
  }
};

// One result: its partials until its final says which of their words survived.
struct OpenResult {
  std::vector<engine::WordList> hypotheses;
  std::vector<SessionTime> heard_to;
};

class Observer {
 public:
  explicit Observer(const std::function<int(const SessionId&)>& fold_of) : fold_of_(fold_of) {}

  void take(const replay::RecordedEvent& recorded) {
    for (std::size_t i = 0; i < recorded.event.size(); ++i) {
      const transcript::RecognitionResult heard = recorded.event[i];
      const auto key = std::pair{recorded.session.str(), std::string(heard.id)};
      engine::WordList words;
      engine::read_words(heard, {}, words);
      if (heard.is_partial) {
        OpenResult& result = open_[key];
        if (!result.hypotheses.empty())
          engine::carry_agreement(result.hypotheses.back(), 0, words, 0);
        result.hypotheses.push_back(std::move(words));
        result.heard_to.push_back(heard.end);
      } else if (const auto result = open_.find(key); result != open_.end()) {
        settle(result->second, words, folds[fold_of_(recorded.session)]);
        open_.erase(result);
      }
    }
  }

  std::map<int, Counts> folds;
  std::uint64_t final_words = 0;

 private:
  void settle(const OpenResult& result, const engine::WordList& final_result, Counts& counts) {
    final_words += final_result.size();
    std::vector<std::uint32_t> place;
    for (std::size_t h = 0; h < result.hypotheses.size(); ++h) {
      const engine::WordList& words = result.hypotheses[h];
      engine::align(words, words.size(), final_result, place);
      for (std::size_t i = 0; i < words.size(); ++i) {
        const std::size_t d = std::min(words.size() - i - 1, distances - 1);
        const auto steps = static_cast<std::size_t>(
            std::max<milliseconds::rep>(0, (result.heard_to[h] - words[i].agreed_since).count()) /
            100);
        const std::size_t a = std::min(steps, agreements - 1);
        counts.words[d][a] += 1;
        counts.survived[d][a] += survives(words, i, final_result, place) ? 1 : 0;
      }
    }
  }

  static bool survives(const engine::WordList& words, std::size_t i,
                       const engine::WordList& final_result,
                       const std::vector<std::uint32_t>& place) {
    for (std::uint32_t j = place[i]; j < place[i + 1]; ++j)
      if (engine::same_word(words.text(i), final_result.text(j))) return true;
    return false;
  }

  const std::function<int(const SessionId&)>& fold_of_;
  std::map<std::pair<std::string, std::string>, OpenResult> open_;
};

StabilityCalibration fit(const Counts& counts) {
  Table share(distances, std::vector<double>(agreements));
  Table weight = share;
  for (std::size_t d = 0; d < distances; ++d)
    for (std::size_t a = 0; a < agreements; ++a) {
      weight[d][a] = counts.words[d][a] + 2;
      share[d][a] = (counts.survived[d][a] + 1) / weight[d][a];
    }
  const Table rising = rising_both_ways(share, weight);
  StabilityCalibration calibration;
  for (std::size_t d = 0; d < distances; ++d)
    for (std::size_t a = 0; a < agreements; ++a)
      calibration.survival[d][a] =
          static_cast<float>(std::round(std::min(rising[d][a], highest) * 1000) / 1000);
  return calibration;
}

// Predictions of words held out, in bins of equal width.
class Reliability {
 public:
  void add(double predicted, double words, double survived) {
    const auto at = static_cast<std::size_t>(predicted * bin_count);
    Sum& bin = bins_[std::min(at, bin_count - 1)];
    bin.words += words;
    bin.predicted += predicted * words;
    bin.survived += survived;
  }

  double error() const {
    double off = 0, words = 0;
    for (const Sum& bin : bins_) off += std::abs(bin.predicted - bin.survived), words += bin.words;
    return words == 0 ? 0 : off / words;
  }

  std::vector<ReliabilityBin> bins() const {
    std::vector<ReliabilityBin> out;
    for (std::size_t i = 0; i < bin_count; ++i) {
      const Sum& bin = bins_[i];
      if (bin.words == 0) continue;
      out.push_back({static_cast<double>(i) / bin_count, static_cast<double>(i + 1) / bin_count,
                     static_cast<std::uint64_t>(bin.words), bin.predicted / bin.words,
                     bin.survived / bin.words});
    }
    return out;
  }

 private:
  struct Sum {
    double words = 0, predicted = 0, survived = 0;
  };
  Sum bins_[bin_count];
};

void cross_validate(const std::map<int, Counts>& folds, const Counts& all, StabilityFit& out) {
  Reliability every, in_doubt;
  double above = 0, changed = 0;
  for (const auto& [fold, held_out] : folds) {
    Counts others = all;
    others.add(held_out, -1);
    const StabilityCalibration calibration = fit(others);
    for (std::size_t d = 0; d < distances; ++d)
      for (std::size_t a = 0; a < agreements; ++a) {
        const double predicted = static_cast<double>(calibration.survival[d][a]);
        const double words = held_out.words[d][a], survived = held_out.survived[d][a];
        every.add(predicted, words, survived);
        if (a + 1 == agreements) continue;
        in_doubt.add(predicted, words, survived);
        if (predicted >= threshold) above += words, changed += words - survived;
      }
  }
  out.calibration_error = every.error();
  out.calibration_error_in_doubt = in_doubt.error();
  out.changed_above_threshold = above == 0 ? 0 : changed / above;
  out.bins = in_doubt.bins();
}

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

}  // namespace

Result<StabilityFit> fit_stability(std::span<const replay::RecordedEvent> events,
                                   const std::function<int(const SessionId&)>& fold_of) {
  Observer observer(fold_of);
  for (const replay::RecordedEvent& recorded : events) observer.take(recorded);
  if (observer.final_words == 0)
    return fail(ErrorCode::invalid_argument,
                "no partial result became final; give events with partial results and finals",
                "events");
  if (observer.folds.size() < 2)
    return fail(ErrorCode::invalid_argument, "a fit needs two sessions or more to be checked with",
                "events");
  Counts all;
  for (const auto& [fold, counts] : observer.folds) all.add(counts, 1);
  StabilityFit out;
  out.calibration = fit(all);
  out.final_words = observer.final_words;
  for (const auto& row : all.words)
    for (const double words : row) out.observations += static_cast<std::uint64_t>(words);
  cross_validate(observer.folds, all, out);
  return out;
}

std::string as_initialiser(const StabilityCalibration& calibration) {
  std::string out = "{{";
  for (std::size_t d = 0; d < distances; ++d) {
    out += d == 0 ? "{" : ",\n  {";
    for (std::size_t a = 0; a < agreements; ++a)
      out +=
          (a == 0 ? "" : ", ") + format("%.3ff", static_cast<double>(calibration.survival[d][a]));
    out += "}";
  }
  return out + "}}";
}

std::string as_markdown(const StabilityFit& fit) {
  std::string out = "Fitted on " + std::to_string(fit.observations) +
                    " words of partial results, " + "over " + std::to_string(fit.final_words) +
                    " words of finals.\n\n" + "| words after | ";
  for (std::size_t a = 0; a < agreements; ++a)
    out += format("%.1f s", static_cast<double>(a) / 10) + (a + 1 == agreements ? "+ |" : " | ");
  out += "\n|" + [] {
    std::string rule;
    for (std::size_t i = 0; i <= agreements; ++i) rule += " ---: |";
    return rule;
  }() + "\n";
  for (std::size_t d = 0; d < distances; ++d) {
    out += "| " + std::to_string(d) + (d + 1 == distances ? "+ |" : " |");
    for (std::size_t a = 0; a < agreements; ++a)
      out += format(" %.3f |", static_cast<double>(fit.calibration.survival[d][a]));
    out += "\n";
  }
  out +=
      "\nHeld out (words agreed on for less than a second):\n\n"
      "| predicted | words | mean prediction | survived |\n| --- | ---: | ---: | ---: |\n";
  for (const ReliabilityBin& bin : fit.bins)
    out += "| " + format("%.2f", bin.from) + format(" to %.2f | ", bin.to) +
           std::to_string(bin.words) + format(" | %.3f | ", bin.predicted) +
           format("%.3f |\n", bin.survived);
  out += "\nExpected calibration error: " + format("%.4f", fit.calibration_error_in_doubt) +
         " over these, " + format("%.4f", fit.calibration_error) +
         " over all words. Predicted at 0.85 or more, and changed after all: " +
         format("%.1f %%", 100 * fit.changed_above_threshold) + " of these.\n";
  return out;
}

}  // namespace sotto::tuning
