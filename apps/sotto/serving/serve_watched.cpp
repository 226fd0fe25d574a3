#include "serving/serve_watched.hpp"

#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "options/gates.hpp"
#include "options/state_folder.hpp"
#include "options/telemetry_options.hpp"
#include "providers/aws/client/account.hpp"
#include "providers/aws/cloudwatch/cloudwatch_metrics.hpp"
#include "rollout_controller/notice.hpp"
#include "telemetry/emf.hpp"
#include "webhook/webhook.hpp"

namespace sotto::app {

namespace asio = boost::asio;
namespace aws = providers::aws;

namespace {

using OnMinute = std::function<void(const telemetry::Minute&)>;

// Minutes to stdout and to CloudWatch, where those were asked for.
Result<std::vector<OnMinute>> minute_sinks(const TelemetryOptions& options,
                                           const std::string& environment,
                                           const telemetry::Log& log) {
  std::vector<OnMinute> sinks;
  if (options.emf)
    sinks.push_back([environment](const telemetry::Minute& minute) {
      for (const std::string& line : telemetry::emf_lines(environment, minute))
        std::cout << line << '\n';
      std::cout << std::flush;
    });
  if (!options.cloudwatch) return sinks;
  auto client = aws::open_client(std::make_shared<aws::SystemEnvironment>());
  if (!client) return tl::unexpected(client.error());
  const auto metrics = std::make_shared<aws::CloudWatchMetrics>(
      std::move(*client), environment, [&log](const Error& error) {
        log.write(telemetry::Level::warning, "metrics cannot be sent to CloudWatch",
                  {{"error_code", to_string(error.code)}, {"error", error.message}});
      });
  sinks.push_back([metrics](const telemetry::Minute& minute) { metrics->put(minute); });
  return sinks;
}

using OnRolloutEvent =
    std::function<void(const rollout_controller::KeptEvent&, const rollout::State&)>;

// What happens to the rollout, to whichever webhooks were asked for.
Result<OnRolloutEvent> rollout_notices(const ServeOptions& options,
                                       const std::string& parameter_name,
                                       const asio::any_io_executor& executor, telemetry::Log& log) {
  const std::string environment = environment_name(options.telemetry.environment, parameter_name);
  std::vector<OnRolloutEvent> hooks;
  for (const bool slack : {false, true}) {
    const std::string& url = slack ? options.telemetry.slack_webhook : options.telemetry.webhook;
    if (url.empty()) continue;
    const auto hook = webhook::Webhook::create(executor, {.url = url}, &log);
    if (!hook) return tl::unexpected(hook.error());
    const auto form = slack ? rollout_controller::notice_slack : rollout_controller::notice_json;
    hooks.push_back(
        [form, environment, parameter_name, hook = *hook](const auto& event, const auto& state) {
          hook->post(form(environment, parameter_name, event, state));
        });
  }
  return [hooks](const rollout_controller::KeptEvent& event, const rollout::State& state) {
    for (const auto& hook : hooks) hook(event, state);
  };
}

}  // namespace

Result<server::TelemetryAccess> telemetry_access(const ServeOptions& options,
                                                 const std::string& parameter_name,
                                                 const asio::any_io_executor& executor,
                                                 telemetry::Log& log) {
  server::TelemetryAccess access;
  access.environment = environment_name(options.telemetry.environment, parameter_name);
  access.prices = options.telemetry.prices;
  auto sinks = minute_sinks(options.telemetry, access.environment, log);
  if (!sinks) return tl::unexpected(sinks.error());
  if (!sinks->empty())
    access.on_minute = [all = std::move(*sinks)](const telemetry::Minute& minute) {
      for (const OnMinute& sink : all) sink(minute);
    };
  if (options.telemetry.webhook.empty()) return access;
  const auto webhook = webhook::Webhook::create(executor, {.url = options.telemetry.webhook}, &log);
  if (!webhook) return tl::unexpected(webhook.error());
  access.on_alarm = [hook = *webhook,
                     name = access.environment](const telemetry::AlarmChange& change) {
    // That a server has begun and all is well is no news.
    if (change.from == telemetry::AlarmState::insufficient_data &&
        change.to == telemetry::AlarmState::ok)
      return;
    hook->post(alarm_json(name, change));
  };
  return access;
}

Result<server::PhasesAccess> phases_access(const ServeOptions& options, const FlagParts& flag,
                                           const asio::any_io_executor& executor,
                                           telemetry::Log& log) {
  auto on_event = rollout_notices(options, flag.parameter_name, executor, log);
  if (!on_event) return tl::unexpected(on_event.error());
  auto gates = gate_sources(
      options.gates, environment_name(options.telemetry.environment, flag.parameter_name),
      [&log](const std::optional<Error>& error) {
        log.write(error ? telemetry::Level::error : telemetry::Level::info,
                  error ? "CloudWatch's metrics or alarms cannot be read: nothing is promoted"
                        : "CloudWatch's metrics or alarms can be read again",
                  {{"event", error ? "figures_unavailable" : "figures_available"},
                   {"error_code", error ? to_string(error->code) : ""},
                   {"error", error ? error->message : ""}});
      });
  if (!gates) return tl::unexpected(gates.error());
  if (gates->figures && !options.telemetry.cloudwatch && !options.telemetry.emf)
    log.write(telemetry::Level::warning,
              "the gates use CloudWatch, but this server sends nothing to it: set --cloudwatch, "
              "or --emf where an agent reads it");
  return server::PhasesAccess{flag.rollouts.get(), process_name(), std::move(*on_event),
                              std::move(gates->figures), std::move(gates->alarms)};
}

}  // namespace sotto::app
