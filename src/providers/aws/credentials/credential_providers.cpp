#include "providers/aws/credentials/credential_providers.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>

#include "json/members.hpp"
#include "providers/aws/client/service_error.hpp"
#include "providers/aws/client/sigv4.hpp"
#include "providers/aws/credentials/profile.hpp"

namespace sotto::providers::aws {

namespace {

constexpr milliseconds sts_patience = std::chrono::seconds{5},
                       container_patience = std::chrono::seconds{2},
                       instance_patience = std::chrono::seconds{1},
                       process_patience = std::chrono::seconds{30};
constexpr std::string_view web_identity = "the web identity", container = "the container";

std::string trimmed(std::string text) {
  const auto is_space = [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.back())) text.pop_back();
  while (!text.empty() && is_space(text.front())) text.erase(text.begin());
  return text;
}

// `2026-01-31T12:00:00Z`, and with +00:00 for Z as some programs write it.
std::optional<UtcTime> moment_in(std::string text) {
  if (text.ends_with("+00:00")) text.replace(text.size() - 6, 6, "Z");
  const auto time = parse_utc(text);
  return time ? std::optional(*time) : std::nullopt;
}

// The text that every place but the first gives, with its name for the token.
MaybeCredentials parse(std::string_view place, const std::string& text, std::string_view token) {
  const auto object = json::parse_object(text);
  if (!object)
    return fail(ErrorCode::unavailable,
                "AWS credentials of " + std::string(place) + ": the answer is no JSON object");
  Credentials found{json::text_member(*object, "AccessKeyId").value_or(""),
                    json::text_member(*object, "SecretAccessKey").value_or(""),
                    json::text_member(*object, token).value_or(""),
                    {}};
  const auto expiration = json::text_member(*object, "Expiration");
  if (expiration) found.expires_at = moment_in(*expiration);
  if (found.access_key_id.empty() || found.secret_access_key.empty() ||
      (expiration && !found.expires_at))
    return fail(ErrorCode::unavailable,
                "AWS credentials of " + std::string(place) +
                    ": the answer lacks AccessKeyId, SecretAccessKey or a readable Expiration");
  return found;
}

Result<HttpResponse> send_twice(HttpSender& http, const Endpoint& endpoint,
                                const HttpRequest& request, milliseconds patience) {
  auto answer = http.send(endpoint, request, patience);
  const bool again = answer ? answer->status >= 500
                            : answer.error().code == ErrorCode::unavailable ||
                                  answer.error().code == ErrorCode::deadline_exceeded;
  return again ? http.send(endpoint, request, patience) : answer;
}

MaybeCredentials assume_with_web_identity(const Environment& environment, HttpSender& http,
                                          const std::string& token_file, const std::string& role) {
  const auto token = environment.read_file(token_file);
  if (!token)
    return fail(ErrorCode::not_found,
                "AWS credentials of " + std::string(web_identity) + ": " + token.error().message,
                "AWS_WEB_IDENTITY_TOKEN_FILE");
  const auto endpoint = sts_endpoint(environment);
  if (!endpoint) return tl::unexpected(endpoint.error());
  HttpRequest request{"POST", endpoint->path + "/", {}, {}};
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = encode_query(
      {{"Action", "AssumeRoleWithWebIdentity"},
       {"Version", "2011-06-15"},
       {"RoleArn", role},
       {"RoleSessionName", environment.variable("AWS_ROLE_SESSION_NAME").value_or("sotto")},
       {"WebIdentityToken", trimmed(*token)}});
  const auto answer = send_twice(http, *endpoint, request, sts_patience);
  const std::string call = "STS AssumeRoleWithWebIdentity";
  if (!answer) return fail(answer.error().code, call + ": " + answer.error().message);
  if (answer->status != 200) {
    // Its sentence is left out: it can quote the token's contents.
    const ServiceError error{service_error(*answer).name, {}};
    return tl::unexpected(to_error(call, answer->status, error));
  }
  Credentials found{
      xml_text(answer->body, "AccessKeyId"), xml_text(answer->body, "SecretAccessKey"),
      xml_text(answer->body, "SessionToken"), moment_in(xml_text(answer->body, "Expiration"))};
  if (found.access_key_id.empty() || found.secret_access_key.empty() || !found.expires_at)
    return fail(ErrorCode::unavailable, call + ": the answer lacks credentials");
  return found;
}

MaybeCredentials from_process(const Environment& environment, const std::string& command) {
  const auto words = split_command(command);
  if (!words || words->empty())
    return fail(ErrorCode::invalid_argument,
                "credential_process has an open quote or no program in it", "credential_process");
  const auto output = environment.run(*words, process_patience);
  if (!output)
    return fail(output.error().code, "credential_process: " + output.error().message,
                "credential_process");
  return parse("credential_process", *output, "SessionToken");
}

bool may_be_plain(const Endpoint& endpoint) {
  constexpr std::array<std::string_view, 5> hosts = {"localhost", "::1", "169.254.170.2",
                                                     "169.254.170.23", "fd00:ec2::23"};
  return endpoint.host.starts_with("127.") ||
         std::find(hosts.begin(), hosts.end(), endpoint.host) != hosts.end();
}

Result<Endpoint> metadata_endpoint(const Environment& environment) {
  const std::string setting = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
  return parse_endpoint(environment.variable(setting).value_or("http://169.254.169.254"), setting);
}

// A text of the metadata service; nothing where it is not to be had.
std::optional<std::string> metadata(const Environment& environment, HttpSender& http,
                                    const std::string& path) {
  const auto endpoint = metadata_endpoint(environment);
  if (!endpoint) return std::nullopt;
  const auto session = http.send(*endpoint,
                                 {"PUT",
                                  endpoint->path + "/latest/api/token",
                                  {{"X-aws-ec2-metadata-token-ttl-seconds", "300"}},
                                  {}},
                                 instance_patience);
  if (!session || session->status != 200) return std::nullopt;
  const auto answer = http.send(
      *endpoint,
      {"GET", endpoint->path + path, {{"X-aws-ec2-metadata-token", trimmed(session->body)}}, {}},
      instance_patience);
  if (!answer || answer->status != 200) return std::nullopt;
  return trimmed(answer->body);
}

bool metadata_is_off(const Environment& environment) {
  const std::string off = environment.variable("AWS_EC2_METADATA_DISABLED").value_or("");
  return off == "true" || off == "True" || off == "TRUE";
}

}  // namespace

MaybeCredentials from_variables(const Environment& environment) {
  const auto id = environment.variable("AWS_ACCESS_KEY_ID");
  const auto secret = environment.variable("AWS_SECRET_ACCESS_KEY");
  if (!id && !secret) return std::nullopt;
  const std::string missing = id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID";
  if (!id || !secret)
    return fail(ErrorCode::invalid_argument,
                missing + " is missing; set both it and the other, or neither", missing);
  return Credentials{*id, *secret, environment.variable("AWS_SESSION_TOKEN").value_or(""), {}};
}

MaybeCredentials from_web_identity(const Environment& environment, HttpSender& http) {
  const auto file = environment.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
  const auto role = environment.variable("AWS_ROLE_ARN");
  if (!file || !role) return std::nullopt;
  return assume_with_web_identity(environment, http, *file, *role);
}

MaybeCredentials from_profile(const Environment& environment, HttpSender& http) {
  const auto profile = profile_in_force(environment);
  if (!profile) return tl::unexpected(profile.error());
  if (!*profile) return std::nullopt;
  const auto setting = [&](std::string_view name) {
    const auto found = (*profile)->find(name);
    return found == (*profile)->end() ? std::string() : found->second;
  };
  if (!setting("role_arn").empty() && !setting("web_identity_token_file").empty())
    return assume_with_web_identity(environment, http, setting("web_identity_token_file"),
                                    setting("role_arn"));
  const bool is_indirect = !setting("role_arn").empty() || !setting("sso_session").empty() ||
                           !setting("sso_start_url").empty();
  const std::string id = setting("aws_access_key_id"), secret = setting("aws_secret_access_key");
  if (!is_indirect && !id.empty() && !secret.empty())
    return Credentials{id, secret, setting("aws_session_token"), {}};
  if (!setting("credential_process").empty())
    return from_process(environment, setting("credential_process"));
  if (is_indirect)
    return fail(ErrorCode::invalid_argument,
                "the AWS profile assumes a role or uses IAM Identity Center, which is not "
                "supported; give it a credential_process such as `aws configure "
                "export-credentials --format process --profile NAME`",
                "AWS_PROFILE");
  if (!id.empty() || !secret.empty())
    return fail(ErrorCode::invalid_argument,
                "the AWS profile has only one of aws_access_key_id and aws_secret_access_key",
                "AWS_PROFILE");
  return std::nullopt;
}

MaybeCredentials from_container(const Environment& environment, HttpSender& http) {
  const auto relative = environment.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const auto full = environment.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative && !full) return std::nullopt;
  const std::string setting =
      relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  const std::string url = relative ? "http://169.254.170.2" + *relative : *full;
  const std::size_t question = std::min(url.find('?'), url.size());
  const auto endpoint = parse_endpoint(url.substr(0, question), setting);
  if (!endpoint) return tl::unexpected(endpoint.error());
  if (!endpoint->tls && !may_be_plain(*endpoint))
    return fail(ErrorCode::invalid_argument,
                setting + " must be https, or http on this machine or at 169.254.170.2", setting);
  HttpRequest request{"GET", endpoint->path.empty() ? "/" : endpoint->path, {}, {}};
  request.target += url.substr(question);
  auto token = environment.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const auto file = environment.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    const auto text = environment.read_file(*file);
    if (!text)
      return fail(text.error().code, text.error().message,
                  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    token = trimmed(*text);
  }
  if (token) request.headers.emplace_back("Authorization", *token);
  const auto answer = send_twice(http, *endpoint, request, container_patience);
  const std::string place = "AWS credentials of " + std::string(container) + ": ";
  if (!answer) return fail(answer.error().code, place + answer.error().message, setting);
  if (answer->status != 200)
    return fail(ErrorCode::unavailable,
                place + endpoint->host + " answered with status " + std::to_string(answer->status),
                setting);
  return parse(container, answer->body, "Token");
}

MaybeCredentials from_instance(const Environment& environment, HttpSender& http) {
  if (metadata_is_off(environment)) return std::nullopt;
  const std::string path = "/latest/meta-data/iam/security-credentials/";
  const auto roles = metadata(environment, http, path);
  if (!roles || roles->empty()) return std::nullopt;
  const std::string role = roles->substr(0, roles->find('\n'));
  const auto text = metadata(environment, http, path + percent_encode(role));
  if (!text) return std::nullopt;
  return parse("the instance's role", *text, "Token");
}

std::optional<std::string> instance_region(const Environment& environment, HttpSender& http) {
  if (metadata_is_off(environment)) return std::nullopt;
  return metadata(environment, http, "/latest/meta-data/placement/region");
}

Result<Endpoint> sts_endpoint(const Environment& environment) {
  for (const char* setting : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"})
    if (const auto url = environment.variable(setting)) return parse_endpoint(*url, setting);
  std::string region;
  for (const char* setting : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (region.empty()) region = environment.variable(setting).value_or("");
  if (region.empty()) {
    const auto profile = profile_in_force(environment);
    if (profile && *profile && (*profile)->contains("region")) region = (*profile)->at("region");
  }
  if (region.empty()) region = "us-east-1";
  return parse_endpoint(
      "https://sts." + region + ".amazonaws.com" + (region.starts_with("cn-") ? ".cn" : ""),
      "AWS_REGION");
}

}  // namespace sotto::providers::aws
