#include <boost/json.hpp>
#include <iostream>
#include <memory>

#include "files/atomic_file.hpp"
#include "flag_parts.hpp"
#include "json/text.hpp"
#include "phases/report.hpp"
#include "phases/report_source.hpp"
#include "rollout_access.hpp"
#include "telemetry_options.hpp"
#include "web/report_page.hpp"

namespace sotto::app {

namespace {

struct ReportOptions {
  std::shared_ptr<const RolloutCommon> common;
  std::string period = "week", format, output;
};

std::string written(const phases::ReportInput& input, const std::string& format) {
  if (format == "json") return json::to_text(phases::report_json(input)) + "\n";
  const phases::ReportDocument document = phases::report_document(input);
  if (format == "html")
    return phases::report_html(document, phases::chart_json(input), web::report_page());
  return phases::report_markdown(document);
}

Result<std::string> make_report(const ReportOptions& options) {
  const auto rollout = RolloutAccess::open(*options.common);
  if (!rollout) return tl::unexpected(rollout.error());
  RolloutAccess& access = **rollout;
  const auto input = phases::read_report(
      {environment_name(options.common->environment, access.name()), access.name(), &access.flags(),
       &access.rollouts(), &access.series(), &access.conductor(), access.alarms()},
      *phases::period_named(options.period), system_utc());
  if (!input) return tl::unexpected(input.error());
  const std::string as = options.common->json ? "json" : "markdown";
  return written(*input, options.format.empty() ? as : options.format);
}

int show(const ReportOptions& options) {
  const auto text = make_report(options);
  if (!text) return fail_with(text.error(), *options.common);
  if (options.output.empty() || options.output == "-") {
    std::cout << *text << std::flush;
    return exit_success;
  }
  const auto kept = files::write_file(options.output, *text);
  return kept ? exit_success : fail_with(kept.error(), *options.common);
}

}  // namespace

void add_rollout_report(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common,
                        Run& run) {
  auto options = std::make_shared<ReportOptions>();
  options->common = common;
  CLI::App* command = rollout.add_subcommand(
      "report", "Report how the rollout stands, and all that was decided, with its evidence");
  command->fallthrough();
  command->add_option("--period", options->period, "The last day, the last week, or all of it")
      ->check(CLI::IsMember({"day", "week", "all"}))
      ->capture_default_str();
  command->add_option("--format", options->format, "markdown, html (one file, with charts) or json")
      ->check(CLI::IsMember({"markdown", "html", "json"}))
      ->default_str("markdown");
  command->add_option("--output", options->output, "The file to write (standard output)");
  command->callback([options, &run] { run = [options] { return show(*options); }; });
}

}  // namespace sotto::app
