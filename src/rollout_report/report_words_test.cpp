#include "rollout_report/report_words.hpp"

#include <limits>

namespace sotto::rollout_report {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(ReportWords, FiguresAreAsPeopleWriteThem) {
  EXPECT_EQ(figure(0), "0");
  EXPECT_EQ(figure(-0.001), "0");
  EXPECT_EQ(figure(0.104), "0.1");
  EXPECT_EQ(figure(-2.5), "−2.5");
  EXPECT_EQ(figure(100), "100");
  EXPECT_EQ(figure(1234567.891), "1,234,567.89");
  EXPECT_EQ(quantity(999, "ms"), "999 ms");
  EXPECT_EQ(quantity(1534, "ms"), "1.53 s");
  EXPECT_EQ(quantity(-2600, "ms"), "−2.6 s");
  EXPECT_EQ(quantity(0.0312, "USD"), "$0.031");
  EXPECT_EQ(quantity(-2, "USD"), "−$2.00");
  EXPECT_EQ(quantity(3, "/min"), "3/min");
  EXPECT_EQ(quantity(41.5, "%"), "41.5 %");
  EXPECT_EQ(range({-infinity, infinity}, "ms"), "not known yet");
  EXPECT_EQ(range({900, 1600}, "ms"), "900 ms to 1.6 s");
  EXPECT_EQ(range({1400, 1600}, "ms"), "1.4 to 1.6 s");
  EXPECT_EQ(range({0.032, 0.1}, "USD"), "$0.032 to $0.10");
  EXPECT_EQ(range({1400, infinity}, "ms"), "1.4 s to ∞");
  EXPECT_EQ(moment(UtcTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 3}} +
                   std::chrono::hours{14} + std::chrono::minutes{2}),
            "3 Nov 2026, 14:02 UTC");
}

TEST(ReportWords, LimitsSayWhatIsAskedFor) {
  using rollout::Measure;
  const auto words = [](Measure measure) { return limit_words(rollout::guide_rule(measure)); };
  EXPECT_EQ(words(Measure::latency_p95), "below 5 s");
  EXPECT_EQ(words(Measure::latency_ratio), "surely below 1.5 ×");
  EXPECT_EQ(words(Measure::error_rate), "at most 5 points above control");
  EXPECT_EQ(words(Measure::fallbacks), "none");
  EXPECT_EQ(words(Measure::cache_hit_rate), "above 30 %");
  EXPECT_EQ(words(Measure::cost), "below $0.10");
}

TEST(ReportWords, IntervalsSayWhatTheyAreOf) {
  using rollout::Measure;
  const auto words = [](Measure measure, double low, double high) {
    rollout::Criterion criterion;
    criterion.rule.measure = measure;
    criterion.interval = rollout::Interval{low, high};
    return interval_words(criterion);
  };
  EXPECT_EQ(interval_words({}), "");
  EXPECT_EQ(words(Measure::latency_ratio, 0.4, 0.56), "0.4 to 0.56 × control");
  EXPECT_EQ(words(Measure::session_length, 0.9, 1.1), "0.9 to 1.1 × control");
  EXPECT_EQ(words(Measure::error_rate, -1, 7), "−1 to +7 points of control");
  EXPECT_EQ(words(Measure::feedback, -3.26, 20.4), "−3.26 to +20.4 points of control");
  EXPECT_EQ(words(Measure::erasure, 0.118, 0.122), "0.118 to 0.122");
  EXPECT_EQ(words(Measure::cost, -infinity, infinity), "not known yet");
}

TEST(ReportWords, WhatPeopleWroteIsOneLineOfValidText) {
  EXPECT_EQ(plain("a\r\n\tb\x01\x7F"), "a b ");
  EXPECT_EQ(plain("evil \xE2\x80\xAE"
                  "gpj.exe"),
            "evil gpj.exe")
      << "it reads as it stands";
  EXPECT_EQ(plain("x\xE2\x80\xA8y"), "x y");
  EXPECT_EQ(plain("\xC3\x28 \xED\xA0\x80"), "\xEF\xBF\xBD( \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(plain("cut \xF0\x9F\x98"), "cut \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(plain("español 日本語 😀"), "español 日本語 😀");
  EXPECT_EQ(plain(std::string(10'000, 'a')).size(), 600u);
  EXPECT_EQ(plain("ééééé", 7), "éé…");
}

TEST(ReportWords, EscapedTextIsInert) {
  EXPECT_EQ(escape_html("<b a=\"1\" b='2'>&"), "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;");
  EXPECT_EQ(escape_markdown("<b> | `c` *d* [e](f)\ng"),
            "&lt;b&gt; \\| \\`c\\` \\*d\\* \\[e\\](f) g");
  EXPECT_EQ(escape_markdown("http://evil www.evil me@evil"), "http\\://evil www\\.evil me\\@evil");
  EXPECT_EQ(escape_markdown("1.5 s: fine, 10 %"), "1.5 s: fine, 10 %");
  EXPECT_EQ(escape_json("\"</script>\xE2\x80\xA8\xE2\x80\xA9\""),
            "\"\\u003c/script>\\u2028\\u2029\"");
}

}  // namespace
}  // namespace sotto::rollout_report
