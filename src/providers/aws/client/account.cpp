#include "providers/aws/client/account.hpp"

#include <algorithm>
#include <array>

#include "providers/aws/credentials/credential_providers.hpp"
#include "providers/aws/credentials/credentials.hpp"
#include "providers/aws/credentials/profile.hpp"

namespace sotto::providers::aws {

namespace {

constexpr std::array all_services = {services::ssm,
                                     services::dynamodb,
                                     services::cloudwatch,
                                     services::cloudwatch_logs,
                                     services::kinesis,
                                     services::lambda,
                                     services::polly,
                                     services::sts,
                                     services::transcribe_streaming,
                                     services::translate};

std::string variable_of(const Service& service) {
  std::string name = "AWS_ENDPOINT_URL_";
  for (const char c : service.name)
    name += c == ' ' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return name;
}

// It becomes part of host names, so nothing else may get in.
Result<std::string> checked_region(std::string region) {
  const bool fits = !region.empty() && region.size() <= 32 &&
                    std::all_of(region.begin(), region.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                    });
  if (!fits)
    return fail(ErrorCode::invalid_argument,
                region.empty() ? "no AWS region is set; set AWS_REGION, such as eu-west-1"
                               : "the AWS region must be a name such as eu-west-1",
                "AWS_REGION");
  return region;
}

}  // namespace

Result<std::string> find_region(const Environment& environment, HttpSender& http) {
  for (const char* setting : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (auto region = environment.variable(setting)) return checked_region(std::move(*region));
  const auto profile = profile_in_force(environment);
  if (!profile) return tl::unexpected(profile.error());
  if (*profile && (*profile)->contains("region")) return checked_region((*profile)->at("region"));
  return checked_region(instance_region(environment, http).value_or(""));
}

Result<std::map<std::string, Endpoint, std::less<>>> find_endpoints(
    const Environment& environment) {
  std::map<std::string, Endpoint, std::less<>> endpoints;
  const auto add = [&](std::string_view service, const std::string& setting) -> Result<> {
    const auto url = environment.variable(setting);
    if (!url) return {};
    auto endpoint = parse_endpoint(*url, setting);
    if (!endpoint) return tl::unexpected(endpoint.error());
    endpoints.emplace(service, std::move(*endpoint));
    return {};
  };
  if (const auto added = add("", "AWS_ENDPOINT_URL"); !added) return tl::unexpected(added.error());
  for (const Service& service : all_services)
    if (const auto added = add(service.name, variable_of(service)); !added)
      return tl::unexpected(added.error());
  return endpoints;
}

Result<std::shared_ptr<Client>> open_client(std::shared_ptr<const Environment> environment,
                                            std::string region) {
  HttpClient::Config with;
  with.ca_file = environment->variable("AWS_CA_BUNDLE").value_or("");
  auto http = HttpClient::create(std::move(with));
  if (!http) {
    http.error().field = "AWS_CA_BUNDLE";
    return tl::unexpected(http.error());
  }
  auto found = region.empty() ? find_region(*environment, **http) : checked_region(region);
  if (!found) return tl::unexpected(found.error());
  auto endpoints = find_endpoints(*environment);
  if (!endpoints) return tl::unexpected(endpoints.error());
  ClientConfig config;
  config.region = std::move(*found);
  config.endpoints = std::move(*endpoints);
  const ClientDependencies dependencies = ClientDependencies::real();
  auto credentials = std::make_shared<CachedCredentials>(
      [environment, sender = *http] { return find_credentials(*environment, *sender); },
      dependencies.now);
  return std::make_shared<Client>(std::move(config), std::move(credentials), *http, dependencies);
}

}  // namespace sotto::providers::aws
