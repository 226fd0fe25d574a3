#include "tuning/sweep.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "replay/figures.hpp"
#include "replay/replayer.hpp"

namespace sotto::tuning {

namespace {

bool dominates(const SweepPoint& a, const SweepPoint& b) {
  const auto figures = [](const SweepPoint& p) {
    return std::array{p.commit_lag, p.segment_lag, p.erasure, p.contradicted,
                      static_cast<double>(p.translated_characters)};
  };
  const auto x = figures(a), y = figures(b);
  return x != y && std::equal(x.begin(), x.end(), y.begin(),
                              [](double better, double worse) { return better <= worse; });
}

Result<SweepPoint> measure(std::span<const replay::RecordedEvent> events,
                           const engine::Settings& settings) {
  replay::Figures figures;
  auto replayer = replay::Replayer::create(
      settings, [&](const SessionId& session, SessionTime at, const engine::Commands& commands) {
        figures.decided(session, at, commands);
      });
  if (!replayer) return tl::unexpected(replayer.error());
  for (const replay::RecordedEvent& recorded : events)
    replayer->take(recorded.session, recorded.arrival, recorded.event);
  replayer->finish();
  SweepPoint point;
  point.min_stability_threshold = settings.min_stability_threshold;
  point.max_buffer_timeout = settings.max_buffer_timeout;
  point.commit_lag = figures.commit_lag().mean() / 1000;
  point.segment_lag = figures.segment_lag().mean() / 1000;
  point.segment_lag_p95 = figures.segment_lag().quantile(0.95) / 1000;
  point.erasure = figures.erasure();
  point.contradicted = figures.contradicted_share();
  point.translated_characters = figures.translated_characters();
  return point;
}

}  // namespace

Result<std::vector<SweepPoint>> sweep(std::span<const replay::RecordedEvent> events,
                                      const engine::Settings& settings, const SweepGrid& grid) {
  std::vector<SweepPoint> points;
  for (const double threshold : grid.thresholds)
    for (const milliseconds timeout : grid.timeouts) {
      engine::Settings tried = settings;
      tried.min_stability_threshold = threshold;
      tried.max_buffer_timeout = timeout;
      const auto point = measure(events, tried);
      if (!point) return tl::unexpected(point.error());
      points.push_back(*point);
    }
  for (SweepPoint& point : points)
    point.on_frontier = std::none_of(points.begin(), points.end(), [&](const SweepPoint& other) {
      return dominates(other, point);
    });
  return points;
}

std::optional<SweepPoint> recommend(std::span<const SweepPoint> points, const Limits& limits) {
  std::optional<SweepPoint> best;
  const auto cost = [](const SweepPoint& point) {
    return std::tuple(point.commit_lag + point.segment_lag, point.translated_characters,
                      -point.min_stability_threshold);
  };
  for (const SweepPoint& point : points) {
    if (!point.on_frontier || point.contradicted > limits.contradicted ||
        point.erasure > limits.erasure)
      continue;
    if (!best || cost(point) < cost(*best)) best = point;
  }
  return best;
}

}  // namespace sotto::tuning
