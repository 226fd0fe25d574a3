#include "tuning/stability_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
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
constexpr std::size_t confidences = StabilityCalibration::confidences;
constexpr double highest = static_cast<double>(StabilityCalibration::highest);
constexpr int fit_rounds = 12;
constexpr std::size_t bin_count = 20;
constexpr double threshold = 0.85;

// Words of one cell of the table, by confidence; the last entry has those without one.
struct Cell {
  double words[confidences + 1] = {};
  double survived[confidences + 1] = {};

  double all_words() const { return std::accumulate(std::begin(words), std::end(words), 0.0); }
};

struct Counts {
  Cell cells[distances][agreements];

  void add(const Counts& other, double sign) {
    for (std::size_t d = 0; d < distances; ++d)
      for (std::size_t a = 0; a < agreements; ++a)
        for (std::size_t c = 0; c <= confidences; ++c) {
          cells[d][a].words[c] += sign * other.cells[d][a].words[c];
          cells[d][a].survived[c] += sign * other.cells[d][a].survived[c];
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
        const auto confidence = words[i].confidence.value();
        const std::size_t c =
            confidence ? StabilityCalibration::confidence_step(*confidence) : confidences;
        counts.cells[d][a].words[c] += 1;
        counts.cells[d][a].survived[c] += survives(words, i, final_result, place) ? 1 : 0;
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

using Shifts = std::array<double, confidences + 1>;

double share_of(double log_odds) { return 1 / (1 + std::exp(-log_odds)); }

// The log-odds at which as many words are expected to survive as did, given what else is known of
// them: `known(i)` is that of the i-th kind. Newton's method; one word of each sort is assumed
// besides, so that there is an answer (the rule of succession).
template <class Known>
double solve(std::size_t kinds, const Known& known) {
  double answer = 0;
  for (int step = 0; step < 30; ++step) {
    double excess = 1 - 2 * share_of(answer), slope = 2 * share_of(answer) * share_of(-answer);
    for (std::size_t i = 0; i < kinds; ++i) {
      const auto [words, survived, other] = known(i);
      const double expected = share_of(answer + other);
      excess += survived - words * expected;
      slope += words * expected * (1 - expected);
    }
    answer += std::clamp(excess / std::max(slope, 1e-6), -2.0, 2.0);
  }
  return answer;
}

struct Kind {
  double words, survived, other;
};

// The table's log-odds, given what confidence adds: rising both ways.
Table fit_table(const Counts& counts, const Shifts& shifts) {
  Table odds(distances, std::vector<double>(agreements));
  Table weight = odds;
  for (std::size_t d = 0; d < distances; ++d)
    for (std::size_t a = 0; a < agreements; ++a) {
      const Cell& cell = counts.cells[d][a];
      odds[d][a] = solve(confidences + 1, [&](std::size_t c) {
        return Kind{cell.words[c], cell.survived[c], shifts[c]};
      });
      weight[d][a] = cell.all_words() + 2;
    }
  // Shares are what is averaged where the order is broken.
  for (auto& row : odds)
    for (double& value : row) value = share_of(value);
  return rising_both_ways(odds, weight);
}

// What confidence adds, given the table: rising, and nothing on average. What has no confidence
// stays where it is.
Shifts fit_shifts(const Counts& counts, const Table& shares) {
  Shifts shifts{};
  std::array<double, confidences> weights{};
  double sum = 0, all = 0;
  for (std::size_t c = 0; c < confidences; ++c) {
    shifts[c] = solve(distances * agreements, [&](std::size_t i) {
      const Cell& cell = counts.cells[i / agreements][i % agreements];
      const double share = shares[i / agreements][i % agreements];
      return Kind{cell.words[c], cell.survived[c], std::log(share / (1 - share))};
    });
    for (const auto& row : counts.cells)
      for (const Cell& cell : row) weights[c] += cell.words[c];
    weights[c] += 1e-3;
    sum += shifts[c] * weights[c];
    all += weights[c];
  }
  make_rising(std::span(shifts).first(confidences), weights);
  for (std::size_t c = 0; c < confidences; ++c) shifts[c] -= sum / all;
  return shifts;
}

bool has_confidence(const Counts& counts) {
  for (const auto& row : counts.cells)
    for (const Cell& cell : row)
      for (std::size_t c = 0; c < confidences; ++c)
        if (cell.words[c] > 0) return true;
  return false;
}

double rounded(double value) { return std::round(value * 1000) / 1000; }

// Table and confidence in turn, each given the other (backfitting: Hastie and Tibshirani 1986).
StabilityCalibration fit(const Counts& counts, milliseconds settling) {
  Shifts shifts{};
  Table shares = fit_table(counts, shifts);
  for (int round = 0; round < fit_rounds && has_confidence(counts); ++round) {
    shifts = fit_shifts(counts, shares);
    shares = fit_table(counts, shifts);
  }
  StabilityCalibration calibration;
  calibration.settling = settling;
  for (std::size_t d = 0; d < distances; ++d)
    for (std::size_t a = 0; a < agreements; ++a)
      calibration.survival[d][a] = static_cast<float>(rounded(std::min(shares[d][a], highest)));
  for (std::size_t c = 0; c < confidences; ++c)
    calibration.confidence_shift[c] = static_cast<float>(rounded(shifts[c]));
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

// Calls `add` for each kind of word: predicted, words, survived, and whether it is in doubt.
template <class Add>
void compare(const Counts& counts, const StabilityCalibration& calibration, const Add& add) {
  for (std::size_t d = 0; d < distances; ++d)
    for (std::size_t a = 0; a < agreements; ++a)
      for (std::size_t c = 0; c <= confidences; ++c) {
        const float share = calibration.survival[d][a];
        const double predicted = static_cast<double>(
            c < confidences ? calibration.moved(share, calibration.confidence_shift[c]) : share);
        const Cell& cell = counts.cells[d][a];
        add(predicted, cell.words[c], cell.survived[c], a + 1 < agreements);
      }
}

void cross_validate(const std::map<int, Counts>& folds, const Counts& all, StabilityFit& out) {
  Reliability every, in_doubt;
  double above = 0, changed = 0;
  for (const auto& [fold, held_out] : folds) {
    Counts others = all;
    others.add(held_out, -1);
    compare(held_out, fit(others, {}),
            [&](double predicted, double words, double survived, bool doubtful) {
              every.add(predicted, words, survived);
              if (!doubtful) return;
              in_doubt.add(predicted, words, survived);
              if (predicted >= threshold) above += words, changed += words - survived;
            });
  }
  out.calibration_error = every.error();
  out.calibration_error_in_doubt = in_doubt.error();
  out.changed_above_threshold = above == 0 ? 0 : changed / above;
  out.bins = in_doubt.bins();
}

}  // namespace

Result<StabilityFit> fit_stability(std::span<const replay::RecordedEvent> events,
                                   const std::function<int(const SessionId&)>& fold_of,
                                   milliseconds settling) {
  Observer observer(fold_of);
  for (const replay::RecordedEvent& recorded : events) observer.take(recorded);
  if (observer.final_words == 0)
    return fail(ErrorCode::invalid_argument,
                "no partial result became final; give events with partial results and finals",
                "events");
  if (observer.folds.size() < 2)
    return fail(ErrorCode::invalid_argument,
                "a fit needs two or more sessions, so that it can be checked", "events");
  Counts all;
  for (const auto& [fold, counts] : observer.folds) all.add(counts, 1);
  StabilityFit out;
  out.calibration = fit(all, settling);
  out.final_words = observer.final_words;
  for (const auto& row : all.cells)
    for (const Cell& cell : row) out.observations += static_cast<std::uint64_t>(cell.all_words());
  cross_validate(observer.folds, all, out);
  return out;
}

double calibration_error(std::span<const replay::RecordedEvent> events,
                         const StabilityCalibration& calibration) {
  const std::function<int(const SessionId&)> one_fold = [](const SessionId&) { return 0; };
  Observer observer(one_fold);
  for (const replay::RecordedEvent& recorded : events) observer.take(recorded);
  Reliability all;
  for (const auto& [fold, counts] : observer.folds)
    compare(counts, calibration, [&](double predicted, double words, double survived, bool) {
      all.add(predicted, words, survived);
    });
  return all.error();
}

StabilityCalibration local_agreement(std::size_t hypotheses, milliseconds step) {
  StabilityCalibration calibration;
  calibration.settling = milliseconds{0};
  // Half a step of tolerance: hypotheses come a little sooner or later.
  const milliseconds wanted = step * static_cast<milliseconds::rep>(hypotheses - 1) - step / 2;
  for (auto& row : calibration.survival)
    for (std::size_t a = 0; a < agreements; ++a)
      row[a] = milliseconds{100 * static_cast<milliseconds::rep>(a)} >= wanted
                   ? StabilityCalibration::highest
                   : 0.001f;
  return calibration;
}

}  // namespace sotto::tuning
