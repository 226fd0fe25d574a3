#include "lambda/invocation_flag.hpp"

#include <utility>

#include "feature_flag/flag_reader.hpp"

namespace sotto::lambda {

InvocationFlag::InvocationFlag(rollout::Environment environment, Parts parts)
    : environment_(std::move(environment)),
      parts_(std::move(parts)),
      cache_(environment_, std::nullopt) {}

void InvocationFlag::refresh(UtcTime now) {
  const bool clock_went_back = due_ && *due_ - now > 2 * environment_.cache_ttl;
  if (!due_ || now >= *due_ || clock_went_back) read(now);
}

void InvocationFlag::read(UtcTime now) {
  due_ = now + feature_flag::jittered(environment_.cache_ttl, parts_.random());
  if (!parts_.store) return;
  const auto taken = cache_.take(parts_.store->read(environment_.parameter_name));
  const auto in_force = cache_.current();
  if (taken.problem && taken.news)
    parts_.log->write(telemetry::Level::error, "the flag cannot be read: the last good one stays",
                      {{"event", "flag_problem"},
                       {"error_code", to_string(taken.problem->code)},
                       {"error", taken.problem->message},
                       {"source", rollout::to_string(in_force->source)}});
  if (taken.changed || (taken.news && !taken.problem))
    parts_.log->write(
        telemetry::Level::info, "feature flag loaded",
        {{"event", "flag_loaded"},
         {"source", rollout::to_string(in_force->source)},
         {"version", static_cast<double>(in_force->version)},
         {"enabled", in_force->flag.enabled},
         {"rollout_percentage", static_cast<double>(in_force->flag.rollout_percentage)}});
}

}  // namespace sotto::lambda
