#include "options/telemetry_options.hpp"

#include <boost/json.hpp>

#include "json/text.hpp"
#include "options/state_folder.hpp"
#include "providers/local/sqlite_series.hpp"

namespace sotto::app {

void add_telemetry_options(CLI::App& command, TelemetryOptions& options) {
  command
      .add_option("--environment", options.environment,
                  "The metrics' label: dev, staging or prod (taken from the flag's name)")
      ->envname("SOTTO_ENVIRONMENT")
      ->check(CLI::IsMember({"dev", "staging", "prod"}));
  command
      .add_flag("--emf", options.emf,
                "Print each minute's metrics for CloudWatch on standard output")
      ->envname("SOTTO_EMF")
      ->default_str("false");
  command
      .add_flag("--cloudwatch", options.cloudwatch,
                "Send each minute's metrics to CloudWatch, for hosts where no agent reads --emf")
      ->envname("SOTTO_CLOUDWATCH")
      ->default_str("false");
  command
      .add_option("--webhook", options.webhook,
                  "Post changes of alarms and events of the rollout to this URL, as JSON")
      ->envname("SOTTO_WEBHOOK");
  command
      .add_option("--slack-webhook", options.slack_webhook,
                  "Post events of the rollout to this incoming webhook of Slack")
      ->envname("SOTTO_SLACK_WEBHOOK");
  const auto price = [&](const char* name, double& target, const char* variable, const char* help) {
    command.add_option(name, target, help)
        ->envname(variable)
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
  };
  price("--price-recogniser-minute", options.prices.recogniser_per_minute,
        "PRICE_RECOGNISER_MINUTE", "Dollars per minute of audio (Amazon Transcribe: 0.024)");
  price("--price-translation-million", options.prices.translation_per_million,
        "PRICE_TRANSLATION_MILLION", "Dollars per million characters (Amazon Translate: 15)");
  price("--price-synthesis-million", options.prices.synthesis_per_million,
        "PRICE_SYNTHESIS_MILLION", "Dollars per million characters (Amazon Polly: 16)");
  price("--price-delivery-gigabyte", options.prices.delivery_per_gigabyte,
        "PRICE_DELIVERY_GIGABYTE", "Dollars per gigabyte sent to listeners (AWS: 0.09)");
}

std::string environment_name(const std::string& asked_for, const std::string& parameter_name) {
  if (!asked_for.empty()) return asked_for;
  for (const char* name : {"dev", "staging"})
    if (parameter_name.starts_with(std::string("/audio-transcription/") + name + "/")) return name;
  return "prod";
}

std::string alarm_json(const std::string& environment, const telemetry::AlarmChange& change) {
  const std::string name(change.rule->name), to(telemetry::to_string(change.to));
  boost::json::object body{{"alarm", name},
                           {"environment", environment},
                           {"state", to},
                           {"from", telemetry::to_string(change.from)},
                           {"threshold", change.rule->threshold},
                           {"at", format_utc(change.at)},
                           {"meaning", change.rule->meaning},
                           {"text", name + " is " + to + " in " + environment + ": " +
                                        std::string(change.rule->meaning)}};
  body["value"] = change.value ? boost::json::value(*change.value) : boost::json::value(nullptr);
  return json::to_text(body);
}

std::unique_ptr<telemetry::Series> open_series(const FlagOptions& options,
                                               const telemetry::Log& log) {
  const auto folder = state_folder(options.data);
  if (folder) {
    auto series = providers::local::make_sqlite_series(*folder / series_file);
    // Whether it can be written shows now and not in an hour.
    if (const auto tried = series->prune(UtcTime{}); tried)
      return series;
    else
      log.write(telemetry::Level::warning, "metrics are kept in memory only",
                {{"error_code", to_string(tried.error().code)}, {"error", tried.error().message}});
  }
  return std::make_unique<telemetry::MemorySeries>();
}

}  // namespace sotto::app
