#include <memory>

#include "lambda_host/function_stores.hpp"
#include "lambda_host/host.hpp"
#include "options/cli.hpp"
#include "options/stores.hpp"

namespace sotto::app {

namespace {

// As `bootstrap` has it, and the flag in SQLite too.
Result<lambda_host::LambdaStores> open_stores(const lambda_host::LambdaOptions& options) {
  return lambda_host::open_function_stores(options, open_flag_store);
}

}  // namespace

void add_lambda(CLI::App& app, Run& run) {
  auto options = std::make_shared<lambda_host::LambdaOptions>();
  CLI::App* command = app.add_subcommand(
      "lambda", "Run as the AWS Lambda function audio-processor, configured by its environment");
  const auto add = [&](const char* name, std::string& value, const char* variable,
                       const char* help) {
    command->add_option(name, value, help)->envname(variable);
  };
  add("--runtime-api", options->runtime_api, "AWS_LAMBDA_RUNTIME_API",
      "The runtime API's address, HOST:PORT");
  add("--store", options->store, "SOTTO_STORE",
      "The flag's store: ssm:REGION, sqlite:PATH or file:PATH (the environment's values)");
  add("--checkpoints", options->checkpoints, "SOTTO_CHECKPOINTS",
      "The store of checkpoints: dynamodb:TABLE or file:FOLDER");
  add("--decisions", options->decisions, "SOTTO_DECISIONS",
      "Where decisions go: kinesis:STREAM or file:PATH (they stay in the checkpoint)");
  add("--recogniser", options->recogniser, "SOTTO_RECOGNISER",
      "The recogniser for records of audio: transcribe (none: records are transcript events)");
  add("--environment", options->environment, "SOTTO_ENVIRONMENT",
      "The metrics' label: dev, staging or prod (taken from the flag's name)");
  add("--log-level", options->log_level, "LOG_LEVEL", "debug, info, warning or error (info)");
  command->callback([options, &run] {
    run = [options] { return lambda_host::run_lambda(*options, open_stores); };
  });
}

}  // namespace sotto::app
