#pragma once

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "simulation/session.hpp"

namespace sotto::simulation {

/// The deployment guide's five alarms, computed from whole sessions. A session's captions, errors,
/// dropped results and fallbacks are spread evenly over its duration; its orphaned results count
/// when it ends. The alarms are evaluated every five minutes, the guide's period for three of them.
/// The two with periods of a minute, rate-limit-high and transcribe-fallback, use the mean minute
/// of these five, so they ring later and miss a short peak.
class GuideAlarms {
 public:
  /// In the order in which they began.
  void began(const Session& session);
  /// Evaluates the periods that are over. False: the same alarms are on as before.
  bool look(UtcTime now);
  const std::vector<std::string>& on() const { return on_; }

 private:
  struct Period {
    double captions = 0, late = 0;  // late: by more than five seconds
    double errors = 0, dropped = 0, fallbacks = 0;
    std::uint64_t orphaned = 0;  // of the worst session
  };
  Period& at(std::int64_t period);
  std::vector<std::string> alarms_of(const Period& before, const Period& last) const;

  std::deque<Period> periods_;  // from first_ on
  std::int64_t first_ = 0, looked_until_ = 0;
  std::vector<std::string> on_;
};

}  // namespace sotto::simulation
