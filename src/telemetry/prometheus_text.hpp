#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/metrics.hpp"

namespace sotto::telemetry {

/// A value that goes up and down, or up alone.
struct GaugeSample {
  std::string_view name, help;
  std::vector<std::pair<std::string_view, std::string_view>> labels;  ///< beside the environment
  double value = 0;
  bool counter = false;  ///< up alone
};

/// The metrics in Prometheus's text format, version 0.0.4, each with the labels `environment` and
/// `arm`: counters, histograms with the bounds of their catalogue, then gauges; those of one name
/// follow each other. Source: https://prometheus.io/docs/instrumenting/exposition_formats/
std::string prometheus_text(std::string_view environment, const Snapshot& snapshot,
                            const std::vector<GaugeSample>& gauges);

}  // namespace sotto::telemetry
