#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "lambda_host/host.hpp"
#include "ports/flag_store.hpp"
#include "ports/recogniser.hpp"

namespace sotto::providers::aws {
class Client;
}

namespace sotto::lambda_host {

/// Opens the flag store of a URL.
using OpenFlagStore =
    std::function<Result<std::unique_ptr<ports::FlagStore>>(const std::string& url)>;

/// The flag in `file:PATH`, or in Parameter Store as `ssm:REGION` (`ssm:` is the region that the
/// environment says). Opens nothing yet; without a region blocks for 2 s at the most. Errors:
/// `invalid_argument` naming what there is, and without a region.
Result<std::unique_ptr<ports::FlagStore>> open_function_flag(const std::string& url);

/// Amazon Transcribe, with certificates from AWS_CA_BUNDLE or the system's. Errors:
/// `invalid_argument`.
Result<std::unique_ptr<ports::Recogniser>> open_transcribe(
    std::shared_ptr<providers::aws::Client> client, std::size_t max_streams);

/// Those that the options name: the flag as `open_flag` has it; checkpoints in `dynamodb:TABLE` or
/// `file:FOLDER`; decisions in `kinesis:STREAM` or `file:PATH`; `transcribe` as the recogniser.
/// Errors: `invalid_argument` naming the variable, and those of `open_flag`.
Result<LambdaStores> open_function_stores(const LambdaOptions& options,
                                          const OpenFlagStore& open_flag);

}  // namespace sotto::lambda_host
