#include <boost/json.hpp>
#include <iostream>
#include <memory>

#include "cli.hpp"
#include "files/atomic_file.hpp"
#include "flag_parts.hpp"
#include "json/text.hpp"
#include "phases/readings.hpp"
#include "phases/report.hpp"
#include "phases/report_source.hpp"
#include "providers/local/sqlite_series.hpp"
#include "state_folder.hpp"
#include "stores.hpp"
#include "telemetry_options.hpp"
#include "web/report_page.hpp"

namespace sotto::app {

namespace {

struct ReportOptions {
  std::string store, data, parameter_name;  // of the command above
  bool json = false;
  TelemetryOptions telemetry;  // only its environment
  std::string period = "week", format, output;
};

std::string written(const phases::ReportInput& input, const std::string& format) {
  if (format == "json") return json::to_text(phases::report_json(input)) + "\n";
  const phases::ReportDocument document = phases::report_document(input);
  if (format == "html")
    return phases::report_html(document, phases::chart_json(input), web::report_page());
  return phases::report_markdown(document);
}

// Judges as the server does, but for the alarms: of those only what it saw last is kept.
Result<rollout::Readings> read(phases::ReadingsSource& source, const rollout::State& state,
                               UtcTime now) {
  auto readings = source.read(phases::since(state), now);
  if (readings && state.alarm_on) readings->alarms_on.emplace_back("an alarm");
  return readings;
}

Result<std::string> make_report(const ReportOptions& options) {
  auto name = rollout::validate_parameter_name(options.parameter_name);
  if (!name) return tl::unexpected(name.error());
  const auto folder = state_folder(options.data);
  if (!folder) return tl::unexpected(folder.error());
  const auto flags = flag_store(options.store, *folder);
  if (!flags) return tl::unexpected(flags.error());
  const auto rollouts = rollout_store(options.store, *folder);
  if (!rollouts) return tl::unexpected(rollouts.error());
  const auto series = providers::local::make_sqlite_series(*folder / series_file);
  phases::ReadingsSource source(series.get(), rollouts->get(), *name,
                                [] { return std::vector<telemetry::AlarmStatus>(); });
  const phases::Conductor conductor(
      {rollouts->get(),
       flags->get(),
       *name,
       process_name(),
       [&source](const rollout::State& state, UtcTime now) { return read(source, state, now); },
       {}});
  const auto input =
      phases::read_report({environment_name(options.telemetry, *name), *name, flags->get(),
                           rollouts->get(), series.get(), &conductor, std::nullopt},
                          *phases::period_named(options.period), system_utc());
  if (!input) return tl::unexpected(input.error());
  const std::string as = options.json ? "json" : "markdown";
  return written(*input, options.format.empty() ? as : options.format);
}

int show(const ReportOptions& options) {
  const auto text = make_report(options);
  if (!text)
    return report(text.error(), options.json, text.error().code == ErrorCode::invalid_argument);
  if (options.output.empty() || options.output == "-") {
    std::cout << *text << std::flush;
    return exit_success;
  }
  const auto kept = files::write_file(options.output, *text);
  return kept ? exit_success : report(kept.error(), options.json);
}

std::string given(const CLI::App& command, const std::string& option,
                  std::string_view otherwise = "") {
  const CLI::Option* known = command.get_option(option);
  return known->count() > 0 ? known->as<std::string>() : std::string(otherwise);
}

}  // namespace

void add_rollout_report(CLI::App& rollout_command, Run& run) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = rollout_command.add_subcommand(
      "report", "Report how the rollout stands, and all that was decided, with its evidence");
  command->fallthrough();
  command->add_option("--period", options->period, "The last day, the last week, or all of it")
      ->check(CLI::IsMember({"day", "week", "all"}))
      ->capture_default_str();
  command->add_option("--format", options->format, "markdown, html (one file, with charts) or json")
      ->check(CLI::IsMember({"markdown", "html", "json"}))
      ->default_str("markdown");
  command->add_option("--output", options->output, "The file to write (standard output)");
  command
      ->add_option("--environment", options->telemetry.environment,
                   "The server's: dev, staging or prod (what the flag's name says)")
      ->envname("SOTTO_ENVIRONMENT")
      ->check(CLI::IsMember({"dev", "staging", "prod"}));
  command->callback([options, &rollout_command, &run] {
    options->store = given(rollout_command, "--store");
    options->data = given(rollout_command, "--data");
    options->parameter_name =
        given(rollout_command, "--parameter-name", rollout::default_parameter_name);
    options->json = rollout_command.get_option("--json")->count() > 0;
    run = [options] { return show(*options); };
  });
}

}  // namespace sotto::app
