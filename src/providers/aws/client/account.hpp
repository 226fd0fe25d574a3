#pragma once

#include <memory>
#include <string>

#include "providers/aws/client/client.hpp"
#include "providers/aws/credentials/environment.hpp"

namespace sotto::providers::aws {

/// The region: AWS_REGION, AWS_DEFAULT_REGION, the profile's, the EC2 instance's. Blocks for at
/// most 2 s. Errors: `invalid_argument` where there is none or it is no region's name.
Result<std::string> find_region(const Environment& environment, HttpSender& http);

/// The endpoints that the environment sets in AWS's place: AWS_ENDPOINT_URL for all, and
/// AWS_ENDPOINT_URL_SSM, _DYNAMODB, _CLOUDWATCH, _CLOUDWATCH_LOGS, _KINESIS, _LAMBDA, _POLLY,
/// _STS, _TRANSCRIBE_STREAMING, _TRANSLATE. As ClientConfig has them. Errors: `invalid_argument`.
Result<std::map<std::string, Endpoint, std::less<>>> find_endpoints(const Environment& environment);

/// A client as the environment sets it up: region (`region` where it is not empty), endpoints,
/// credentials as find_credentials() (looked for at the first call), and certificates from
/// AWS_CA_BUNDLE or the system's. Errors: as the functions above; `invalid_argument` for a bundle
/// that cannot be read.
Result<std::shared_ptr<Client>> open_client(std::shared_ptr<const Environment> environment,
                                            std::string region = {});

}  // namespace sotto::providers::aws
