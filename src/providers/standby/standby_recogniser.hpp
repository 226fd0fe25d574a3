#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ports/recogniser.hpp"

namespace sotto::providers::standby {

/// When a talk is given back to the first recogniser, in time of its audio. At least 0.
struct Recovery {
  /// From a failure of the first to the place from which it is tried again; twice as long after
  /// each further failure in that talk.
  milliseconds pause{15'000};
  milliseconds longest_pause{240'000};
};

/// Told of what happens in a talk, from any thread; each must return quickly. Either may be empty.
struct Notices {
  /// The second goes on with the talk; `reason` is the first's error.
  std::function<void(const Error& reason)> on_takeover;
  /// The first goes on with it again.
  std::function<void()> on_return;
};

/// A recogniser that another one stands by for. Where the first cannot begin a stream, or its
/// stream ends with an error in the middle of a talk, the second is given the sound since the last
/// final, and goes on with finals alone. Once a final of the second has come past the pause for
/// recovery, a new stream of the first is given the sound since that final, and goes on, partial
/// results and all; where it does not open, the second stays, for the same pause again. So it goes
/// back and forth, as often as the first fails: no final is lost, and none is said twice, as long
/// as there is one in 90 s of sound. The ids of results are the first's own until it fails, and
/// then begin with `standby-` and `again-N-`. Thread-safe.
///
/// A stream ends with an error where neither can go on. A stream of either that was left may be
/// destroyed on a thread of the other.
class StandbyRecogniser : public ports::Recogniser {
 public:
  StandbyRecogniser(std::unique_ptr<ports::Recogniser> first,
                    std::unique_ptr<ports::Recogniser> second, Notices notices = {},
                    Recovery recovery = {});

  /// The first's.
  std::vector<Language> languages() const override;

  /// Errors: the first's where neither can begin, and where the first has no room
  /// (`resource_exhausted`) or not this language (`not_found`).
  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language& language,
                                                        ports::RecogniserSink sink) override;

  /// The first's.
  std::optional<transcript::StabilityCalibration> calibration(
      const Language& language) const override;

 private:
  class Stream;

  const std::unique_ptr<ports::Recogniser> first_;
  const std::unique_ptr<ports::Recogniser> second_;
  const Notices notices_;
  const Recovery recovery_;
};

}  // namespace sotto::providers::standby
