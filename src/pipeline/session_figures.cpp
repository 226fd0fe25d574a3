#include "pipeline/session_figures.hpp"

#include <algorithm>

namespace sotto::pipeline {

void WordLatencyMeter::shown(SessionTime end, SessionTime now) {
  while (!expected_.empty() && expected_.front().end <= end) {
    sketch_.record(static_cast<std::uint64_t>(
        std::max<milliseconds::rep>(0, (now - expected_.front().at).count())));
    expected_.pop_front();
  }
  if (shown_.empty() || end > shown_.back().end) shown_.push_back({end, now});
}

void WordLatencyMeter::expect(Place word) {
  const auto covered = std::find_if(shown_.begin(), shown_.end(),
                                    [&](const Place& place) { return place.end >= word.end; });
  if (covered == shown_.end()) {
    expected_.push_back(word);
  } else {
    sketch_.record(static_cast<std::uint64_t>(
        std::max<milliseconds::rep>(0, (covered->at - word.at).count())));
  }
}

void WordLatencyMeter::forget_before(SessionTime end) {
  while (shown_.size() > 1 && shown_[1].end <= end) shown_.pop_front();
}

}  // namespace sotto::pipeline
