#include "lambda/runtime.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <exception>
#include <utility>

namespace sotto::lambda {

namespace {

constexpr std::string_view version = "/2018-06-01/runtime/";

// Where none is given, none is kept.
UtcTime deadline_of(std::string_view text) {
  constexpr milliseconds::rep far = 253'402'300'799'000;  // the end of the year 9999
  milliseconds::rep ms = far;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || ms < 0) ms = far;
  return UtcTime{milliseconds{std::min(ms, far)}};
}

// As a name of a class of errors: Function.InvalidArgument.
std::string error_type(const Error& error) {
  std::string name = "Function.";
  bool capital = true;
  for (const char c : to_string(error.code)) {
    if (c != '_') name += capital ? static_cast<char>(c - 'a' + 'A') : c;
    capital = c == '_';
  }
  return name;
}

std::string error_body(const Error& error) {
  boost::json::object body{{"errorMessage", error.message},
                           {"errorType", error_type(error)},
                           {"stackTrace", boost::json::array{}}};
  return boost::json::serialize(body);
}

Result<std::string> answer_of(const Handler& handler, std::string_view payload,
                              const InvocationContext& context) {
  try {
    auto answer = handler(payload, context);
    if (answer && answer->size() > Runtime::max_answer_bytes)
      return fail(ErrorCode::resource_exhausted, "the answer is larger than 6 MB");
    return answer;
  } catch (const std::exception& thrown) {
    return fail(ErrorCode::internal, std::string("the handler failed: ") + thrown.what());
  }
}

}  // namespace

Result<Runtime> Runtime::create(const std::string& api,
                                std::function<void(const std::string&)> set_trace_id) {
  auto connection = HttpConnection::create(api);
  if (!connection) return tl::unexpected(connection.error());
  return Runtime(std::move(*connection), std::move(set_trace_id));
}

Error Runtime::run(const Handler& handler) {
  for (;;)
    if (const auto handled = run_once(handler); !handled) return handled.error();
}

Result<> Runtime::run_once(const Handler& handler) {
  auto next = this->next();
  if (!next) return tl::unexpected(next.error());
  const InvocationContext context{std::string(next->header("lambda-runtime-aws-request-id")),
                                  deadline_of(next->header("lambda-runtime-deadline-ms")),
                                  std::string(next->header("lambda-runtime-trace-id")),
                                  std::string(next->header("lambda-runtime-invoked-function-arn"))};
  if (set_trace_id_) set_trace_id_(context.trace_id);
  const auto answer = answer_of(handler, next->body, context);
  const std::string path = "invocation/" + context.request_id;
  if (answer) return post(path + "/response", *answer, nullptr);
  return post(path + "/error", error_body(answer.error()), &answer.error());
}

Result<> Runtime::report_init_error(const Error& error) {
  return post("init/error", error_body(error), &error);
}

Result<HttpAnswer> Runtime::next() {
  auto answer = connection_.ask("GET", std::string(version) + "invocation/next", "", "");
  if (!answer) return answer;
  const std::string_view id = answer->header("lambda-runtime-aws-request-id");
  const bool can_be_a_path =
      !id.empty() && id.size() <= 200 && std::all_of(id.begin(), id.end(), [](char c) {
        return c > ' ' && c < 127 && c != '/' && c != '?' && c != '#';
      });
  if (answer->status != 200 || !can_be_a_path)
    return fail(ErrorCode::unavailable, "the runtime API answers " +
                                            std::to_string(answer->status) +
                                            " where an invocation was expected");
  return answer;
}

// A refused answer (403, 413) is over and done with: its invocation has ended, or it was too large.
Result<> Runtime::post(const std::string& path, std::string_view body, const Error* error) {
  std::string headers = "Content-Type: application/json\r\n";
  if (error) headers += "Lambda-Runtime-Function-Error-Type: " + error_type(*error) + "\r\n";
  const auto answer = connection_.ask("POST", std::string(version) + path, headers, body);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status >= 500)
    return fail(ErrorCode::unavailable, "the runtime API answers " +
                                            std::to_string(answer->status) +
                                            ": this container cannot go on");
  return {};
}

}  // namespace sotto::lambda
