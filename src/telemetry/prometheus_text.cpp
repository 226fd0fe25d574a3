#include "telemetry/prometheus_text.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sstream>
#include <utility>

namespace sotto::telemetry {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string_view name, std::string_view help, MetricType type) {
  MetricFamily made;
  made.name = name;
  made.help = help;
  made.type = type;
  return made;
}

ClientMetric metric(std::string_view environment) {
  ClientMetric made;
  made.label.push_back({"environment", std::string(environment)});
  return made;
}

ClientMetric::Histogram histogram_of(const QuantileSketch& sketch, const HistogramInfo& about) {
  ClientMetric::Histogram made;
  made.sample_count = sketch.count();
  made.sample_sum = sketch.sum() / about.per_prometheus_unit;
  for (const double bound : about.bounds)
    made.bucket.push_back({sketch.count_up_to(bound * about.per_prometheus_unit), bound});
  return made;
}

}  // namespace

std::string prometheus_text(std::string_view environment, const Snapshot& snapshot,
                            const std::vector<GaugeSample>& gauges) {
  std::vector<MetricFamily> families;
  const auto for_both = [&](MetricFamily made, const auto& fill) {
    for (const Arm arm : arms) {
      ClientMetric one = metric(environment);
      one.label.push_back({"arm", std::string(to_string(arm))});
      fill(one, snapshot[static_cast<std::size_t>(arm)]);
      made.metric.push_back(std::move(one));
    }
    families.push_back(std::move(made));
  };
  for (std::size_t i = 0; i < counter_count; ++i) {
    const Counter counter = counter_at(i);
    for_both(family(info(counter).prometheus, info(counter).help, MetricType::Counter),
             [&](ClientMetric& one, const ArmSnapshot& of) {
               one.counter.value = static_cast<double>(of[counter]);
             });
  }
  for (std::size_t i = 0; i < histogram_count; ++i) {
    const Histogram histogram = histogram_at(i);
    const HistogramInfo& about = info(histogram);
    for_both(family(about.prometheus, about.help, MetricType::Histogram),
             [&](ClientMetric& one, const ArmSnapshot& of) {
               one.histogram = histogram_of(of[histogram], about);
             });
  }
  for (const GaugeSample& gauge : gauges) {
    if (families.back().name != gauge.name)
      families.push_back(
          family(gauge.name, gauge.help, gauge.counter ? MetricType::Counter : MetricType::Gauge));
    ClientMetric one = metric(environment);
    for (const auto& [name, value] : gauge.labels)
      one.label.push_back({std::string(name), std::string(value)});
    (gauge.counter ? one.counter.value : one.gauge.value) = gauge.value;
    families.back().metric.push_back(std::move(one));
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

}  // namespace sotto::telemetry
