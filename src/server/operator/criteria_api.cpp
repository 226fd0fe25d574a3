#include "server/operator/criteria_api.hpp"

#include <boost/json.hpp>

#include "feature_flag/flag_operations.hpp"
#include "rollout_controller/present_json.hpp"
#include "server/operator/operator_right.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

constexpr std::size_t versions_looked_at = 100;
constexpr std::chrono::hours looked_back{168};  // where no plan says how long

bool decides(const std::optional<rollout_controller::Done>& done) {
  return done && done->status() != rollout::Status::aborted;
}

bool is_on(const rollout::InForce& in_force) {
  return in_force.flag.enabled && !in_force.environment_off &&
         in_force.source != rollout::Source::none;
}

// The flag as its store has it, at the moment of which the rollout's state is; what this process
// goes by where the store gives no valid one.
rollout::InForce flag_now(const FlagAccess& access,
                          const std::optional<rollout_controller::Done>& running) {
  rollout::InForce in_force = *access.reader->current();
  std::optional<ports::FlagRevision> revision;
  if (running)
    revision = running->flag;
  else if (auto read = access.store->read(access.parameter_name))
    revision = std::move(*read);
  const auto flag = revision ? rollout::parse_flag(revision->document)
                             : Result<rollout::Flag>(tl::unexpected(Error{}));
  if (!flag) return in_force;
  in_force.flag = *flag;
  in_force.version = revision->version;
  in_force.source = rollout::Source::store;
  return in_force;
}

}  // namespace

// Since when the percentage is what it is: the oldest of the latest versions that have it.
std::optional<UtcTime> CriteriaApi::percentage_since(const rollout::Flag& now) const {
  std::optional<UtcTime> since;
  const auto versions =
      feature_flag::flag_history(*flag_.store, flag_.parameter_name, versions_looked_at);
  if (!versions) return since;
  for (const feature_flag::HistoryEntry& entry : *versions) {
    const auto flag = rollout::parse_flag(entry.revision.document);
    if (!flag || flag->enabled != now.enabled || flag->rollout_percentage != now.rollout_percentage)
      break;
    since = entry.revision.changed_at;
  }
  return since;
}

Result<CriteriaApi::Judged> CriteriaApi::judge(
    const std::optional<rollout_controller::Done>& running, const rollout::InForce& in_force,
    std::optional<UtcTime> since, UtcTime now) const {
  if (decides(running)) return Judged{running->criteria, running->advice, running->why};
  const bool on = is_on(in_force);
  const auto readings = readings_->read(
      {since.value_or(now - looked_back), looked_back, rollout::canary_share(in_force.flag)}, now);
  if (!readings) return tl::unexpected(readings.error());
  auto judgement =
      rollout::judge_percentage(on, on ? in_force.flag.rollout_percentage : 0, *readings);
  return Judged{std::move(judgement.criteria), judgement.advice, describe(judgement.why)};
}

Response CriteriaApi::handle(const Request& request) const {
  if (auto refused = refusal(flag_, request, access::Role::viewer)) return *std::move(refused);
  if (request.method != "GET") return not_allowed("GET");
  const UtcTime now = flag_.now();
  const auto running = controller_->judge(now);
  if (!running) return reply(running.error());
  const rollout::InForce in_force = flag_now(flag_, *running);
  const bool on = is_on(in_force);
  const auto since = percentage_since(in_force.flag);
  const auto judgement = judge(*running, in_force, since, now);
  if (!judgement) return reply(judgement.error());
  json::array criteria;
  for (const rollout::Criterion& criterion : judgement->criteria)
    criteria.push_back(rollout_controller::shown_json(criterion));
  std::size_t canary = 0, control = 0;
  for (const HostedSession& hosted : registry_->open()) ++(hosted.canary ? canary : control);
  const int percentage = in_force.flag.rollout_percentage;
  return reply(200, {{"phase",
                      {{"name", rollout::phase_of(on, percentage)},
                       {"percentage", on ? percentage : 0},
                       {"since", since ? json::value(format_utc(*since)) : nullptr}}},
                     {"flag_version", in_force.version},
                     {"rollout", *running ? json::value(rollout_controller::rollout_json(**running))
                                          : nullptr},
                     {"decision", rollout::to_string(judgement->advice)},
                     {"why", judgement->why},
                     {"taken_at", format_utc(now)},
                     {"window_minutes", rollout_controller::ReadingsSource::recent.count()},
                     {"live", {{"canary", canary}, {"control", control}}},
                     {"criteria", std::move(criteria)}});
}

}  // namespace sotto::server
