#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "telemetry/series.hpp"

namespace sotto::telemetry {

/// CloudWatch's namespace of all metrics.
inline constexpr std::string_view metric_namespace = "AudioTranscription/PartialResults";

/// A minute as lines of CloudWatch's Embedded Metric Format: one for the counters of each arm and,
/// for each of its distributions, one for every hundred values. Counters are there also when they
/// are 0. Dimensions: environment and arm, and environment alone, which the alarms watch. Of more
/// than 10,000 values of a distribution a tenth, a hundredth… of each is given. Source:
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
std::vector<std::string> emf_lines(std::string_view environment, const Minute& minute);

}  // namespace sotto::telemetry
