#pragma once

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "simulation/session.hpp"

namespace sotto::simulation {

/// The deployment guide's five alarms over the sessions it is told of, from whole sessions: a
/// session's captions, errors, dropped results and fallbacks are spread evenly over it, its
/// orphaned results come when it ends. Looked at every five minutes, which are the guide's periods
/// for three of the alarms; the two with periods of a minute, rate-limit-high and
/// transcribe-fallback, go by the mean minute of these five, so that they come later and a short
/// peak is not seen.
class GuideAlarms {
 public:
  /// In the order in which they began.
  void began(const Session& session);
  /// Looks at the periods that are over. False: the same alarms are on as before.
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
