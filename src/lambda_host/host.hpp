#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "ports/checkpoint_store.hpp"
#include "ports/decision_sink.hpp"
#include "ports/flag_store.hpp"
#include "ports/recogniser.hpp"

namespace sotto::lambda_host {

/// What the function is told, as the environment of AWS Lambda tells it.
struct LambdaOptions {
  std::string runtime_api;  ///< AWS_LAMBDA_RUNTIME_API
  std::string store;        ///< SOTTO_STORE; empty: the flag is what the environment says
  std::string checkpoints;  ///< SOTTO_CHECKPOINTS
  std::string decisions;    ///< SOTTO_DECISIONS; empty: they stay in the checkpoints
  std::string recogniser;   ///< SOTTO_RECOGNISER; empty: records are transcript events, no audio
  std::string environment;  ///< SOTTO_ENVIRONMENT: the metrics' label; empty: the flag's name says
  std::string log_level;    ///< LOG_LEVEL; empty: info
};

/// They, as the environment has them.
LambdaOptions lambda_options_of_environment();

/// The outside systems that the function works with.
struct LambdaStores {
  std::unique_ptr<ports::FlagStore> flag;  ///< null: none
  std::unique_ptr<ports::CheckpointStore> checkpoints;
  std::unique_ptr<ports::DecisionSink> decisions;  ///< null: none
  std::unique_ptr<ports::Recogniser> recogniser;   ///< null: none
};

/// Opens those that the options name.
using OpenLambdaStores = std::function<Result<LambdaStores>(const LambdaOptions& options)>;

/// Runs `audio-processor` until the runtime API is gone; returns the exit code. What fails before
/// the first invocation is reported to the runtime API. Log lines go to standard error, metrics to
/// standard output.
int run_lambda(const LambdaOptions& options, const OpenLambdaStores& open);

}  // namespace sotto::lambda_host
