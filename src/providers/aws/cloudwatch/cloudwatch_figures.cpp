#include "providers/aws/cloudwatch/cloudwatch_figures.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "telemetry/metrics.hpp"

namespace sotto::providers::aws {

using rollout::ArmFigures;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using telemetry::Arm;
using telemetry::Counter;
using telemetry::Histogram;

namespace {

constexpr minutes incomplete{2};  // the newest
constexpr minutes recent_for{60};
constexpr minutes recent_good_for{1}, whole_good_for{5};
constexpr std::chrono::seconds retry_after{30};
constexpr std::size_t most_wholes = 2;  // a plan's phase, and a percentage that a person has set

// For so long CloudWatch has periods of one minute, of five, of an hour; an hour less, so that no
// reading is at the edge.
constexpr hours minutes_kept = days{15} - hours{1}, fives_kept = days{63} - hours{1};

constexpr days minutes_at_once{3};
constexpr minutes late_for{60};  // those who put minutes keep them for so long

constexpr std::array counters = {
    Counter::session_errors,          Counter::transcribe_fallback_triggered,
    Counter::feedback_positive,       Counter::feedback_neutral,
    Counter::feedback_negative,       Counter::translation_cache_hits,
    Counter::translation_cache_misses};
constexpr std::array latency_statistics = {"SampleCount", "p50", "p95", "p99"};

// The datapoints of some requests with the same queries.
class Points {
 public:
  Points(std::vector<MetricQuery> queries, std::vector<MetricPoints> points)
      : queries_(std::move(queries)), points_(std::move(points)) {}
  Points() = default;

  // Of the time after those.
  void append(Points later) {
    if (queries_.empty()) {
      *this = std::move(later);
      return;
    }
    for (std::size_t i = 0; i < points_.size(); ++i)
      points_[i].insert(points_[i].end(), later.points_[i].begin(), later.points_[i].end());
  }

  const MetricPoints& of(Arm arm, std::string_view metric, std::string_view statistic) const {
    static const MetricPoints none;
    for (std::size_t i = 0; i < queries_.size(); ++i)
      if (queries_[i].arm == arm && queries_[i].metric == metric &&
          queries_[i].statistic == statistic)
        return points_[i];
    return none;
  }
  const MetricPoints& of(Arm arm, Counter counter) const {
    return of(arm, info(counter).cloudwatch, "Sum");
  }
  const MetricPoints& of(Arm arm, Histogram histogram, std::string_view statistic) const {
    return of(arm, info(histogram).cloudwatch, statistic);
  }

 private:
  std::vector<MetricQuery> queries_;
  std::vector<MetricPoints> points_;
};

// `by_minute`: what has to be known minute by minute.
std::vector<MetricQuery> queries(minutes period, minutes by_minute) {
  std::vector<MetricQuery> all;
  for (const Arm arm : telemetry::arms) {
    const auto ask = [&](std::string_view metric, std::string_view statistic, minutes of) {
      all.push_back({arm, metric, statistic, of});
    };
    ask(info(Counter::final_results_processed).cloudwatch, "Sum", by_minute);
    ask(info(Counter::partial_results_dropped).cloudwatch, "Sum", by_minute);
    for (const Counter counter : counters) ask(info(counter).cloudwatch, "Sum", period);
    for (const char* statistic : latency_statistics)
      ask(info(Histogram::processing_latency).cloudwatch, statistic, period);
    for (const char* statistic : {"SampleCount", "Maximum"})
      ask(info(Histogram::orphaned_results_flushed).cloudwatch, statistic, period);
    for (const char* statistic : {"SampleCount", "Sum"})
      ask(info(Histogram::cost_per_listener_hour).cloudwatch, statistic, period);
  }
  return all;
}

double sum(const MetricPoints& points) {
  double sum = 0;
  for (const MetricPoint& point : points) sum += std::max(0.0, point.value);
  return sum;
}

std::uint64_t count(const MetricPoints& points) {
  return static_cast<std::uint64_t>(std::llround(sum(points)));
}

double worst(const MetricPoints& points) {
  double worst = 0;
  for (const MetricPoint& point : points) worst = std::max(worst, point.value);
  return worst;
}

// A part needs all its percentiles; without those of one part nothing is known of the whole.
std::vector<LatencyPart> latency_parts(const Points& points, Arm arm) {
  const auto value_at = [&](std::string_view statistic, UtcTime at) -> std::optional<double> {
    for (const MetricPoint& point : points.of(arm, Histogram::processing_latency, statistic))
      if (point.at == at) return point.value;
    return std::nullopt;
  };
  std::vector<LatencyPart> parts;
  for (const MetricPoint& point : points.of(arm, Histogram::processing_latency, "SampleCount")) {
    if (point.value <= 0) continue;
    const auto p50 = value_at("p50", point.at), p95 = value_at("p95", point.at),
               p99 = value_at("p99", point.at);
    if (!p50 || !p95 || !p99) return {};
    parts.push_back({static_cast<std::uint64_t>(std::llround(point.value)), *p50, *p95, *p99});
  }
  return parts;
}

// Without the worst minute of a time of many.
ArmFigures figures_of(const Points& points, Arm arm) {
  ArmFigures figures;
  figures.captions = count(points.of(arm, Histogram::processing_latency, "SampleCount"));
  figures.latency_p95_ms = p95_at_most(latency_parts(points, arm));
  figures.finals = count(points.of(arm, Counter::final_results_processed));
  figures.errors = count(points.of(arm, Counter::session_errors));
  figures.sessions = count(points.of(arm, Histogram::orphaned_results_flushed, "SampleCount"));
  figures.orphaned_per_session =
      worst(points.of(arm, Histogram::orphaned_results_flushed, "Maximum"));
  figures.fallbacks = count(points.of(arm, Counter::transcribe_fallback_triggered));
  figures.thumbs_up = count(points.of(arm, Counter::feedback_positive));
  figures.thumbs_neutral = count(points.of(arm, Counter::feedback_neutral));
  figures.thumbs_down = count(points.of(arm, Counter::feedback_negative));
  const double priced = sum(points.of(arm, Histogram::cost_per_listener_hour, "SampleCount"));
  if (priced > 0)
    figures.cost_per_listener_hour =
        sum(points.of(arm, Histogram::cost_per_listener_hour, "Sum")) / priced;
  figures.cache_hits = count(points.of(arm, Counter::translation_cache_hits));
  figures.cache_misses = count(points.of(arm, Counter::translation_cache_misses));
  return figures;
}

// Counters are put all at once, those that are 0 too: one that is missing is not 0 but not known.
Result<> all_or_none(const Points& points, Arm arm) {
  const bool any = !points.of(arm, Counter::final_results_processed).empty();
  const auto check = [&](Counter counter) -> Result<> {
    if (points.of(arm, counter).empty() != any) return {};
    const std::string_view finals = info(Counter::final_results_processed).cloudwatch,
                           name = info(counter).cloudwatch;
    return fail(ErrorCode::unavailable,
                "CloudWatch has " + std::string(any ? finals : name) + " of " +
                    std::string(telemetry::to_string(arm)) + " and no " +
                    std::string(any ? name : finals),
                std::string(any ? name : finals));
  };
  for (const Counter counter : counters)
    if (const auto checked = check(counter); !checked) return checked;
  return check(Counter::partial_results_dropped);
}

Result<Points> ask(Client& client, const std::string& environment, UtcTime from, UtcTime to,
                   std::vector<MetricQuery> queries) {
  MetricRequest request{environment, from, to, std::move(queries)};
  auto points = read_metric_data(client, request);
  if (!points) return tl::unexpected(points.error());
  return Points(std::move(request.queries), std::move(*points));
}

UtcTime settled(UtcTime now) { return std::chrono::floor<minutes>(now - incomplete); }

// Where CloudWatch can begin: it would round down, into the time before the phase.
UtcTime whole_from(UtcTime began_at, UtcTime at_earliest, UtcTime now) {
  const UtcTime from = std::max(began_at, at_earliest);
  if (now - from >= fives_kept) return std::chrono::ceil<hours>(from);
  if (now - from >= minutes_kept) {
    using fives = std::chrono::duration<std::int64_t, std::ratio<300>>;
    return std::chrono::ceil<fives>(from);
  }
  return std::chrono::ceil<minutes>(from);
}

}  // namespace

std::optional<double> p95_at_most(std::span<const LatencyPart> parts) {
  std::vector<double> candidates;
  std::uint64_t all = 0;
  for (const LatencyPart& part : parts) {
    if (part.count == 0) continue;
    all += part.count;
    candidates.insert(candidates.end(), {part.p50, part.p95, part.p99});
  }
  std::sort(candidates.begin(), candidates.end());
  for (const double candidate : candidates) {
    std::uint64_t above = 0;  // at the most, in hundredths of a value
    for (const LatencyPart& part : parts)
      above += part.count * (candidate >= part.p99   ? 1
                             : candidate >= part.p95 ? 5
                             : candidate >= part.p50 ? 50
                                                     : 100);
    if (above <= 5 * all) return candidate;
  }
  return std::nullopt;
}

CloudWatchFigures::CloudWatchFigures(std::shared_ptr<Client> client, std::string environment,
                                     std::function<void(const std::optional<Error>&)> on_problem)
    : client_(std::move(client)),
      environment_(std::move(environment)),
      on_problem_(std::move(on_problem)) {}

Result<rollout::WindowFigures> CloudWatchFigures::read(UtcTime began_at, hours at_most,
                                                       UtcTime now) {
  const std::lock_guard lock(mutex_);
  if (problem_ && now >= failed_at_ && now - failed_at_ < retry_after)
    return tl::unexpected(*problem_);
  auto figures = read_due(whole_of(std::chrono::ceil<minutes>(began_at), at_most), now);
  if (figures) {
    if (std::exchange(problem_, std::nullopt)) on_problem_(std::nullopt);
    return figures;
  }
  failed_at_ = now;
  const bool news = !problem_;
  problem_ = figures.error();
  if (news) on_problem_(problem_);
  return figures;
}

CloudWatchFigures::Whole& CloudWatchFigures::whole_of(UtcTime began_at, hours at_most) {
  auto known = std::find_if(wholes_.begin(), wholes_.end(), [&](const Whole& whole) {
    return whole.began_at == began_at && whole.at_most == at_most;
  });
  if (known == wholes_.end()) {
    known = wholes_.emplace(wholes_.begin());
    known->began_at = began_at;
    known->at_most = at_most;
  }
  wholes_.splice(wholes_.begin(), wholes_, known);
  if (wholes_.size() > most_wholes) wholes_.pop_back();
  return wholes_.front();
}

Result<rollout::WindowFigures> CloudWatchFigures::read_due(Whole& whole, UtcTime now) {
  const auto due = [&](const std::optional<UtcTime>& read_at, minutes good_for) {
    return !read_at || now < *read_at || now - *read_at >= good_for;
  };
  if (due(whole.recent_at, recent_good_for))
    if (const auto read = read_recent(whole, now); !read) return tl::unexpected(read.error());
  if (due(whole.read_at, whole_good_for))
    if (const auto read = read_whole(whole, now); !read) return tl::unexpected(read.error());
  rollout::WindowFigures figures = whole.recent;
  figures.whole = whole.figures;
  for (auto hour = whole.hours.rbegin(); !figures.newest && hour != whole.hours.rend(); ++hour)
    figures.newest = hour->second.active;
  return figures;
}

Result<> CloudWatchFigures::read_recent(Whole& whole, UtcTime now) {
  const UtcTime until = settled(now);
  const UtcTime from = std::max(until - recent_for, whole.began_at);
  whole.recent = {};
  whole.recent_at = now;
  if (from >= until) return {};
  whole.recent_at = std::nullopt;
  const auto length = std::chrono::duration_cast<minutes>(until - from);
  const auto points = ask(*client_, environment_, from, until, queries(length, minutes{1}));
  if (!points) return tl::unexpected(points.error());
  rollout::WindowFigures recent;
  for (const Arm arm : telemetry::arms) {
    if (const auto all = all_or_none(*points, arm); !all) return all;
    ArmFigures& figures = arm == Arm::canary ? recent.recent.canary : recent.recent.control;
    figures = figures_of(*points, arm);
    figures.dropped_per_minute = worst(points->of(arm, Counter::partial_results_dropped));
    for (const MetricPoint& point : points->of(arm, Counter::final_results_processed))
      if (point.value > 0) recent.newest = std::max(recent.newest.value_or(point.at), point.at);
  }
  whole.recent = recent;
  whole.recent_at = now;
  return {};
}

Result<> CloudWatchFigures::read_whole(Whole& whole, UtcTime now) {
  const UtcTime until = settled(now);
  const UtcTime from = whole_from(whole.began_at, now - whole.at_most, now);
  whole.figures = {};
  whole.read_at = std::nullopt;
  if (from < until) {
    Points points;
    const UtcTime rest = from + std::chrono::floor<days>(until - from);
    for (const auto& [begin, end] : {std::pair(from, rest), std::pair(rest, until)}) {
      if (begin == end) continue;
      const minutes length = std::chrono::duration_cast<minutes>(end - begin);
      const minutes period = std::min<minutes>(length, days{1});
      auto some = ask(*client_, environment_, begin, end, queries(period, period));
      if (!some) return tl::unexpected(some.error());
      points.append(std::move(*some));
    }
    if (const auto read = read_minutes(whole, from, until); !read) return read;
    for (const Arm arm : telemetry::arms) {
      if (const auto all = all_or_none(points, arm); !all) return all;
      ArmFigures& figures = arm == Arm::canary ? whole.figures.canary : whole.figures.control;
      figures = figures_of(points, arm);
      for (const auto& [start, hour] : whole.hours)
        figures.dropped_per_minute = std::max(
            figures.dropped_per_minute, hour.dropped[static_cast<std::size_t>(arm)].value_or(0));
    }
  }
  whole.read_at = now;
  return {};
}

// What is over is kept hour by hour; the last hour is read again, for what was put late.
Result<> CloudWatchFigures::read_minutes(Whole& whole, UtcTime from, UtcTime until) {
  from = std::max(from, until - minutes_kept);
  while (!whole.hours.empty() && whole.hours.begin()->first + hours{1} <= from)
    whole.hours.erase(whole.hours.begin());
  if (whole.minutes_until > until) whole.minutes_until = {};  // the clock went back
  whole.minutes_until = std::max(from, whole.minutes_until - late_for);
  const std::vector<MetricQuery> both = {
      {Arm::canary, info(Counter::partial_results_dropped).cloudwatch, "Sum"},
      {Arm::control, info(Counter::partial_results_dropped).cloudwatch, "Sum"},
      {Arm::canary, info(Counter::final_results_processed).cloudwatch, "Sum"},
      {Arm::control, info(Counter::final_results_processed).cloudwatch, "Sum"}};
  while (whole.minutes_until < until) {
    const UtcTime end = std::min(until, whole.minutes_until + minutes_at_once);
    const auto points = ask(*client_, environment_, whole.minutes_until, end, both);
    if (!points) return tl::unexpected(points.error());
    for (const Arm arm : telemetry::arms) {
      for (const MetricPoint& point : points->of(arm, Counter::partial_results_dropped)) {
        auto& worst =
            whole.hours[std::chrono::floor<hours>(point.at)].dropped[static_cast<std::size_t>(arm)];
        worst = std::max(worst.value_or(0), point.value);
      }
      for (const MetricPoint& point : points->of(arm, Counter::final_results_processed)) {
        auto& active = whole.hours[std::chrono::floor<hours>(point.at)].active;
        if (point.value > 0) active = std::max(active.value_or(point.at), point.at);
      }
    }
    whole.minutes_until = end;
  }
  return {};
}

}  // namespace sotto::providers::aws
