#include "commands/simulate_scenarios.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iomanip>
#include <iostream>

#include "files/atomic_file.hpp"
#include "json/text.hpp"
#include "output/rollout_output.hpp"

namespace sotto::app {

namespace {

using simulation::Scenario;

Result<Scenario> read_shape(const std::string& file) {
  const auto text = files::read_file(file, simulation::max_shape_bytes);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return fail(ErrorCode::not_found, "there is no file " + file, "shape");
  auto read = simulation::parse_shape(**text);
  if (!read) {
    Error error = read.error();
    error.message = file + ": " + error.message;
    return tl::unexpected(error);
  }
  return read;
}

}  // namespace

Result<std::vector<Scenario>> choose_scenarios(const ChosenScenarios& by) {
  const auto named = [&](std::string_view name) {
    return std::find(by.names.begin(), by.names.end(), name) != by.names.end();
  };
  const bool usual = by.names.empty() && by.files.empty();
  std::vector<Scenario> chosen;
  for (const Scenario& scenario : simulation::scenarios()) {
    const bool by_name = named(scenario.name);
    if (!by_name && !named("all") && !(usual && scenario.usual)) continue;
    chosen.push_back(scenario);
    // One that is about how many sessions there are stays so, unless it is named.
    const bool keeps = !by_name && scenario.sessions_a_day != Scenario{}.sessions_a_day;
    if (by.sessions_a_day && !keeps) chosen.back().sessions_a_day = *by.sessions_a_day;
  }
  for (const std::string& file : by.files) {
    auto shape = read_shape(file);
    if (!shape) return tl::unexpected(shape.error());
    if (by.sessions_a_day) shape->sessions_a_day = *by.sessions_a_day;
    chosen.push_back(std::move(*shape));
  }
  return chosen;
}

int name_width(std::span<const Scenario> scenarios) {
  std::size_t width = 15;
  for (const Scenario& scenario : scenarios) width = std::max(width, scenario.name.size());
  return static_cast<int>(width) + 1;
}

void print_meanings(std::span<const Scenario> scenarios) {
  for (const Scenario& scenario : scenarios)
    std::cout << std::left << std::setw(name_width(scenarios)) << scenario.name << ' '
              << printable(scenario.meaning) << '\n';
}

int list_scenarios(const RolloutCommon& common) {
  if (!common.json) {
    print_meanings(simulation::scenarios());
  } else {
    boost::json::array list;
    for (const Scenario& scenario : simulation::scenarios())
      list.push_back(boost::json::object{{"scenario", scenario.name},
                                         {"meaning", scenario.meaning},
                                         {"usual", scenario.usual},
                                         {"expected", simulation::to_string(scenario.expect)}});
    std::cout << json::to_text(boost::json::object{{"scenarios", std::move(list)}}) << '\n';
  }
  return std::cout.flush() ? exit_success : exit_failure;
}

}  // namespace sotto::app
