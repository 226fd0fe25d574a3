#include "server/operator/report_api.hpp"

#include <boost/json.hpp>

#include "rollout_report/report.hpp"
#include "server/operator/operator_right.hpp"
#include "web/report_page.hpp"

namespace sotto::server {

namespace {

std::string asked(const Request& request, const std::string& name, const std::string& otherwise) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? otherwise : found->second;
}

Response wrong(const std::string& field, const std::string& must) {
  return reply(Error{ErrorCode::invalid_argument, field + " must be " + must, field});
}

}  // namespace

Result<rollout_report::ReportInput> ReportApi::read(const Request& request,
                                                    rollout_report::ReportPeriod period) const {
  rollout_report::ReportParts parts = parts_;
  if (!request.query.contains("from") && !request.query.contains("to")) {
    parts.alarms = monitor_->alarms();
    return rollout_report::read_report(parts, period, flag_.now());
  }
  if (request.query.contains("period"))
    return fail(ErrorCode::invalid_argument, "period cannot be given with from and to", "period");
  for (const char* time : {"from", "to"})
    if (asked(request, time, "").empty())
      return fail(ErrorCode::invalid_argument,
                  std::string(time) + " is missing: from and to are given together", time);
  const auto from = rollout_report::report_time(asked(request, "from", ""), "from"),
             to = rollout_report::report_time(asked(request, "to", ""), "to");
  if (!from) return tl::unexpected(from.error());
  if (!to) return tl::unexpected(to.error());
  return rollout_report::read_report(parts, *from, *to, flag_.now());
}

Response ReportApi::handle(const Request& request) const {
  if (auto refused = refusal(flag_, request, access::Role::viewer)) return *std::move(refused);
  if (request.method != "GET") return not_allowed("GET");
  const auto period = rollout_report::period_named(asked(request, "period", "week"));
  if (!period || *period == rollout_report::ReportPeriod::range)
    return wrong("period", "day, week or all");
  const std::string format = asked(request, "format", "markdown");
  if (format != "markdown" && format != "html" && format != "json")
    return wrong("format", "markdown, html or json");
  const auto input = read(request, *period);
  if (!input) return reply(input.error());
  Response response;
  if (format == "json") {
    response = reply(200, rollout_report::report_json(*input));
  } else if (format == "html") {
    response.content_type = "text/html; charset=utf-8";
    response.body =
        rollout_report::report_html(rollout_report::report_document(*input),
                                    rollout_report::chart_json(*input), web::report_page());
  } else {
    response.content_type = "text/markdown; charset=utf-8";
    response.body = rollout_report::report_markdown(rollout_report::report_document(*input));
  }
  // A file to keep: the policy of the server's own pages would stop the script in it.
  response.file_name = "rollout-report-" + std::string(to_string(input->period)) + "." +
                       (format == "markdown" ? "md" : format);
  return response;
}

}  // namespace sotto::server
