#include <cmath>

#include "tests/support/events.hpp"
#include "tests/support/transcribe_lines.hpp"
#include "transcript/codec.hpp"
#include "tuning/frontier_chart.hpp"
#include "tuning/isotonic.hpp"
#include "tuning/stability_fit.hpp"
#include "tuning/sweep.hpp"

namespace sotto::tuning {
namespace {

TEST(Isotonic, PoolsWhatFalls) {
  std::vector<double> values = {1, 3, 2, 2, 5};
  const std::vector<double> weights = {1, 1, 1, 2, 1};
  make_rising(values, weights);
  const double pooled = (3 + 2 + 2 * 2) / 4.0;
  EXPECT_EQ(values, (std::vector<double>{1, pooled, pooled, pooled, 5}));
}

TEST(Isotonic, ATableRisesBothWaysAndARisingOneStays) {
  const Table ones(2, std::vector<double>(3, 1));
  const Table rising = {{1, 2, 3}, {2, 3, 4}};
  const Table same = rising_both_ways(rising, ones);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(same[i][j], rising[i][j], 1e-9);
  const Table mended = rising_both_ways({{3, 1, 2}, {0, 5, 1}}, ones);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      if (j > 0) {
        EXPECT_GE(mended[i][j], mended[i][j - 1]);
      }
      if (i > 0) {
        EXPECT_GE(mended[i][j], mended[i - 1][j]);
      }
    }
}

replay::RecordedEvent recorded(const std::string& session, milliseconds::rep at,
                               transcript::Event event) {
  return {SessionId{session}, at_ms(at), std::move(event)};
}

// A recogniser whose newest word is wrong in every second partial result, and no other ever.
std::vector<replay::RecordedEvent> half_right(const std::string& session, int results) {
  std::vector<replay::RecordedEvent> events;
  for (int r = 0; r < results; ++r) {
    const testing::ResultSpec spec{.id = "r" + std::to_string(r), .start = at_ms(r * 5000)};
    const std::vector<std::string> truth = {"a", "b", "c", "d", "e", "f", "g", "h"};
    std::string right;
    for (std::size_t n = 0; n < truth.size(); ++n) {
      const std::string wrong = right + (right.empty() ? "" : " ") + "x";
      right += (right.empty() ? "" : " ") + truth[n];
      const bool mistaken = (n + static_cast<std::size_t>(r)) % 2 == 0;
      events.push_back(recorded(session, r * 5000 + 300 * static_cast<int>(n + 1),
                                testing::partial(mistaken ? wrong : right, spec)));
    }
    events.push_back(recorded(session, r * 5000 + 2600, testing::final_result(right, spec)));
  }
  return events;
}

TEST(StabilityFit, FindsTheShareOfWordsThatSurvive) {
  auto events = half_right("one", 100);
  const auto more = half_right("two", 100);
  events.insert(events.end(), more.begin(), more.end());
  const auto fit = fit_stability(
      events, [](const SessionId& session) { return session.str() == "one" ? 0 : 1; });
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->final_words, 1600u);
  EXPECT_NEAR(static_cast<double>(fit->calibration.survival[0][0]), 0.5, 0.01);
  EXPECT_GT(static_cast<double>(fit->calibration.survival[1][3]), 0.98);
  EXPECT_LT(fit->calibration_error, 0.02);
  EXPECT_NE(as_markdown(*fit).find("| 0.50 to 0.55 |"), std::string::npos);
  EXPECT_EQ(as_initialiser(fit->calibration).substr(0, 5), "{{{0.");
}

// A recogniser whose newest word is wrong in every second partial result, and says so.
std::vector<replay::RecordedEvent> sure_of_what_is_right(const std::string& session, int results) {
  auto events = half_right(session, results);
  for (replay::RecordedEvent& recorded : events) {
    const transcript::Event before = recorded.event;
    const transcript::RecognitionResult result = before[0];
    recorded.event.clear();
    recorded.event.begin_result({result.id, result.channel, result.transcript, result.start,
                                 result.end, result.is_partial});
    for (transcript::Item item : result.items) {
      item.confidence = item.content == "x" ? 0.4f : 0.995f;
      recorded.event.add_item(item);
    }
  }
  return events;
}

TEST(StabilityFit, FindsWhatConfidenceSays) {
  auto events = sure_of_what_is_right("one", 100);
  const auto more = sure_of_what_is_right("two", 100);
  events.insert(events.end(), more.begin(), more.end());
  const auto fit = fit_stability(
      events, [](const SessionId& session) { return session.str() == "one" ? 0 : 1; },
      milliseconds{250});
  ASSERT_TRUE(fit);
  const transcript::StabilityCalibration& found = fit->calibration;
  EXPECT_EQ(found.settling, milliseconds{250});
  EXPECT_LT(found.probability(0, milliseconds{0}, 0.4f), 0.1f);
  EXPECT_GT(found.probability(0, milliseconds{0}, 0.995f), 0.9f);
  EXPECT_TRUE(std::is_sorted(found.confidence_shift.begin(), found.confidence_shift.end()));
  EXPECT_LT(fit->calibration_error, 0.02);
  EXPECT_LT(calibration_error(events, found), 0.02);
  EXPECT_GT(calibration_error(events, local_agreement(2, milliseconds{300})), 0.05);
  EXPECT_NE(as_markdown(*fit).find("log-odds"), std::string::npos);
}

TEST(StabilityFit, LocalAgreementTrustsWhatSoManyHypothesesHave) {
  const auto two = local_agreement(2, milliseconds{300});
  EXPECT_LT(two.probability(0, milliseconds{0}), 0.5f);
  EXPECT_GT(two.probability(0, milliseconds{300}), 0.99f);
  const auto three = local_agreement(3, milliseconds{300});
  EXPECT_LT(three.probability(5, milliseconds{300}), 0.5f);
  EXPECT_GT(three.probability(5, milliseconds{600}), 0.99f);
}

TEST(StabilityFit, SaysWhatItCannotDo) {
  const auto one_fold = fit_stability(half_right("one", 1), [](const SessionId&) { return 0; });
  ASSERT_FALSE(one_fold);
  EXPECT_EQ(one_fold.error().field, "events");
  EXPECT_FALSE(fit_stability({}, [](const SessionId&) { return 0; }));
}

std::vector<replay::RecordedEvent> transcribe_talk() {
  std::vector<replay::RecordedEvent> events;
  transcript::Decoder decoder;
  for (const std::string& line : testing::transcribe_lines({})) {
    replay::RecordedEvent next;
    const auto envelope = decoder.decode(line, next.event);
    next.session = SessionId{std::string(envelope->session)};
    next.arrival = *envelope->arrival;
    events.push_back(std::move(next));
  }
  return events;
}

TEST(Sweep, TriesEveryCombinationAndRecommendsOneOfTheFrontier) {
  const auto events = transcribe_talk();
  const auto points = sweep(events, {}, {});
  ASSERT_TRUE(points);
  EXPECT_EQ(points->size(), 24u);
  const auto best = recommend(*points);
  ASSERT_TRUE(best);
  EXPECT_TRUE(best->on_frontier);
  for (const SweepPoint& point : *points)
    if (point.on_frontier) {
      EXPECT_LE(best->commit_lag + best->segment_lag, point.commit_lag + point.segment_lag);
    }
  EXPECT_FALSE(recommend(*points, {.contradicted = -1, .erasure = 1})) << "nothing is that good";

  const std::string svg = frontier_svg(*points);
  EXPECT_TRUE(svg.starts_with("<svg ")) << svg;
  std::size_t marks = 0;
  for (std::size_t at = 0; (at = svg.find("<title>", at)) != std::string::npos; ++at) ++marks;
  EXPECT_EQ(marks, points->size());
}

TEST(Sweep, AValueOutOfRangeIsNamed) {
  const auto points = sweep({}, {}, {.thresholds = {0.5}, .timeouts = {milliseconds{5000}}});
  ASSERT_FALSE(points);
  EXPECT_EQ(points.error().field, "min_stability_threshold");
}

}  // namespace
}  // namespace sotto::tuning
