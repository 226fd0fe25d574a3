#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "rollout/criteria.hpp"
#include "simulation/session.hpp"

namespace sotto::simulation {

/// The deployment guide's five alarms, computed from whole sessions. A session's captions, late
/// captions, errors, dropped results and fallbacks are spread evenly over its duration; its
/// orphaned results count when it ends. The alarms are evaluated every five minutes, the guide's
/// period for three of them. The two with periods of a minute, rate-limit-high and
/// transcribe-fallback, use the mean minute of these five, so they ring later and miss a short
/// peak.
class GuideAlarms {
 public:
  /// In the order in which they began.
  void began(const Session& session);
  /// Evaluates the periods that are over. False: no alarm is on, as before; or no period ended.
  bool look(UtcTime now);
  const std::vector<std::string>& on() const { return on_; }

  /// The different sessions behind one of the alarms, in the periods that it was last evaluated on:
  /// its last, or its last two. A session is behind it with a caption that is late by more than
  /// five seconds, more than a hundred results dropped in a minute, more than ten orphaned, a
  /// fallback, or an error. All zero for an alarm that is not known.
  rollout::AlarmSessions behind(std::string_view alarm) const;

 private:
  enum Trouble : unsigned { late = 1, dropping = 2, orphaning = 4, fell_back = 8, failing = 16 };
  struct Live {
    std::uint64_t number;  // of the session
    bool canary;
    unsigned troubles;
  };
  struct Period {
    double captions = 0, late = 0;  // late: by more than five seconds
    double errors = 0, dropped = 0, fallbacks = 0;
    std::uint64_t orphaned = 0;  // of the worst session
    std::vector<Live> sessions;  // by number
  };
  struct Alarm {
    std::string_view name;
    Trouble trouble;
    int periods;  // in all of which it must breach
    bool (*breaches)(const Period&);
  };
  static const std::vector<Alarm>& alarms();
  Period& at(std::int64_t period);
  const Period& past(int periods) const;  // 1: the last that was looked at

  std::deque<Period> periods_;  // from first_ on
  std::int64_t first_ = 0, looked_until_ = 0;
  std::uint64_t sessions_ = 0;
  std::vector<std::string> on_;
};

}  // namespace sotto::simulation
