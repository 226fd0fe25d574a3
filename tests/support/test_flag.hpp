#pragma once

#include <memory>
#include <string>

#include "feature_flag/flag_operations.hpp"
#include "feature_flag/flag_reader.hpp"
#include "server/http/api.hpp"
#include "server/operator/flag_access.hpp"
#include "server/operator/phases_access.hpp"
#include "server/operator/telemetry_access.hpp"
#include "tests/support/memory_flag_store.hpp"
#include "tests/support/memory_rollout_store.hpp"

namespace sotto::testing {

/// A flag in memory, with its reader, as a server is given it.
class TestFlag {
 public:
  /// On for everybody.
  explicit TestFlag(bool environment_off = false) {
    set_percentage(100);
    feature_flag::FlagReaderConfig config;
    config.environment.off = environment_off;
    config.environment.cache_ttl = std::chrono::hours(1);
    config.process = "test pid 1";
    reader = std::make_unique<feature_flag::FlagReader>(
        config, feature_flag::FlagReaderParts{&store, [] { return now; }, [] { return 0.5; }});
  }

  server::FlagAccess access() {
    return {reader.get(), &store, name, "operator-secret", [] { return now; }};
  }

  void set_percentage(int percentage) {
    rollout::FlagEdit edit;
    edit.rollout_percentage = percentage;
    (void)feature_flag::change_flag(store, name, edit, {"test", "", now});
  }
  void set_enabled(bool enabled) {
    rollout::FlagEdit edit;
    edit.enabled = enabled;
    (void)feature_flag::change_flag(store, name, edit, {"test", "", now});
  }

  /// Telemetry that goes with it.
  server::TelemetryAccess telemetry() { return {&metrics, &series, "test", {}, {}, {}}; }
  /// What an API over a registry is made of.
  server::ApiParts api_parts(server::SessionRegistry* registry, telemetry::Log* log) {
    return {access(),  registry,  &metrics, &series, &monitor, &controller,
            &readings, &rollouts, log,      "test",  {}};
  }
  server::PhasesAccess phases() { return {&rollouts, "test pid 1", {}}; }

  static constexpr UtcTime now{milliseconds{1'764'000'000'000}};
  const std::string name{rollout::default_parameter_name};
  MemoryFlagStore store;
  telemetry::Metrics metrics;
  telemetry::MemorySeries series;
  telemetry::Monitor monitor{&metrics, &series, telemetry::guide_alarms(), {}};
  MemoryRolloutStore rollouts;
  rollout_controller::ReadingsSource readings{&series, &rollouts, name,
                                              [this] { return monitor.alarms(); }};
  rollout_controller::RolloutController controller{
      {&rollouts,
       &store,
       name,
       "test pid 1",
       [this](const rollout::State& state, UtcTime at) {
         return readings.read(rollout_controller::since(state), at);
       },
       {}}};
  std::unique_ptr<feature_flag::FlagReader> reader;
};

}  // namespace sotto::testing
