#include "rollout_report/report_input.hpp"

#include "base/enum_names.hpp"
#include "json/text.hpp"
#include "rollout_controller/rollout_json.hpp"

namespace sotto::rollout_report {

namespace json = boost::json;
using telemetry::Counter;
using telemetry::Histogram;

namespace {

constexpr EnumNames<ReportPeriod, ReportPeriod::range> periods = {{ReportPeriod::day, "day"},
                                                                  {ReportPeriod::week, "week"},
                                                                  {ReportPeriod::all, "all"},
                                                                  {ReportPeriod::range, "range"}};

std::optional<double> number_of(const json::value& value) {
  return value.is_number() ? std::optional(value.to_number<double>()) : std::nullopt;
}

// What criterion_json() wrote; throws boost::system::system_error for what is none.
rollout::Criterion criterion_of(const json::object& object) {
  rollout::Criterion criterion;
  const auto measure = rollout::measure_named(std::string_view(object.at("name").as_string()));
  if (!measure) throw boost::system::system_error(json::error::unknown_name);
  criterion.rule.measure = *measure;
  criterion.rule.limit = object.at("limit").to_number<double>();
  criterion.rule.remedy = json::value_to<rollout::Remedy>(object.at("on_failure"));
  criterion.canary = number_of(object.at("canary"));
  criterion.control = number_of(object.at("control"));
  criterion.interval = json::value_to<std::optional<rollout::Interval>>(object.at("interval"));
  const json::object& samples = object.at("samples").as_object();
  criterion.canary_samples = samples.at("canary").to_number<std::uint64_t>();
  criterion.control_samples = samples.at("control").to_number<std::uint64_t>();
  criterion.verdict = json::value_to<rollout::Verdict>(object.at("verdict"));
  criterion.acute = object.at("acute").as_bool();
  return criterion;
}

ReportDecision decision_of(const json::object& record) {
  ReportDecision decision;
  decision.event = json::value_to<rollout::RolloutEvent>(record.at("event"));
  for (const json::value& criterion : record.at("criteria").as_array())
    decision.criteria.push_back(criterion_of(criterion.as_object()));
  const json::value& readings = record.at("inputs").as_object().at("readings");
  if (readings.is_object())
    decision.alarms_on =
        json::value_to<std::vector<std::string>>(readings.as_object().at("alarms_on"));
  return decision;
}

}  // namespace

std::string_view to_string(ReportPeriod period) { return periods.name(period); }
std::optional<ReportPeriod> period_named(std::string_view name) { return periods.named(name); }

ArmStep arm_step(const telemetry::ArmSnapshot& sum, std::uint64_t dropped) {
  ArmStep step;
  step.heard = !sum.empty();
  if (const auto& latency = sum[Histogram::processing_latency]; latency.count() > 0) {
    step.latency_p50_ms = latency.quantile(0.50);
    step.latency_p95_ms = latency.quantile(0.95);
  }
  if (const auto& lag = sum[Histogram::word_lag]; lag.count() > 0) {
    step.word_lag_p50_ms = lag.quantile(0.50);
    step.word_lag_p95_ms = lag.quantile(0.95);
  }
  step.errors = sum[Counter::session_errors];
  step.fallbacks = sum[Counter::transcribe_fallback_triggered];
  step.dropped = dropped;
  if (const auto& orphaned = sum[Histogram::orphaned_results_flushed]; orphaned.count() > 0)
    step.orphaned_max = orphaned.max();
  if (const auto& cost = sum[Histogram::cost_per_listener_hour]; cost.count() > 0)
    step.cost_per_listener_hour = cost.mean() / 1e6;
  const auto hits = static_cast<double>(sum[Counter::translation_cache_hits]);
  const auto misses = static_cast<double>(sum[Counter::translation_cache_misses]);
  if (hits + misses > 0) step.cache_hit_rate = 100 * hits / (hits + misses);
  return step;
}

Result<ReportDecision> decision_of(const ports::JournalEntry& entry) {
  const auto broken = [&] {
    return fail(ErrorCode::invalid_argument,
                "record " + std::to_string(entry.number) + " is not a record of a decision",
                "record");
  };
  const auto record = sotto::json::parse_object_exactly(entry.text);
  if (!record) return broken();
  try {
    ReportDecision decision = decision_of(*record);
    decision.record = entry.number;
    decision.hash = rollout_controller::stated_hash(entry.text).value_or("");
    return decision;
  } catch (const std::exception&) {  // a member that is missing or of another kind
    return broken();
  }
}

void ReportSessions::add(const rollout::SessionOutcome& outcome) {
  evidence_.add(outcome);
  if (!outcome.by_bucket) ++not_by_bucket_[outcome.canary ? 0 : 1];
  if (!outcome.by_bucket || !outcome.latency_p95_ms) return;
  if (seen_++ % each_ != 0) return;
  if (dots_.size() == most_dots) {
    for (std::size_t i = 0; i < most_dots / 2; ++i) dots_[i] = dots_[2 * i];
    dots_.resize(most_dots / 2);
    each_ *= 2;
  }
  dots_.push_back({outcome.ended_at, outcome.canary, *outcome.latency_p95_ms});
}

}  // namespace sotto::rollout_report
