#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/utc_time.hpp"
#include "providers/aws/client/http.hpp"
#include "providers/aws/credentials/identity.hpp"

/// Signature Version 4, as AWS's "Signature Version 4 for API requests" in the IAM User Guide has
/// it. Pure: nothing here reads a clock, an environment or a network. Everything is thread-safe.
namespace sotto::providers::aws {

/// Where a signature is good: `us-east-1`, `ssm`.
struct SigningScope {
  std::string region = {};
  std::string service = {};  ///< the signing name, which can differ from the host's first part
};

/// A request as it goes out. Both the path and the query are as in the request line, so
/// percent-encoded once; the headers include `Host`, with the port where it is sent with one.
struct SignableRequest {
  std::string method = "GET";
  std::string path = "/";
  std::string query = {};  ///< without the question mark
  Pairs headers = {};
  std::string_view body = {};
};

/// RFC 3986: everything but letters, digits and `-._~` becomes %XX, byte by byte; a slash stays
/// where `keep_slash` says so.
std::string percent_encode(std::string_view text, bool keep_slash = false);

/// `a=1&b=two%20words`, in the given order, from names and values in plain UTF-8.
std::string encode_query(const Pairs& parameters);

/// The moment as `20150830T123600Z`.
std::string amz_date(UtcTime time);

/// The canonical request. The path is normalized (RFC 3986, 5.2.4; no doubled slashes) and encoded
/// once more, as every service but S3 wants it; the query is sorted by the code points of its
/// encoded names, then values; headers are in lower case, sorted, their values trimmed, runs of
/// white space one space, equal names joined by commas in the order given. Signed is every header
/// but those that a proxy or a client library may change: authorization, connection, expect,
/// transfer-encoding, user-agent, x-amzn-trace-id.
std::string canonical_request(const SignableRequest& request);

/// The signature of a canonical request: 64 hexadecimal digits.
std::string signature_of(std::string_view canonical_request, const Credentials& credentials,
                         const SigningScope& scope, UtcTime now);

/// Signs by header: replaces `X-Amz-Date`, `X-Amz-Security-Token` (where there is a token) and
/// `Authorization`. `now` must be within five minutes of the service's clock.
void sign(SignableRequest& request, const Credentials& credentials, const SigningScope& scope,
          UtcTime now);

/// Signs by query, for a URL that somebody opens by itself: the query to send, sorted, with the
/// signature last. Only the headers in `request` are signed: give no more than `Host`. `expires` is
/// how long the URL may be opened, 1 s to 7 days (Amazon Transcribe: up to 300 s).
std::string presigned_query(const SignableRequest& request, const Credentials& credentials,
                            const SigningScope& scope, UtcTime now, std::chrono::seconds expires);

}  // namespace sotto::providers::aws
