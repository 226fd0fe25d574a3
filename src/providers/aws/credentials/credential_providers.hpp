#pragma once

#include <optional>

#include "base/result.hpp"
#include "providers/aws/client/http.hpp"
#include "providers/aws/credentials/environment.hpp"
#include "providers/aws/credentials/identity.hpp"

/// The sources of credentials, as the AWS SDKs and Tools Reference Guide, "Standardized credential
/// providers", describes them. Each function returns nothing if its source is not configured, and
/// an error if it is configured but does not work. A message names the source and what to do, and
/// contains no secret. All block for as long as stated, and are thread-safe.
namespace sotto::providers::aws {

using MaybeCredentials = Result<std::optional<Credentials>>;

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. `invalid_argument` for half of it.
MaybeCredentials from_variables(const Environment& environment);

/// A token in AWS_WEB_IDENTITY_TOKEN_FILE, exchanged at STS for the role AWS_ROLE_ARN
/// (AssumeRoleWithWebIdentity; a Kubernetes service account). At most 10 s.
MaybeCredentials from_web_identity(const Environment& environment, HttpSender& http);

/// The profile in force: its keys, its web identity, or what its `credential_process` prints (at
/// most 30 s). Roles that are assumed with other credentials and IAM Identity Center are not
/// supported: the message says to use `credential_process`.
MaybeCredentials from_profile(const Environment& environment, HttpSender& http);

/// A container's or function's: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, or ..._FULL_URI (https, or
/// http to this machine and the addresses of ECS and EKS) with AWS_CONTAINER_AUTHORIZATION_TOKEN
/// or ..._TOKEN_FILE. At most 4 s.
MaybeCredentials from_container(const Environment& environment, HttpSender& http);

/// The role of the EC2 instance, by the metadata service, version 2. Nothing where nobody answers
/// (within 1 s), where there is no role, and with AWS_EC2_METADATA_DISABLED=true.
MaybeCredentials from_instance(const Environment& environment, HttpSender& http);

/// The region of the EC2 instance; nothing as from_instance().
std::optional<std::string> instance_region(const Environment& environment, HttpSender& http);

/// Where STS is in the region that the environment names: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL,
/// or AWS's. Errors: `invalid_argument`.
Result<Endpoint> sts_endpoint(const Environment& environment);

}  // namespace sotto::providers::aws
