#include "options/flag_parts.hpp"

#include <random>
#include <utility>

#include "feature_flag/flag_operations.hpp"
#include "feature_flag/last_good.hpp"
#include "options/state_folder.hpp"
#include "options/stores.hpp"

namespace sotto::app {

namespace {

void warn(const telemetry::Log& log, std::string_view message, const Error& error) {
  log.write(telemetry::Level::warning, message,
            {{"error_code", to_string(error.code)}, {"error", error.message}});
}

// A store that has never held the flag gets one: the environment's, else everybody on in the store
// of this machine's own, nobody in one that was named, where others may be at work.
rollout::Flag first_flag(const rollout::Environment& environment, const engine::Settings& settings,
                         bool own_store) {
  rollout::Flag flag;
  if (environment.flag)
    flag = *environment.flag;
  else
    flag.rollout_percentage = own_store ? 100 : 0;
  flag.enabled = true;  // the environment's "off" is this process's, not everybody's
  flag.min_stability_threshold = settings.min_stability_threshold;
  flag.max_buffer_timeout = settings.max_buffer_timeout;
  return flag;
}

// The variable's token, else the file's.
Result<> take_operator_token(const std::filesystem::path& folder, const telemetry::Log& log,
                             FlagParts& parts) {
  auto given = operator_token_of_environment();
  if (!given) return tl::unexpected(given.error());
  if (!given->empty()) {
    parts.operator_token = std::move(*given);
    parts.token_place = operator_token_variable;
    return {};
  }
  const auto file = folder / "operator-token";
  parts.token_place = file.string();
  auto token = operator_token(file);
  if (token)
    parts.operator_token = std::move(*token);
  else
    warn(log, "the operator's interface is off", token.error());
  return {};
}

}  // namespace

UtcTime system_utc() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void add_flag_options(CLI::App& command, FlagOptions& options) {
  command.add_option("--data", options.data, "Data folder (~/.local/state/sotto)");
  command
      .add_option(
          "--store", options.store,
          "The flag's store: sqlite:PATH, file:PATH or ssm:[REGION] (sqlite:flags.db in the data "
          "folder). With ssm: the rollout is kept in the data folder, or where --rollouts says")
      ->envname("SOTTO_STORE");
  command
      .add_option("--rollouts", options.rollouts,
                  "The store of the plan, its decisions and sessions' outcomes: "
                  "dynamodb:TABLE (beside the flag)")
      ->envname("SOTTO_ROLLOUTS");
  const auto add = [&](const char* name, const char* variable, const char* value,
                       const char* help) {
    std::string& target = options.variables[variable];
    target = value;
    command.add_option(name, target, help)->envname(variable);
  };
  add("--parameter-name", "FEATURE_FLAG_PARAMETER_NAME", rollout::default_parameter_name.data(),
      "The flag's name (/audio-transcription/partial-results/config)");
  add("--cache-ttl", "FEATURE_FLAG_CACHE_TTL", "60",
      "Read the flag again after this many seconds, 1 to 3600 (60)");
  add("--partial-results-enabled", "PARTIAL_RESULTS_ENABLED", "",
      "false: no partial results on this server, whatever the flag says");
  add("--rollout-percentage", "ROLLOUT_PERCENTAGE", "",
      "The percentage if no flag can be read, and of a flag that the server creates");
}

Result<rollout::Environment> flag_environment(const FlagOptions& options,
                                              const engine::Settings& settings) {
  auto environment = rollout::read_environment([&](const std::string& name) -> const char* {
    const auto found = options.variables.find(name);
    return found == options.variables.end() ? nullptr : found->second.c_str();
  });
  if (environment && environment->flag) {
    environment->flag->min_stability_threshold = settings.min_stability_threshold;
    environment->flag->max_buffer_timeout = settings.max_buffer_timeout;
  }
  return environment;
}

Result<FlagParts> open_flag(const FlagOptions& options, rollout::Environment environment,
                            const engine::Settings& settings, const telemetry::Log& log) {
  const auto folder = state_folder(options.data);
  if (!folder) return tl::unexpected(folder.error());
  auto store = flag_store(options.store, options.rollouts, *folder);
  if (!store) return tl::unexpected(store.error());
  FlagParts parts;
  parts.parameter_name = environment.parameter_name;
  parts.store = std::move(*store);
  auto rollouts = rollout_store(options.rollouts, options.store, *folder);
  if (!rollouts) return tl::unexpected(rollouts.error());
  parts.rollouts = std::move(*rollouts);
  if (auto token = take_operator_token(*folder, log, parts); !token)
    return tl::unexpected(token.error());
  parts.operators = std::make_unique<access::Operators>(
      *folder / operators_file, [&log](const std::optional<Error>& error) {
        if (error) warn(log, "operators' own tokens do not count", *error);
      });

  const auto last_good = *folder / "last-good-flag.json";
  const auto kept = feature_flag::load_last_good(last_good, environment.parameter_name);
  if (!kept) warn(log, "the last good flag cannot be read", kept.error());
  if (kept && !*kept) {
    const auto seeded =
        feature_flag::seed_flag(*parts.store, environment.parameter_name,
                                first_flag(environment, settings, options.store.empty()),
                                {"sotto serve", "the first start with this store", system_utc()});
    if (!seeded) warn(log, "the flag cannot be created", seeded.error());
  }
  const auto random = [source = std::make_shared<std::mt19937>(std::random_device{}())] {
    return std::uniform_real_distribution<double>(0, 1)(*source);
  };
  parts.reader = std::make_unique<feature_flag::FlagReader>(
      feature_flag::FlagReaderConfig{std::move(environment), last_good, process_name()},
      feature_flag::FlagReaderParts{parts.store.get(), system_utc, random});
  return parts;
}

}  // namespace sotto::app
