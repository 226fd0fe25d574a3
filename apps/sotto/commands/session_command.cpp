// `sotto session`: the talks of a running server, over its HTTP interface.
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include "http_client/http.hpp"
#include "json/members.hpp"
#include "json/text.hpp"
#include "options/cli.hpp"
#include "options/server_address.hpp"
#include "options/state_folder.hpp"
#include "rollout/flag.hpp"
#include "serving/start_options.hpp"
#include "serving/tls_options.hpp"

namespace sotto::app {

namespace {

namespace json = boost::json;

constexpr std::chrono::seconds patience{10};

struct SessionOptions {
  std::string data, url, session;
  bool json = false, renew = false;
};

int fail_with(const Error& error, const SessionOptions& options) {
  return report(error, options.json, error.code == ErrorCode::invalid_argument);
}

Result<std::string> token_of(const SessionOptions& options) {
  auto given = operator_token_of_environment();
  if (!given || !given->empty()) return given;
  const auto folder = state_folder(options.data);
  if (!folder) return tl::unexpected(folder.error());
  const auto file = *folder / "operator-token";
  if (std::error_code ignored; !std::filesystem::exists(file, ignored))
    return fail(ErrorCode::not_found,
                "there is no operator's token in " + folder->string() +
                    "; name the server's data folder with --data, or set " +
                    operator_token_variable,
                "data");
  return operator_token(file);
}

Result<std::string> url_of(const SessionOptions& options) {
  if (!options.url.empty()) return options.url;
  const auto folder = state_folder(options.data);
  if (!folder) return tl::unexpected(folder.error());
  return kept_server_address(*folder);
}

// The certificate that this machine's server has made for itself; empty for a server that was
// named.
std::string trusted_by(const SessionOptions& options) {
  const auto folder = state_folder(options.data);
  if (!options.url.empty() || !folder) return {};
  std::error_code ignored;
  const auto file = *folder / self_signed_file;
  return std::filesystem::exists(file, ignored) ? file.string() : std::string();
}

// What the server says of itself where it refuses.
Error refusal(const http_client::HttpResponse& answer, const json::object& body) {
  Error error{ErrorCode::unavailable,
              "the server answers with status " + std::to_string(answer.status), ""};
  if (answer.status == 404) error.code = ErrorCode::not_found;
  if (answer.status == 403) error.code = ErrorCode::permission_denied;
  if (const json::value* said = body.if_contains("error"); said && said->is_object())
    error.message = sotto::json::text_member(said->as_object(), "message").value_or(error.message);
  return error;
}

Result<json::object> ask(const SessionOptions& options, const std::string& method,
                         const std::string& path) {
  const auto token = token_of(options);
  if (!token) return tl::unexpected(token.error());
  const auto url = url_of(options);
  if (!url) return tl::unexpected(url.error());
  const auto endpoint = http_client::parse_endpoint(*url, "url");
  if (!endpoint) return tl::unexpected(endpoint.error());
  http_client::HttpClient::Config config;
  config.ca_file = trusted_by(options);
  const auto client = http_client::HttpClient::create(config);
  if (!client) return tl::unexpected(client.error());
  http_client::HttpRequest request;
  request.method = method;
  request.target = endpoint->path + path;
  request.headers = {{"Authorization", "Bearer " + *token}};
  const auto answer = (*client)->send(*endpoint, request, patience);
  if (!answer)
    return fail(answer.error().code, "no server answers at " + *url + ": " + answer.error().message,
                "url");
  const auto body = sotto::json::parse_object(answer->body).value_or(json::object{});
  if (answer->status >= 300) return tl::unexpected(refusal(*answer, body));
  return body;
}

std::string text_of(const json::object& session, const char* member) {
  return sotto::json::text_member(session, member).value_or("-");
}

int list(const SessionOptions& options) {
  const auto body = ask(options, "GET", "/v1/sessions");
  if (!body) return fail_with(body.error(), options);
  if (options.json) {
    std::cout << sotto::json::to_text(*body) << std::endl;
    return exit_success;
  }
  const json::value* sessions = body->if_contains("sessions");
  if (!sessions || !sessions->is_array() || sessions->as_array().empty()) {
    std::cout << "there are no sessions" << std::endl;
    return exit_success;
  }
  std::printf("%-28s %-8s %-6s %9s %9s  %s\n", "session", "state", "spoken", "listeners", "audio",
              "started");
  for (const json::value& value : sessions->as_array()) {
    if (!value.is_object()) continue;
    const json::object& session = value.as_object();
    const auto number = [](const json::value* from) {
      return from && from->is_number() ? from->to_number<double>() : 0;
    };
    const json::value* listeners = session.if_contains("listeners");
    const double total =
        number(listeners && listeners->is_object() ? listeners->as_object().if_contains("total")
                                                   : nullptr);
    std::printf("%-28s %-8s %-6s %9.0f %7.0f s  %s\n", text_of(session, "session_id").c_str(),
                text_of(session, "state").c_str(), text_of(session, "language").c_str(), total,
                number(session.if_contains("audio_seconds")),
                text_of(session, "created_at").c_str());
  }
  return exit_success;
}

int end(const SessionOptions& options) {
  const auto id = rollout::validate_session_id(options.session);
  if (!id) return fail_with(id.error(), options);
  const auto body = ask(options, "DELETE", "/v1/sessions/" + *id);
  if (!body) return fail_with(body.error(), options);
  if (options.json)
    std::cout << sotto::json::to_text(*body) << std::endl;
  else
    std::cout << *id << " ends" << std::endl;
  return exit_success;
}

int code(const SessionOptions& options) {
  const auto folder = state_folder(options.data);
  if (!folder) return fail_with(folder.error(), options);
  const auto code = options.renew ? renew_host_code(*folder) : host_code(*folder);
  if (!code) return fail_with(code.error(), options);
  if (options.json)
    std::cout << sotto::json::to_text(json::object{{"code", *code}}) << std::endl;
  else
    std::cout << *code << std::endl;
  return exit_success;
}

}  // namespace

void add_session(CLI::App& app, Run& run) {
  auto options = std::make_shared<SessionOptions>();
  CLI::App* command = app.add_subcommand(
      "session", "List and end the talks of a running server; show the host code");
  command->require_subcommand(1);
  command->add_option("--data", options->data, "The server's data folder");
  command
      ->add_option("--url", options->url,
                   "The server's address, such as https://talks.example.org (the server of --data)")
      ->envname("SOTTO_URL");
  command->add_flag("--json", options->json, "Print JSON, errors too");
  const auto add = [&](const char* name, const char* help, int (*act)(const SessionOptions&)) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->fallthrough();
    sub->callback([options, &run, act] { run = [options, act] { return act(*options); }; });
    return sub;
  };
  add("list", "List the talks that have not ended", list);
  add("end", "End a talk; its listeners get its last captions", end)
      ->add_option("session", options->session, "Its id, such as golden-eagle-427")
      ->required();
  add("code", "Show the host code, with which hosts start talks", code)
      ->add_flag("--renew", options->renew, "Make a new one; the old one is void at once");
}

}  // namespace sotto::app
