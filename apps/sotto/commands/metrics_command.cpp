#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iostream>
#include <optional>
#include <vector>

#include "json/text.hpp"
#include "options/cli.hpp"
#include "options/state_folder.hpp"
#include "options/telemetry_options.hpp"
#include "providers/local/sqlite_series.hpp"

namespace sotto::app {

namespace {

using telemetry::Arm;
using telemetry::Minute;

struct MetricsOptions {
  std::string data;
  int minutes = 60;
  bool json = false;
};

// A row of the table: what of each minute, and of all together.
struct Row {
  std::string name, unit;
  std::function<std::optional<double>(const telemetry::ArmSnapshot&)> value;
};

std::vector<Row> rows() {
  std::vector<Row> all;
  for (std::size_t i = 0; i < telemetry::histogram_count; ++i) {
    const auto which = telemetry::histogram_at(i);
    const auto& about = telemetry::info(which);
    const bool latency = about.cloudwatch_unit == "Milliseconds";
    const bool largest = which == telemetry::Histogram::orphaned_results_flushed;
    all.push_back({std::string(about.cloudwatch),
                   latency   ? "p95 ms"
                   : largest ? "most"
                             : "median",
                   [=](const telemetry::ArmSnapshot& of) -> std::optional<double> {
                     if (of[which].count() == 0) return std::nullopt;
                     return of[which].quantile(latency   ? 0.95
                                               : largest ? 1
                                                         : 0.5) /
                            telemetry::info(which).per_cloudwatch_unit;
                   }});
  }
  for (std::size_t i = 0; i < telemetry::counter_count; ++i) {
    const auto which = telemetry::counter_at(i);
    all.push_back({std::string(telemetry::info(which).cloudwatch), "sum",
                   [which](const telemetry::ArmSnapshot& of) -> std::optional<double> {
                     return static_cast<double>(of[which]);
                   }});
  }
  all.push_back({"TranslationCacheHitRate", "%",
                 [](const telemetry::ArmSnapshot& of) -> std::optional<double> {
                   const auto hits = of[telemetry::Counter::translation_cache_hits],
                              all_of = hits + of[telemetry::Counter::translation_cache_misses];
                   if (all_of == 0) return std::nullopt;
                   return 100.0 * static_cast<double>(hits) / static_cast<double>(all_of);
                 }});
  return all;
}

// Bars from the lowest to the highest; a blank where there was nothing.
std::string sparkline(const std::vector<std::optional<double>>& values) {
  constexpr std::array<const char*, 8> bars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double highest = 0;
  for (const auto& value : values) highest = std::max(highest, value.value_or(0));
  std::string line;
  for (const auto& value : values) {
    if (!value) {
      line += ' ';
      continue;
    }
    const double share = highest > 0 ? *value / highest : 0;
    line += bars.at(std::min<std::size_t>(7, static_cast<std::size_t>(share * 8)));
  }
  return line;
}

// The time in as many parts as there are columns, each with its minutes together.
std::vector<std::optional<double>> parts(const Row& row, Arm arm,
                                         const std::vector<Minute>& minutes, UtcTime from,
                                         std::chrono::minutes length) {
  constexpr int columns = 30;
  std::vector<std::optional<double>> values;
  const int count = std::min<int>(columns, static_cast<int>(length.count()));
  for (int i = 0; i < count; ++i) {
    const auto begin = from + length * i / count, end = from + length * (i + 1) / count;
    telemetry::ArmSnapshot sum;
    for (const Minute& minute : minutes)
      if (minute.start >= begin && minute.start < end)
        sum.merge(minute.arms[static_cast<std::size_t>(arm)]);
    values.push_back(sum.empty() ? std::nullopt : row.value(sum));
  }
  return values;
}

std::string shown(const std::optional<double>& value) {
  if (!value) return "-";
  const bool whole = *value >= 100 || *value == std::floor(*value);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), whole ? "%.0f" : "%.3g", *value);
  return text.data();
}

void print_table(const std::vector<Minute>& minutes, UtcTime from, std::chrono::minutes length) {
  std::printf("%-32s %-7s", "", "");
  for (const Arm arm : telemetry::arms)
    std::printf(" %10s %-30s", std::string(telemetry::to_string(arm)).c_str(), "");
  std::printf("\n");
  for (const Row& row : rows()) {
    std::printf("%-32s %-7s", row.name.c_str(), row.unit.c_str());
    for (const Arm arm : telemetry::arms) {
      const auto values = parts(row, arm, minutes, from, length);
      std::string line = sparkline(values);
      line.append(30 - values.size(), ' ');
      std::printf(" %10s %s", shown(row.value(telemetry::total(minutes, arm))).c_str(),
                  line.c_str());
    }
    std::printf("\n");
  }
}

boost::json::object to_json(const std::vector<Minute>& minutes) {
  boost::json::object all;
  for (const Arm arm : telemetry::arms) {
    boost::json::object of_arm;
    const auto sum = telemetry::total(minutes, arm);
    for (const Row& row : rows()) {
      const auto value = row.value(sum);
      of_arm[row.name] = value ? boost::json::value(*value) : boost::json::value(nullptr);
    }
    all[telemetry::to_string(arm)] = std::move(of_arm);
  }
  return all;
}

int show(const MetricsOptions& options) {
  const auto folder = state_folder(options.data);
  if (!folder) return report(folder.error(), options.json);
  const std::chrono::minutes length(options.minutes);
  const auto to = std::chrono::floor<std::chrono::minutes>(system_utc());
  const auto minutes =
      providers::local::make_sqlite_series(*folder / series_file)->read(to - length, to);
  if (!minutes) return report(minutes.error(), options.json);
  if (options.json) {
    std::cout << json::to_text(to_json(*minutes)) << std::endl;
  } else if (minutes->empty()) {
    std::cout << "nothing was measured in the last " << options.minutes << " minutes; "
              << "the server keeps its metrics in " << (*folder / series_file).string() << '\n';
  } else {
    print_table(*minutes, to - length, length);
  }
  return exit_success;
}

}  // namespace

void add_metrics(CLI::App& app, Run& run) {
  auto options = std::make_shared<MetricsOptions>();
  CLI::App* command = app.add_subcommand(
      "metrics", "Show what the server has measured, canary and control side by side");
  command
      ->add_option("--minutes", options->minutes, "Length of the period in minutes, up to 30 days")
      ->check(CLI::Range(1, 43'200))
      ->capture_default_str();
  command->add_option("--data", options->data, "The server's data folder");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &run] { run = [options] { return show(*options); }; });
}

}  // namespace sotto::app
