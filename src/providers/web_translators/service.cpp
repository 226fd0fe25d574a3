#include "providers/web_translators/service.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>
#include <chrono>

namespace sotto::providers::web_translators {

using namespace std::chrono_literals;
using http_client::HttpRequest;
using http_client::HttpResponse;
using supervision::SupervisionTime;

namespace {

constexpr milliseconds usage_limit_pause = 10min;  // it lasts for days
constexpr milliseconds least_time_for_a_try = 50ms;

std::string status_words(int status) { return "HTTP " + std::to_string(status); }

}  // namespace

std::optional<milliseconds> retry_after(const HttpResponse& response) {
  const std::string_view text = response.header("Retry-After");
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::min<milliseconds>(std::chrono::seconds(std::min(seconds, 3'600U)), 1h);
}

Error port_error(Error error) {
  if (error.code == ErrorCode::invalid_argument) error.code = ErrorCode::unavailable;
  return error;
}

Service::Service(Config config, Dependencies dependencies)
    : config_(std::move(config)),
      dependencies_(std::move(dependencies)),
      breaker_(config_.failures_to_open, config_.open_for),
      throttled_back_off_(1s, 60s) {}

void Service::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  stopped_.notify_all();
}

bool Service::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool Service::wait(milliseconds duration) {
  if (dependencies_.on_wait) dependencies_.on_wait(duration);
  std::unique_lock lock(mutex_);
  if (dependencies_.on_wait) return stopping_;
  return stopped_.wait_for(lock, duration, [this] { return stopping_; });
}

// Why nothing may be asked now.
std::optional<Error> Service::refusal() {
  const SupervisionTime now = dependencies_.now();
  const std::lock_guard lock(mutex_);
  if (stopping_)
    return Error{ErrorCode::unavailable, config_.name + " is asked no more: shutting down", {}};
  if (held_ && now < held_until_) return held_;
  held_.reset();
  if (breaker_.allows(now)) return std::nullopt;
  return Error{ErrorCode::unavailable,
               config_.name + " keeps failing; it is asked again in " +
                   std::to_string(breaker_.remaining(now).count()) + " ms",
               {}};
}

Result<boost::json::value> Service::call(HttpRequest request, SupervisionTime deadline) {
  request.target.insert(0, config_.endpoint.path);
  const auto left = [&] {
    return std::chrono::duration_cast<milliseconds>(deadline - dependencies_.now());
  };
  if (left() < least_time_for_a_try)
    return fail(ErrorCode::deadline_exceeded, config_.name + " had no time left to answer");
  if (auto refused = refusal()) return tl::unexpected(std::move(*refused));
  Attempt last = attempt(request, left());
  if (last.verdict == Verdict::failed || last.verdict == Verdict::throttled) {
    const auto jittered = 100ms + milliseconds{static_cast<int>(dependencies_.random() * 400)};
    const milliseconds pause = last.asked_wait.value_or(jittered);
    if (pause + least_time_for_a_try <= left() && !wait(pause)) last = attempt(request, left());
  }
  note(last);
  return std::move(last.result);
}

Service::Attempt Service::attempt(const HttpRequest& request, milliseconds patience) const {
  const auto late = [&] {
    return Attempt{Verdict::failed_for_good,
                   fail(ErrorCode::deadline_exceeded, config_.name + " did not answer in time")};
  };
  if (patience <= 0ms) return late();
  const auto response = dependencies_.http->send(config_.endpoint, request, patience);
  if (response) return judge(*response);
  if (response.error().code == ErrorCode::deadline_exceeded) return late();
  // Its message names the host and what broke, no more.
  const std::string message = config_.name + ": " + response.error().message;
  const bool may_pass = response.error().code == ErrorCode::unavailable;
  return {may_pass ? Verdict::failed : Verdict::failed_for_good,
          fail(ErrorCode::unavailable, message)};
}

Service::Attempt Service::judge(const HttpResponse& response) const {
  if (response.status != 200) return judge_status(response);
  if (response.body.size() > config_.largest_answer)
    return {Verdict::failed_for_good,
            fail(ErrorCode::unavailable, config_.name + " answered more than " +
                                             std::to_string(config_.largest_answer) + " bytes")};
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(response.body, error);  // checks UTF-8 too
  if (error)
    return {Verdict::failed,
            fail(ErrorCode::unavailable, config_.name + " answered something that is no JSON")};
  return {Verdict::answered, std::move(value)};
}

Service::Attempt Service::judge_status(const HttpResponse& response) const {
  const int status = response.status;
  if (status == config_.usage_limit_status)
    return {Verdict::throttled,
            fail(ErrorCode::resource_exhausted, config_.name + ": the usage limit is reached (" +
                                                    status_words(status) + "); " +
                                                    config_.usage_advice),
            usage_limit_pause};
  if (status == 429 || status == 529)  // 529: DeepL's and others' for an overloaded service
    return {Verdict::throttled,
            fail(ErrorCode::resource_exhausted,
                 config_.name + " has too many requests (" + status_words(status) + ")"),
            retry_after(response)};
  if (status >= 500)
    return {Verdict::failed,
            fail(ErrorCode::unavailable, config_.name + " failed (" + status_words(status) + ")"),
            retry_after(response)};
  if (status == 401 || status == 403)
    return {Verdict::failed_for_good,
            fail(ErrorCode::unavailable, config_.name + " refused the key (" +
                                             status_words(status) + "); " + config_.key_advice)};
  if (status == 400 || status == 413 || status == 422)
    return {Verdict::answered, fail(ErrorCode::invalid_argument,
                                    config_.name + " refused the request (" + status_words(status) +
                                        "); " + config_.key_advice)};
  return {Verdict::failed_for_good,
          fail(ErrorCode::unavailable,
               config_.name + " answered " + status_words(status) + "; " + config_.url_advice)};
}

void Service::note(const Attempt& attempt) {
  const SupervisionTime now = dependencies_.now();
  if (attempt.verdict == Verdict::throttled)
    hold(std::max(attempt.asked_wait.value_or(milliseconds{0}), back_off()),
         attempt.result.error());
  const std::lock_guard lock(mutex_);
  switch (attempt.verdict) {
    case Verdict::answered:
      breaker_.succeeded();
      throttled_back_off_.reset();
      break;
    case Verdict::throttled:
      breaker_.succeeded();  // it is there; what holds requests back is held_
      break;
    case Verdict::failed:
    case Verdict::failed_for_good: breaker_.failed(now); break;
  }
}

milliseconds Service::back_off() {
  const std::lock_guard lock(mutex_);
  return throttled_back_off_.next();
}

void Service::hold(milliseconds duration, const Error& error) {
  const SupervisionTime now = dependencies_.now();
  const std::lock_guard lock(mutex_);
  held_until_ = now + duration;
  held_ = error;
}

}  // namespace sotto::providers::web_translators
