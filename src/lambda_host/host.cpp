#include "lambda_host/host.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>

#include "engine/settings.hpp"
#include "lambda/audio_processor.hpp"
#include "lambda/runtime.hpp"
#include "rollout/environment.hpp"
#include "telemetry/log.hpp"

namespace sotto::lambda_host {

namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

void print_line(std::FILE* to, const std::string& line) {
  (void)std::fwrite((line + '\n').data(), 1, line.size() + 1, to);
  (void)std::fflush(to);
}

UtcTime system_now() { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }

// The engine's settings that the flag does not decide. An empty variable counts as not set.
Result<engine::Settings> engine_settings() {
  engine::Settings settings;
  const std::pair<const char*, milliseconds*> times[] = {
      {"PAUSE_THRESHOLD", &settings.pause_threshold},
      {"ORPHAN_TIMEOUT", &settings.orphan_timeout},
      {"DEDUP_CACHE_TTL", &settings.dedup_ttl}};
  for (const auto& [name, time] : times) {
    const std::string text = variable(name);
    if (text.empty()) continue;
    const auto seconds = rollout::parse_number(text, name);
    if (!seconds) return tl::unexpected(seconds.error());
    *time = milliseconds{std::llround(std::min(std::max(*seconds, -1.0), 1e6) * 1000)};
  }
  if (const std::string text = variable("MAX_RATE_PER_SECOND"); !text.empty()) {
    const auto rate = rollout::parse_number(text, "MAX_RATE_PER_SECOND");
    if (!rate) return tl::unexpected(rate.error());
    settings.max_rate_per_second = static_cast<int>(std::min(std::max(*rate, -1.0), 1e6));
  }
  if (const std::string text = variable("TRANSLATION_BUDGET"); !text.empty()) {
    const auto budget = rollout::parse_number(text, "TRANSLATION_BUDGET");
    if (!budget) return tl::unexpected(budget.error());
    settings.translation_budget = *budget;
  }
  return engine::validate(settings);
}

std::string environment_label(const LambdaOptions& options, const std::string& parameter_name) {
  if (!options.environment.empty()) return options.environment;
  for (const char* const name : {"dev", "staging"})
    if (parameter_name.starts_with(std::string("/audio-transcription/") + name + "/")) return name;
  return "prod";
}

// The function with all it is made of; what comes first lives longest.
struct Function {
  LambdaStores stores;
  std::unique_ptr<telemetry::Log> log;
  std::unique_ptr<telemetry::Metrics> metrics;
  std::unique_ptr<lambda::InvocationFlag> flag;
  std::unique_ptr<lambda::AudioProcessor> processor;
};

Result<Function> make_function(const LambdaOptions& options, const OpenLambdaStores& open) {
  const auto level = telemetry::parse_level(options.log_level.empty() ? "info" : options.log_level);
  if (!level) return tl::unexpected(level.error());
  auto environment =
      rollout::read_environment([](const std::string& name) { return std::getenv(name.c_str()); });
  if (!environment) return tl::unexpected(environment.error());
  const auto settings = engine_settings();
  if (!settings) return tl::unexpected(settings.error());
  auto stores = open(options);
  if (!stores) return tl::unexpected(stores.error());

  Function function;
  function.stores = std::move(*stores);
  function.log = std::make_unique<telemetry::Log>(
      *level, [](const std::string& line) { print_line(stderr, line); }, telemetry::utc_timestamp);
  function.metrics = std::make_unique<telemetry::Metrics>();
  const std::string label = environment_label(options, environment->parameter_name);
  const auto random = [source = std::make_shared<std::minstd_rand>(std::random_device{}())] {
    return std::uniform_real_distribution<double>(0, 1)(*source);
  };
  function.flag = std::make_unique<lambda::InvocationFlag>(
      std::move(*environment),
      lambda::InvocationFlag::Parts{function.stores.flag.get(), function.log.get(), random});
  function.processor = std::make_unique<lambda::AudioProcessor>(
      lambda::AudioProcessorConfig{label, *settings},
      lambda::ProcessorParts{function.stores.checkpoints.get(), function.flag.get(),
                             function.stores.decisions.get(), function.stores.recogniser.get(),
                             function.log.get(), function.metrics.get(), system_now},
      [](const std::string& line) { print_line(stdout, line); });
  return function;
}

int report(const Error& error) {
  print_line(stderr, "sotto: " + error.message);
  return 1;
}

}  // namespace

LambdaOptions lambda_options_of_environment() {
  return {variable("AWS_LAMBDA_RUNTIME_API"),
          variable("SOTTO_STORE"),
          variable("SOTTO_CHECKPOINTS"),
          variable("SOTTO_DECISIONS"),
          variable("SOTTO_RECOGNISER"),
          variable("SOTTO_ENVIRONMENT"),
          variable("LOG_LEVEL")};
}

int run_lambda(const LambdaOptions& options, const OpenLambdaStores& open) {
  if (options.runtime_api.empty())
    return report({ErrorCode::invalid_argument,
                   "AWS_LAMBDA_RUNTIME_API is not set: AWS Lambda sets it for its functions",
                   "AWS_LAMBDA_RUNTIME_API"}),
           2;
  auto runtime = lambda::Runtime::create(options.runtime_api, [](const std::string& id) {
    if (!id.empty()) (void)::setenv("_X_AMZN_TRACE_ID", id.c_str(), 1);
  });
  if (!runtime) return report(runtime.error()), 2;
  auto function = make_function(options, open);
  if (!function) {
    (void)runtime->report_init_error(function.error());
    return report(function.error());
  }
  lambda::AudioProcessor& processor = *function->processor;
  return report(
      runtime->run([&](std::string_view payload, const lambda::InvocationContext& context) {
        return processor.handle(payload, context);
      }));
}

}  // namespace sotto::lambda_host
