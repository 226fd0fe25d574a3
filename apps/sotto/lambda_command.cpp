#include <memory>

#include "cli.hpp"
#include "flag_parts.hpp"
#include "host.hpp"
#include "providers/aws/account.hpp"
#include "providers/aws/dynamodb_checkpoints.hpp"
#include "state_folder.hpp"
#include "stores.hpp"

namespace sotto::app {

namespace {

constexpr std::string_view dynamodb = "dynamodb:";

Result<std::unique_ptr<ports::CheckpointStore>> open_table(const std::string& table) {
  if (table.empty())
    return fail(ErrorCode::invalid_argument, "SOTTO_CHECKPOINTS must name a table: dynamodb:TABLE",
                "SOTTO_CHECKPOINTS");
  namespace aws = providers::aws;
  auto client = aws::open_client(std::make_shared<aws::SystemEnvironment>());
  if (!client) return tl::unexpected(client.error());
  // A process number comes again; with its beginning it does not.
  return aws::make_dynamodb_checkpoint_store(std::move(*client), table,
                                             process_name() + " " + format_utc(system_utc()));
}

// As `bootstrap` has it, and all flag stores, and checkpoints in DynamoDB too.
Result<LambdaStores> open_stores(const LambdaOptions& options) {
  LambdaOptions others = options;
  others.store.clear();
  const bool in_table = options.checkpoints.starts_with(dynamodb);
  if (in_table) others.checkpoints.clear();
  auto stores = open_file_stores(others, in_table);
  if (!stores) return stores;
  if (in_table) {
    auto table = open_table(options.checkpoints.substr(dynamodb.size()));
    if (!table) return tl::unexpected(table.error());
    stores->checkpoints = std::move(*table);
  }
  if (options.store.empty()) return stores;
  auto flag = open_flag_store(options.store);
  if (!flag) return tl::unexpected(flag.error());
  stores->flag = std::move(*flag);
  return stores;
}

}  // namespace

void add_lambda(CLI::App& app, Run& run) {
  auto options = std::make_shared<LambdaOptions>();
  CLI::App* command = app.add_subcommand(
      "lambda", "Run as the function audio-processor of AWS Lambda, told by its environment");
  const auto add = [&](const char* name, std::string& value, const char* variable,
                       const char* help) {
    command->add_option(name, value, help)->envname(variable);
  };
  add("--runtime-api", options->runtime_api, "AWS_LAMBDA_RUNTIME_API",
      "The runtime API's address, HOST:PORT");
  add("--store", options->store, "SOTTO_STORE",
      "Where the flag lives: ssm:REGION, sqlite:PATH or file:PATH (what the environment says)");
  add("--checkpoints", options->checkpoints, "SOTTO_CHECKPOINTS",
      "Where sessions are kept between two invocations: dynamodb:TABLE or file:FOLDER");
  add("--decisions", options->decisions, "SOTTO_DECISIONS",
      "Where decisions go: file:PATH (they stay with their session)");
  add("--environment", options->environment, "SOTTO_ENVIRONMENT",
      "The metrics' label: dev, staging or prod (what the flag's name says)");
  add("--log-level", options->log_level, "LOG_LEVEL", "debug, info, warning or error (info)");
  command->callback(
      [options, &run] { run = [options] { return run_lambda(*options, open_stores); }; });
}

}  // namespace sotto::app
