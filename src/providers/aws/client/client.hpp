#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "base/utc_time.hpp"
#include "providers/aws/client/http.hpp"
#include "providers/aws/client/retry.hpp"
#include "providers/aws/client/service.hpp"
#include "providers/aws/credentials/credential_source.hpp"

namespace sotto::providers::aws {

/// A client's clocks, random numbers and sleep, so that tests can replace them.
struct ClientDependencies {
  std::function<UtcTime()> now = {};                                  ///< the current time of day
  std::function<std::chrono::steady_clock::time_point()> ticks = {};  ///< for deadlines
  std::function<double()> random = {};                                ///< in [0, 1)
  std::function<void(milliseconds)> sleep = {};                       ///< blocks

  /// The real ones. All are thread-safe.
  static ClientDependencies real();
};

struct ClientConfig {
  std::string region = {};  ///< such as eu-west-1
  /// Where other than AWS a service is, by Service::name; under "" for those that are not named.
  std::map<std::string, Endpoint, std::less<>> endpoints = {};
  milliseconds deadline = std::chrono::seconds{5};  ///< for a call with all its attempts
  int attempts = 3;                                 ///< at most, 1 or more
};

struct CallOptions {
  milliseconds deadline{0};  ///< 0: the client's
  int attempts = 0;          ///< 0: the client's; 1 for calls that must not happen twice
};

/// One request of a service whose operations are paths: Lambda, Polly.
struct RestCall {
  std::string method = "GET";
  std::string path = "/";  ///< percent-encoded where it must be
  Pairs query = {};        ///< plain
  Pairs headers = {};
  std::string body = {};  ///< goes with Content-Type application/json where headers name none
};

/// Calls AWS services, blocking, over connections that are kept open, signed with Signature Version
/// 4. Failed calls are retried as retry.hpp says, so a call may be executed twice: perhaps only the
/// response of the first attempt was lost. A wrong clock is corrected by the Date of the service's
/// refusal. Credentials that are refused as expired are fetched again, once per call.
///
///     auto client = Client(config, credentials, http);
///     auto answer = client.call(services::ssm, "GetParameter", {{"Name", "/sotto/flag"}});
///     if (!answer && answer.error().field == "ParameterNotFound") ...
///
/// Errors of every call: code and field as service_error.hpp has them (`field` is the error's name,
/// empty where the service did not answer); `unavailable` and `deadline_exceeded` as
/// HttpSender::send(); `permission_denied` without credentials; `internal` for an answer that is
/// not what the protocol says. The message begins with service and operation and holds no secret.
///
/// Thread-safe; concurrent calls have connections of their own.
class Client {
 public:
  Client(ClientConfig config, std::shared_ptr<CredentialSource> credentials,
         std::shared_ptr<HttpSender> http,
         ClientDependencies dependencies = ClientDependencies::real());

  /// A JSON 1.0 or 1.1 operation (SSM, DynamoDB, CloudWatch, Translate): POST of `input` with
  /// X-Amz-Target. The answer's object; an empty one for an empty body.
  Result<boost::json::object> call(const Service& service, std::string_view operation,
                                   const boost::json::object& input, CallOptions options = {});

  /// A REST operation, its answer as it comes (Polly's sound, a header's value). `operation` is for
  /// messages only.
  Result<HttpResponse> rest(const Service& service, std::string_view operation, RestCall call,
                            CallOptions options = {});

  /// A REST operation with an answer in JSON (Lambda).
  Result<boost::json::object> rest_json(const Service& service, std::string_view operation,
                                        RestCall call, CallOptions options = {});

  /// A query operation (STS): POST of a form with Action and Version. The answer's XML; xml_text()
  /// reads it.
  Result<std::string> query(const Service& service, std::string_view operation, Pairs parameters,
                            CallOptions options = {});

  /// Where a service is.
  Endpoint endpoint(const Service& service) const;

  const std::string& region() const { return config_.region; }

  /// The current time, corrected by the services' clock if a refusal has shown a difference. Use it
  /// to presign.
  UtcTime now() const;

  /// What to presign with; see CredentialSource.
  Result<Credentials> credentials() { return credentials_->credentials(); }

  /// What was presigned with these was refused as expired; see CredentialSource.
  void reject(const Credentials& refused) { credentials_->reject(refused); }

  /// To be called when a request signed at `signed_at`, a time of now(), was refused with this
  /// answer. If a wrong clock may be the cause (may_be_clock()) and the answer's Date differs by a
  /// minute or more, now() follows that Date from here on. True: it does, and signing again may
  /// help. Sign again only once per request, or a service that refuses for another reason is called
  /// for ever.
  bool correct_clock(const HttpResponse& refusal, UtcTime signed_at);

 private:
  struct Attempts;
  Result<HttpResponse> perform(const Service& service, std::string_view operation, RestCall call,
                               CallOptions options);
  Result<HttpResponse> attempt(const Service& service, const Endpoint& endpoint,
                               const RestCall& call, Attempts& state);
  bool can_be_mended(const HttpResponse& refusal, Attempts& state);
  RetryBudget& budget_of(const Service& service);

  const ClientConfig config_;
  const std::shared_ptr<CredentialSource> credentials_;
  const std::shared_ptr<HttpSender> http_;
  const ClientDependencies dependencies_;

  std::atomic<milliseconds::rep> skew_ = 0;  // the services' clock less ours, ms
  std::mutex mutex_;
  std::map<std::string_view, RetryBudget> budgets_;  // guarded by mutex_; each is thread-safe
};

/// An HTTP date (RFC 9110, 5.6.7, the fixed form): `Tue, 15 Nov 1994 08:12:31 GMT`.
std::optional<UtcTime> parse_http_date(std::string_view text);

}  // namespace sotto::providers::aws
