#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ports/recogniser.hpp"

namespace sotto::providers::standby {

/// A recogniser that another one stands by for. Where the first cannot begin a stream, or its
/// stream ends with an error in the middle of a talk, the second is given the sound since the last
/// final, and goes on to the talk's end with finals alone: so no final is lost, and none is said
/// twice. Thread-safe.
class StandbyRecogniser : public ports::Recogniser {
 public:
  /// Told when the second takes a talk over, with the first's error; from any thread, and must
  /// return quickly.
  using OnTakeover = std::function<void(const Error& reason)>;

  StandbyRecogniser(std::unique_ptr<ports::Recogniser> first,
                    std::unique_ptr<ports::Recogniser> second, OnTakeover on_takeover = {});

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
  const OnTakeover on_takeover_;
};

}  // namespace sotto::providers::standby
