#include "telemetry/emf.hpp"

#include <boost/json.hpp>
#include <utility>

#include "json/text.hpp"

namespace sotto::telemetry {

namespace json = boost::json;

namespace {

constexpr std::size_t values_a_line = 100;
constexpr std::uint64_t most_values = 10'000;

using Definitions = json::array;  // of {"Name","Unit"}

std::string line(std::string_view environment, Arm arm, UtcTime at, Definitions definitions,
                 json::object values) {
  json::object root;
  root["_aws"] = {
      {"Timestamp", at.time_since_epoch().count()},
      {"CloudWatchMetrics",
       json::array{json::object{{"Namespace", metric_namespace},
                                {"Dimensions", json::array{json::array{"environment", "arm"},
                                                           json::array{"environment"}}},
                                {"Metrics", std::move(definitions)}}}}};
  root["environment"] = environment;
  root["arm"] = to_string(arm);
  for (auto& member : values) root[member.key()] = std::move(member.value());
  return sotto::json::to_text(root);
}

std::string counters_line(std::string_view environment, Arm arm, const Minute& minute,
                          const ArmSnapshot& snapshot) {
  Definitions definitions;
  json::object values;
  for (std::size_t i = 0; i < counter_count; ++i) {
    const auto name = info(counter_at(i)).cloudwatch;
    definitions.push_back(json::object{{"Name", name}, {"Unit", "Count"}});
    values[name] = snapshot.counters[i];
  }
  const auto hits = snapshot[Counter::translation_cache_hits],
             misses = snapshot[Counter::translation_cache_misses];
  if (hits + misses > 0) {
    definitions.push_back(json::object{{"Name", "TranslationCacheHitRate"}, {"Unit", "Percent"}});
    values["TranslationCacheHitRate"] =
        100.0 * static_cast<double>(hits) / static_cast<double>(hits + misses);
  }
  return line(environment, arm, minute.start, std::move(definitions), std::move(values));
}

json::array values_of(const QuantileSketch& sketch, double unit) {
  std::uint64_t every = 1;
  while (sketch.count() / every > most_values) every *= 10;
  json::array values;
  std::uint64_t left = every - 1;  // the first value is always given
  sketch.visit([&](std::uint64_t value, std::uint32_t count) {
    for (left += count; left >= every; left -= every)
      values.emplace_back(static_cast<double>(value) / unit);
  });
  return values;
}

}  // namespace

std::vector<std::string> emf_lines(std::string_view environment, const Minute& minute) {
  std::vector<std::string> lines;
  for (const Arm arm : arms) {
    const ArmSnapshot& snapshot = minute.arms[static_cast<std::size_t>(arm)];
    lines.push_back(counters_line(environment, arm, minute, snapshot));
    for (std::size_t i = 0; i < histogram_count; ++i) {
      const HistogramInfo& about = info(histogram_at(i));
      const json::array values = values_of(snapshot.histograms[i], about.per_cloudwatch_unit);
      for (std::size_t begin = 0; begin < values.size(); begin += values_a_line) {
        json::array some(values.begin() + begin,
                         values.begin() + std::min(begin + values_a_line, values.size()));
        lines.push_back(line(
            environment, arm, minute.start,
            Definitions{json::object{{"Name", about.cloudwatch}, {"Unit", about.cloudwatch_unit}}},
            json::object{{about.cloudwatch, std::move(some)}}));
      }
    }
  }
  return lines;
}

}  // namespace sotto::telemetry
