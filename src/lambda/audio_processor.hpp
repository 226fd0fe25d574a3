#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lambda/processor.hpp"
#include "lambda/runtime.hpp"

namespace sotto::lambda {

/// What the function is made of, beside its parts.
struct AudioProcessorConfig {
  std::string environment;  ///< the metrics' label: dev, staging or prod
  engine::Settings settings;
};

/// The function `audio-processor`: Kinesis batches go to a Processor; a test event is answered with
/// what there is, the flag read anew; `{"action":"invalidate_flag_cache"}` likewise. At the end of
/// each batch its metrics are printed as lines of the Embedded Metric Format. Not thread-safe.
class AudioProcessor {
 public:
  /// `print` gets whole lines without their line break, for standard output.
  AudioProcessor(AudioProcessorConfig config, ProcessorParts parts,
                 std::function<void(const std::string&)> print);

  /// The runtime's handler.
  Result<std::string> handle(std::string_view payload, const InvocationContext& context);

 private:
  std::string status() const;
  void print_metrics(UtcTime at);

  // constant after construction
  const AudioProcessorConfig config_;
  const ProcessorParts parts_;
  const std::function<void(const std::string&)> print_;

  Processor processor_;
  telemetry::Snapshot printed_;
};

}  // namespace sotto::lambda
