#include "providers/aws/client/client.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <random>
#include <thread>

#include "json/members.hpp"
#include "json/text.hpp"
#include "providers/aws/client/service_error.hpp"
#include "providers/aws/client/sigv4.hpp"

namespace sotto::providers::aws {

namespace {

// Below this a refusal has other reasons than the clock: services accept five minutes.
constexpr std::chrono::minutes least_skew{1};

Endpoint of_aws(const Service& service, const std::string& region) {
  Endpoint endpoint;
  endpoint.host = std::string(service.host) + "." + region + ".amazonaws.com" +
                  (region.starts_with("cn-") ? ".cn" : "");
  endpoint.port = service.port;
  return endpoint;
}

std::string name_of(const Service& service, std::string_view operation) {
  return std::string(service.name) + " " + std::string(operation);
}

bool names(const Pairs& headers, std::string_view lower_name) {
  return std::any_of(headers.begin(), headers.end(), [&](const Pair& header) {
    return std::equal(header.first.begin(), header.first.end(), lower_name.begin(),
                      lower_name.end(), [](char a, char b) { return (a | 0x20) == (b | 0x20); });
  });
}

Retry retry_for(const Error& error) {
  if (error.code == ErrorCode::deadline_exceeded) return Retry::timeout;
  return error.code == ErrorCode::unavailable ? Retry::transient : Retry::never;
}

Result<boost::json::object> object_of(std::string_view call, const std::string& body) {
  if (body.empty()) return boost::json::object{};
  auto object = json::parse_object(body);
  if (!object)
    return fail(ErrorCode::internal, std::string(call) + ": the answer is not a JSON object");
  return std::move(*object);
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::optional<UtcTime> parse_http_date(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return {};
  const auto month = months.find(text.substr(8, 3));
  const auto day = number(text.substr(5, 2)), year = number(text.substr(12, 4)),
             hour = number(text.substr(17, 2)), minute = number(text.substr(20, 2)),
             second = number(text.substr(23, 2));
  if (month == std::string_view::npos || month % 3 != 0 || !day || !year || !hour || !minute ||
      !second)
    return {};
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(month / 3 + 1)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return {};
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second};
}

ClientDependencies ClientDependencies::real() {
  ClientDependencies real;
  real.now = [] {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  };
  real.ticks = [] { return std::chrono::steady_clock::now(); };
  real.random = [] {
    thread_local std::minstd_rand engine{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
  real.sleep = [](milliseconds time) { std::this_thread::sleep_for(time); };
  return real;
}

// What a call carries from attempt to attempt.
struct Client::Attempts {
  Credentials credentials = {};
  UtcTime signed_at = {};
  std::chrono::steady_clock::time_point deadline = {};
  bool has_credentials = false;
  bool clock_corrected = false;
  bool credentials_renewed = false;
};

Client::Client(ClientConfig config, std::shared_ptr<CredentialSource> credentials,
               std::shared_ptr<HttpSender> http, ClientDependencies dependencies)
    : config_(std::move(config)),
      credentials_(std::move(credentials)),
      http_(std::move(http)),
      dependencies_(std::move(dependencies)) {}

Endpoint Client::endpoint(const Service& service) const {
  auto found = config_.endpoints.find(service.name);
  if (found == config_.endpoints.end()) found = config_.endpoints.find("");
  return found != config_.endpoints.end() ? found->second : of_aws(service, config_.region);
}

UtcTime Client::now() const { return dependencies_.now() + milliseconds{skew_.load()}; }

Result<boost::json::object> Client::call(const Service& service, std::string_view operation,
                                         const boost::json::object& input, CallOptions options) {
  RestCall call;
  call.method = "POST";
  call.headers = {
      {"Content-Type", "application/x-amz-json-" + std::string(service.json_version)},
      {"X-Amz-Target", std::string(service.target_prefix) + "." + std::string(operation)}};
  call.body = json::to_text(input);
  return rest_json(service, operation, std::move(call), options);
}

Result<HttpResponse> Client::rest(const Service& service, std::string_view operation, RestCall call,
                                  CallOptions options) {
  if (!call.body.empty() && !names(call.headers, "content-type"))
    call.headers.emplace_back("Content-Type", "application/json");
  return perform(service, operation, std::move(call), options);
}

Result<boost::json::object> Client::rest_json(const Service& service, std::string_view operation,
                                              RestCall call, CallOptions options) {
  const auto answer = rest(service, operation, std::move(call), options);
  if (!answer) return tl::unexpected(answer.error());
  return object_of(name_of(service, operation), answer->body);
}

Result<std::string> Client::query(const Service& service, std::string_view operation,
                                  Pairs parameters, CallOptions options) {
  parameters.emplace_back("Action", operation);
  parameters.emplace_back("Version", service.api_version);
  RestCall call;
  call.method = "POST";
  call.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  call.body = encode_query(parameters);
  auto answer = perform(service, operation, std::move(call), options);
  if (!answer) return tl::unexpected(answer.error());
  return std::move(answer->body);
}

Result<HttpResponse> Client::perform(const Service& service, std::string_view operation,
                                     RestCall call, CallOptions options) {
  const std::string name = name_of(service, operation);
  const Endpoint where = endpoint(service);
  const int attempts = std::max(1, options.attempts > 0 ? options.attempts : config_.attempts);
  RetryBudget& budget = budget_of(service);
  Attempts state;
  state.deadline =
      dependencies_.ticks() + (options.deadline.count() > 0 ? options.deadline : config_.deadline);
  int taken = 0;
  for (int made = 1;; ++made) {
    auto answer = attempt(service, where, call, state);
    if (answer && answer->status >= 200 && answer->status < 300) {
      budget.succeeded(taken);
      return answer;
    }
    Error error;
    Retry retry = Retry::never;
    if (answer) {
      const ServiceError refusal = service_error(*answer);
      if (can_be_mended(*answer, state)) {
        --made;
        continue;
      }
      error = to_error(name, answer->status, refusal);
      retry = retry_for(answer->status, refusal.name);
    } else {
      error = answer.error();
      error.message = name + ": " + error.message;
      // Who fetches credentials knows how often to try.
      if (state.has_credentials) retry = retry_for(error);
    }
    if (made >= attempts || retry == Retry::never) return tl::unexpected(error);
    const milliseconds wait = retry_wait(made, dependencies_.random());
    if (dependencies_.ticks() + wait >= state.deadline) return tl::unexpected(error);
    taken = budget.take(retry);
    if (taken == 0) return tl::unexpected(error);
    dependencies_.sleep(wait);
  }
}

Result<HttpResponse> Client::attempt(const Service& service, const Endpoint& endpoint,
                                     const RestCall& call, Attempts& state) {
  auto credentials = credentials_->credentials();
  state.has_credentials = credentials.has_value();
  if (!credentials) return tl::unexpected(credentials.error());
  state.credentials = std::move(*credentials);
  state.signed_at = now();
  SignableRequest request{call.method, endpoint.path + call.path, encode_query(call.query),
                          call.headers, call.body};
  request.headers.emplace_back("Host", endpoint.host_header());
  sign(request, state.credentials, {config_.region, std::string(service.signing_name)},
       state.signed_at);
  request.headers.emplace_back("User-Agent", "sotto");
  const auto left =
      std::chrono::duration_cast<milliseconds>(state.deadline - dependencies_.ticks());
  if (left.count() <= 0) return fail(ErrorCode::deadline_exceeded, "no time is left");
  HttpRequest sent{call.method, request.path, std::move(request.headers), call.body};
  if (!request.query.empty()) sent.target += "?" + request.query;
  return http_->send(endpoint, sent, left);
}

// Each of them once a call, and at once: a service that refuses for another reason than it says is
// not asked for ever.
bool Client::can_be_mended(const HttpResponse& refusal, Attempts& state) {
  if (!state.clock_corrected && correct_clock(refusal, state.signed_at))
    return state.clock_corrected = true;
  if (!state.credentials_renewed && is_expired_token(service_error(refusal))) {
    credentials_->reject(state.credentials);
    return state.credentials_renewed = true;
  }
  return false;
}

bool Client::correct_clock(const HttpResponse& refusal, UtcTime signed_at) {
  if (!may_be_clock(service_error(refusal))) return false;
  const auto theirs = parse_http_date(refusal.header("Date"));
  if (!theirs || std::chrono::abs(*theirs - signed_at) < least_skew) return false;
  skew_ = (*theirs - dependencies_.now()).count();
  return true;
}

RetryBudget& Client::budget_of(const Service& service) {
  const std::lock_guard lock(mutex_);
  return budgets_[service.name];
}

}  // namespace sotto::providers::aws
