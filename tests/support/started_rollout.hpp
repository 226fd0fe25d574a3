// A rollout that somebody started a while ago.
#pragma once

#include "providers/local/sqlite_rollout_store.hpp"
#include "rollout_controller/rollout_controller.hpp"

namespace sotto::testing {

/// Starts the guide's plan as of `then`, kept in a folder: what is measured from then on counts.
inline void start_rollout(ports::FlagStore& flags, const std::filesystem::path& folder,
                          const std::string& parameter_name, UtcTime then) {
  const auto rollouts = providers::local::make_sqlite_rollout_store(folder);
  rollout_controller::RolloutController controller(
      {rollouts.get(),
       &flags,
       parameter_name,
       "test pid 1",
       [](const rollout::State&, UtcTime) { return rollout::Readings{}; },
       {}});
  rollout::Command start{.kind = rollout::Command::Kind::start, .by = "ana", .reason = ""};
  start.plan = rollout::guide_plan();
  const auto started = controller.command(start, then);
  ASSERT_TRUE(started) << started.error().message;
}

}  // namespace sotto::testing
