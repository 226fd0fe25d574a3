#include "options/gates.hpp"

#include <memory>
#include <utility>

#include "providers/aws/client/account.hpp"
#include "providers/aws/cloudwatch/cloudwatch_alarms.hpp"
#include "providers/aws/cloudwatch/cloudwatch_figures.hpp"

namespace sotto::app {

namespace aws = providers::aws;

void add_gates_option(CLI::App& command, std::string& gates) {
  command
      .add_option("--gates", gates,
                  "Judge the rollout by the metrics of this server (local), or by those that all "
                  "servers and functions send to CloudWatch (cloudwatch)")
      ->envname("SOTTO_GATES")
      ->check(CLI::IsMember({"local", "cloudwatch"}))
      ->capture_default_str();
}

Result<GateSources> gate_sources(const std::string& gates, const std::string& environment,
                                 std::function<void(const std::optional<Error>&)> on_problem) {
  if (gates != "cloudwatch") return GateSources{};
  auto client = aws::open_client(std::make_shared<aws::SystemEnvironment>());
  if (!client) return tl::unexpected(client.error());
  const auto metrics = std::make_shared<aws::CloudWatchFigures>(*client, environment, on_problem);
  const auto alarms = std::make_shared<aws::CloudWatchAlarms>(std::move(*client), environment,
                                                              std::move(on_problem));
  GateSources sources;
  sources.figures = [metrics](const rollout_controller::Since& since, UtcTime now) {
    return metrics->read(since.began_at, since.at_most, now);
  };
  sources.alarms = [alarms](UtcTime now) {
    return alarms->read(now).map([](aws::AlarmsOfCloudWatch&& read) {
      return rollout_controller::FleetAlarms{std::move(read.on), std::move(read.canary_on),
                                             std::move(read.sessions)};
    });
  };
  return sources;
}

}  // namespace sotto::app
