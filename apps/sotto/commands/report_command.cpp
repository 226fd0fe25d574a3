#include <boost/json.hpp>
#include <iostream>
#include <memory>

#include "commands/rollout_access.hpp"
#include "files/atomic_file.hpp"
#include "json/text.hpp"
#include "options/flag_parts.hpp"
#include "options/telemetry_options.hpp"
#include "rollout_report/report.hpp"
#include "rollout_report/report_source.hpp"
#include "web/report_page.hpp"

namespace sotto::app {

namespace {

struct ReportOptions {
  std::shared_ptr<const RolloutCommon> common;
  std::string period = "week", from, to, format, output;
};

std::string written(const rollout_report::ReportInput& input, const std::string& format) {
  if (format == "json") return json::to_text(rollout_report::report_json(input)) + "\n";
  const rollout_report::ReportDocument document = rollout_report::report_document(input);
  if (format == "html")
    return rollout_report::report_html(document, rollout_report::chart_json(input),
                                       web::report_page());
  return rollout_report::report_markdown(document);
}

Result<rollout_report::ReportInput> read(const ReportOptions& options, RolloutAccess& access) {
  rollout_report::ReportParts parts{environment_name(options.common->environment, access.name()),
                                    access.name(),
                                    &access.flags(),
                                    &access.rollouts(),
                                    &access.series(),
                                    &access.controller(),
                                    {}};
  if (options.from.empty()) {
    parts.alarms = access.alarms();
    return rollout_report::read_report(parts, *rollout_report::period_named(options.period),
                                       system_utc());
  }
  const auto from = rollout_report::report_time(options.from, "from"),
             to = rollout_report::report_time(options.to, "to");
  if (!from) return tl::unexpected(from.error());
  if (!to) return tl::unexpected(to.error());
  return rollout_report::read_report(parts, *from, *to, system_utc());
}

Result<std::string> make_report(const ReportOptions& options) {
  const auto rollout = RolloutAccess::open(*options.common);
  if (!rollout) return tl::unexpected(rollout.error());
  RolloutAccess& access = **rollout;
  const auto input = read(options, access);
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
  CLI::Option* period =
      command->add_option("--period", options->period, "The last day, the last week, or all of it")
          ->check(CLI::IsMember({"day", "week", "all"}))
          ->capture_default_str();
  CLI::Option* from = command->add_option(
      "--from", options->from,
      "A fixed time instead, which gives the same report whenever it is asked for (UTC)");
  CLI::Option* to = command->add_option("--to", options->to, "Its end");
  from->needs(to)->excludes(period);
  to->needs(from);
  command->add_option("--format", options->format, "markdown, html (one file, with charts) or json")
      ->check(CLI::IsMember({"markdown", "html", "json"}))
      ->default_str("markdown");
  command->add_option("--output", options->output, "The file to write (standard output)");
  command->callback([options, &run] { run = [options] { return show(*options); }; });
}

}  // namespace sotto::app
