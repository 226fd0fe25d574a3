#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "lambda/http_connection.hpp"

namespace sotto::lambda {

/// An invocation as the runtime API announces it.
struct InvocationContext {
  std::string request_id;
  UtcTime deadline{};  ///< when the function is ended; far away where none is given
  std::string trace_id;
  std::string function_arn;
};

/// Answers a payload with a payload.
using Handler =
    std::function<Result<std::string>(std::string_view payload, const InvocationContext& context)>;

/// The loop of a function in AWS Lambda: it asks the runtime API for the next invocation, has the
/// handler answer it, and hands the answer or the error back. Source:
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
/// Not thread-safe.
class Runtime {
 public:
  /// `api` is AWS_LAMBDA_RUNTIME_API. `set_trace_id` gets each invocation's, which libraries look
  /// for in _X_AMZN_TRACE_ID. Errors: `invalid_argument`.
  static Result<Runtime> create(const std::string& api,
                                std::function<void(const std::string&)> set_trace_id);

  /// Handles invocations until the API cannot be asked any more or says that the container is
  /// broken, and returns that error. What the handler throws is an error of its invocation.
  Error run(const Handler& handler);

  /// Handles one invocation. Errors: `unavailable`, when there will be no other.
  Result<> run_once(const Handler& handler);

  /// Says that the function cannot begin; the process is then to end.
  Result<> report_init_error(const Error& error);

  /// An answer has at most so many bytes; a longer one is an error of its invocation.
  static constexpr std::size_t max_answer_bytes = 6 << 20;

 private:
  Runtime(HttpConnection connection, std::function<void(const std::string&)> set_trace_id)
      : connection_(std::move(connection)), set_trace_id_(std::move(set_trace_id)) {}

  Result<HttpAnswer> next();
  Result<> post(const std::string& path, std::string_view body, const Error* error);

  HttpConnection connection_;
  std::function<void(const std::string&)> set_trace_id_;
};

}  // namespace sotto::lambda
