#include "options/gates.hpp"

#include <memory>
#include <utility>

#include "providers/aws/client/account.hpp"
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

Result<rollout_controller::FiguresSource> gate_figures(
    const std::string& gates, const std::string& environment,
    std::function<void(const std::optional<Error>&)> on_problem) {
  if (gates != "cloudwatch") return rollout_controller::FiguresSource{};
  auto client = aws::open_client(std::make_shared<aws::SystemEnvironment>());
  if (!client) return tl::unexpected(client.error());
  const auto fleet = std::make_shared<aws::CloudWatchFigures>(std::move(*client), environment,
                                                              std::move(on_problem));
  return [fleet](const rollout_controller::Since& since, UtcTime now) {
    return fleet->read(since.began_at, since.at_most, now);
  };
}

}  // namespace sotto::app
