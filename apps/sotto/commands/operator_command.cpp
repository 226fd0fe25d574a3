#include <charconv>
#include <chrono>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>

#include "access/operator_file.hpp"
#include "json/text.hpp"
#include "options/cli.hpp"
#include "options/flag_parts.hpp"
#include "options/state_folder.hpp"

namespace sotto::app {

namespace {

struct OperatorOptions {
  std::string data, name, role = "operator", expires;
  bool json = false;
};

Result<std::filesystem::path> file_of(const OperatorOptions& options) {
  return state_folder(options.data).map([](const auto& folder) { return folder / operators_file; });
}

// "90d", "12h" from now, or a time in RFC 3339; nothing for "never" and "".
Result<std::optional<UtcTime>> expiry(const std::string& text, UtcTime now) {
  constexpr int most = 36'500;
  if (text.empty() || text == "never") return std::nullopt;
  if (auto time = parse_utc(text)) return *time;
  int count = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, count);
  const bool sound = error == std::errc() && count > 0 && count <= most && stopped + 1 == end;
  if (sound && *stopped == 'd') return now + std::chrono::days{count};
  if (sound && *stopped == 'h') return now + std::chrono::hours{count};
  return fail(ErrorCode::invalid_argument,
              "expires is \"" + text + "\", must be such as 90d, 12h or 2026-12-31T00:00:00Z",
              "expires");
}

bool is_over(const access::OperatorToken& one, UtcTime now) {
  return one.expires_at && *one.expires_at <= now;
}

int fail_with(const Error& error, const OperatorOptions& options) {
  return report(error, options.json, error.code == ErrorCode::invalid_argument);
}

boost::json::object to_json(const access::OperatorToken& one, UtcTime now) {
  boost::json::value expires = nullptr;
  if (one.expires_at) expires = format_utc(*one.expires_at);
  return {{"name", one.name},
          {"role", access::to_string(one.role)},
          {"made_at", format_utc(one.made_at)},
          {"expires_at", std::move(expires)},
          {"expired", is_over(one, now)}};
}

int add(const OperatorOptions& options) {
  const auto file = file_of(options);
  if (!file) return fail_with(file.error(), options);
  const auto role = access::parse_role(options.role);
  if (!role) return fail_with(role.error(), options);
  const UtcTime now = system_utc();
  const auto expires = expiry(options.expires, now);
  if (!expires) return fail_with(expires.error(), options);
  const access::OperatorToken one{options.name, *role, "", now, *expires};
  const auto token = access::add_operator(*file, one, access::secure_random());
  if (!token) return fail_with(token.error(), options);
  if (options.json) {
    auto made = to_json(one, now);
    made["token"] = *token;
    std::cout << json::to_text(made) << std::endl;
    return exit_success;
  }
  std::cout << *token << std::endl;
  std::cerr << "This is " << one.name << "'s token (" << access::to_string(one.role);
  if (one.expires_at) std::cerr << ", until " << format_utc(*one.expires_at);
  std::cerr << "). It is shown once: nothing here can show it again.\n";
  return exit_success;
}

int revoke(const OperatorOptions& options) {
  const auto file = file_of(options);
  if (!file) return fail_with(file.error(), options);
  if (auto revoked = access::revoke_operator(*file, options.name); !revoked)
    return fail_with(revoked.error(), options);
  if (options.json)
    std::cout << json::to_text(boost::json::object{{"revoked", options.name}}) << std::endl;
  else
    std::cout << options.name << "'s token counts no more\n";
  return exit_success;
}

int list(const OperatorOptions& options) {
  const auto file = file_of(options);
  if (!file) return fail_with(file.error(), options);
  const auto operators = access::read_operators(*file);
  if (!operators) return fail_with(operators.error(), options);
  const UtcTime now = system_utc();
  if (options.json) {
    boost::json::array all;
    for (const auto& one : *operators) all.push_back(to_json(one, now));
    std::cout << json::to_text(boost::json::object{{"operators", std::move(all)}}) << std::endl;
    return exit_success;
  }
  if (operators->empty())
    std::cout << "nobody has a token of their own; 'sotto operator add NAME' makes one\n";
  for (const auto& one : *operators) {
    std::cout << std::left << std::setw(20) << one.name << "  " << std::setw(8)
              << access::to_string(one.role) << "  made " << format_utc(one.made_at);
    if (one.expires_at)
      std::cout << (is_over(one, now) ? "  expired " : "  until ") << format_utc(*one.expires_at);
    std::cout << '\n';
  }
  return exit_success;
}

using Act = int (*)(const OperatorOptions&);

CLI::App* add_verb(CLI::App& parent, Run& run, const std::shared_ptr<OperatorOptions>& options,
                   const char* verb, const char* help, Act act) {
  CLI::App* command = parent.add_subcommand(verb, help);
  command->add_option("--data", options->data, "The server's data folder");
  command->add_flag("--json", options->json, "Print JSON, errors too");
  command->callback([options, act, &run] { run = [options, act] { return act(*options); }; });
  return command;
}

}  // namespace

void add_operator(CLI::App& app, Run& run) {
  auto options = std::make_shared<OperatorOptions>();
  CLI::App* command = app.add_subcommand(
      "operator", "The operators' tokens: each person's own, with a name that the history shows");
  command->require_subcommand(1);
  CLI::App* made =
      add_verb(*command, run, options, "add", "Make somebody's token and print it", add);
  made->add_option("name", options->name, "Whose it is: letters, digits and . _ @ + -")->required();
  made->add_option("--role", options->role, "viewer, who only reads, or operator")
      ->capture_default_str();
  made->add_option("--expires", options->expires, "When it ends: 90d, 12h, or a time (never)");
  add_verb(*command, run, options, "list", "Who has a token, and for how long", list);
  add_verb(*command, run, options, "revoke", "Take somebody's token back, at once", revoke)
      ->add_option("name", options->name, "Whose it is")
      ->required();
}

}  // namespace sotto::app
