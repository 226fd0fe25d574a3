#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "providers/aws/client/http.hpp"

namespace sotto::providers::aws {

/// What a service says went wrong: the error's name without what comes around it
/// (`com.amazonaws.ssm#ParameterNotFound`, `ValidationException:http://...`) and without
/// "Exception"; and its sentence.
struct ServiceError {
  std::string name = {};
  std::string sentence = {};
};

/// Reads the error of an answer whose status is no 2xx: `x-amzn-errortype`, or `__type` or `code`
/// of a JSON body, or `<Code>` of an XML one. Both parts may be empty.
ServiceError service_error(const HttpResponse& response);

/// Which kind of failure that is: by the name where it is known, else by the status.
///
/// | `permission_denied` | AccessDenied, unknown or expired keys, wrong signatures; 401, 403 |
/// | `resource_exhausted` | throttling, limits; 429 |
/// | `conflict` | ConditionalCheckFailed, TransactionCanceled, ...; 409, 412 |
/// | `already_exists` | ParameterAlreadyExists, ResourceAlreadyExists, ... |
/// | `not_found` | ParameterNotFound, ResourceNotFound, ...; 404 |
/// | `unavailable` | 5xx |
/// | `deadline_exceeded` | RequestTimeout; 408 |
/// | `invalid_argument` | any other 4xx |
ErrorCode code_of(int status, std::string_view name);

/// The failure of a call as a value: `SSM PutParameter: ParameterAlreadyExists: the sentence`, on
/// one line of at most 400 bytes; `field` is the error's name. What a service says of a wrong
/// signature is left out: it can quote the session's token.
Error to_error(std::string_view call, int status, const ServiceError& error);

/// Was the request refused because its moment is too far from the service's clock, or may that be
/// why its signature is wrong? By the error's name; by a sentence "Signature expired: ..." or
/// "Signature not yet current: ..." whatever the name (IAM User Guide, "Troubleshoot Signature
/// Version 4").
bool may_be_clock(const ServiceError& error);

/// Was it refused because the credentials are too old?
bool is_expired_token(const ServiceError& error);

/// The text of the first element of that name in an XML text, entities resolved; empty where there
/// is none. Enough for the flat answers of query services, no XML parser.
std::string xml_text(std::string_view xml, std::string_view element);

}  // namespace sotto::providers::aws
