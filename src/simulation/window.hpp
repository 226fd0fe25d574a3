#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "rollout/criteria.hpp"
#include "simulation/session.hpp"

namespace sotto::simulation {

/// How late captions came, to 1 %; they may be taken away again. Each session's are put in at ten
/// points, the 0.05, 0.15, … 0.95 quantiles of its log-normal (see caption_log_sd), so that one
/// session's 0.95 quantile is what it was.
class CaptionLatencies {
 public:
  void add(double p95_ms, std::uint64_t captions);
  void take_away(double p95_ms, std::uint64_t captions);
  /// The 0.95 quantile, in ms; none without captions.
  std::optional<double> p95() const;

 private:
  template <class Take>
  static void each_bin(double p95_ms, Take take);

  static constexpr std::size_t bins = 800;  // a factor of 1.02 each, from 1 ms
  std::array<std::uint64_t, bins> captions_{};
  std::uint64_t all_ = 0;
  std::size_t end_ = 0;  // no bin from here on has ever held any
};

/// What the sessions of both arms come to that ended within a stretch of time. A session counts
/// with all that it has when it ends, where a server counts minute by minute. Of dropped results,
/// whose worst minute is not known, the worst session's mean minute stands for it.
class FiguresWindow {
 public:
  /// In the order in which they ended.
  void add(const Session& session);
  /// Forgets those that ended at or before a time; false: there were none.
  bool forget_until(UtcTime time);
  void clear();

  rollout::Figures figures() const;

 private:
  struct Ended {
    UtcTime at;
    double latency_p95_ms;  // of captions, if there are any
    double dropped_per_minute;
    double cost;  // if there is one
    std::uint64_t orphaned;
    rollout::ArmFigures sums;  // what adds up
    bool canary, has_cost;
  };
  struct Arm {
    rollout::ArmFigures figures;  // but for the latency and the cost
    CaptionLatencies latencies;
    double cost = 0;
    std::uint64_t costs = 0;
  };
  static Ended ended(const Session& session);
  static rollout::ArmFigures figures(const Arm& arm);
  Arm& arm_of(const Ended& one) { return one.canary ? canary_ : control_; }
  void find_worst(bool canary);

  std::deque<Ended> sessions_;
  Arm canary_, control_;
};

}  // namespace sotto::simulation
