#include "providers/aws/lambda_config/function_variables.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string_view>
#include <utility>

#include "json/members.hpp"

namespace sotto::providers::aws {

namespace {

namespace json = boost::json;
using Variables = std::map<std::string, std::string>;

constexpr int most_attempts = 5;
constexpr milliseconds first_wait{250};
constexpr std::size_t most_bytes = 4096;  // of all names and values

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

Result<> check_name(std::string_view name) {
  const bool fits = name.size() >= 2 && name.size() <= 200 && is_letter(name.front()) &&
                    std::all_of(name.begin(), name.end(),
                                [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
  if (fits) return {};
  return fail(ErrorCode::invalid_argument,
              "a variable is NAME=VALUE, its name a letter and then letters, digits and _",
              "variables");
}

// What may stand in a name or an ARN; it becomes part of a path.
Result<std::string> path_of(const std::string& function) {
  const bool fits = !function.empty() && function.size() <= 170 &&
                    std::all_of(function.begin(), function.end(), [](char c) {
                      return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == ':';
                    });
  if (!fits)
    return fail(ErrorCode::invalid_argument,
                "function must be a Lambda function's name or ARN, such as audio-processor",
                "function");
  std::string path = "/2015-03-31/functions/";
  for (const char c : function) path += c == ':' ? std::string("%3A") : std::string(1, c);
  return path + "/configuration";
}

struct Configuration {
  std::string revision;
  Variables variables;
};

Result<Configuration> read(Client& client, const std::string& path) {
  const auto answer =
      client.rest_json(services::lambda, "GetFunctionConfiguration", {"GET", path, {}, {}, {}});
  if (!answer) return tl::unexpected(answer.error());
  Configuration found;
  found.revision = sotto::json::text_member(*answer, "RevisionId").value_or("");
  const json::value* environment = answer->if_contains("Environment");
  if (!environment || !environment->is_object()) return found;
  if (const json::value* error = environment->as_object().if_contains("Error");
      error && error->is_object())
    return fail(ErrorCode::permission_denied,
                "the function's variables cannot be read (" +
                    sotto::json::text_member(error->as_object(), "ErrorCode").value_or("no code") +
                    "), and to write some would lose the others; allow kms:Decrypt on its key",
                "function");
  const json::value* variables = environment->as_object().if_contains("Variables");
  if (!variables || !variables->is_object()) return found;
  for (const auto& member : variables->as_object()) {
    if (!member.value().is_string())
      return fail(ErrorCode::internal, "a variable of the function is not text", "function");
    found.variables[std::string(member.key())] = std::string(member.value().as_string());
  }
  return found;
}

std::vector<VariableChange> merge(Variables& variables, const VariablesEdit& edit) {
  std::vector<VariableChange> changes;
  const auto change = [&](const std::string& name, std::optional<std::string> to) {
    const auto known = variables.find(name);
    const auto before =
        known == variables.end() ? std::nullopt : std::optional<std::string>(known->second);
    if (before == to) return;
    changes.push_back({name, before, to});
    if (to)
      variables[name] = *to;
    else
      variables.erase(name);
  };
  for (const auto& [name, value] : edit.set) change(name, value);
  for (const std::string& name : edit.unset) change(name, std::nullopt);
  std::sort(changes.begin(), changes.end(),
            [](const VariableChange& a, const VariableChange& b) { return a.name < b.name; });
  return changes;
}

std::size_t others(const Variables& variables, const VariablesEdit& edit) {
  return static_cast<std::size_t>(
      std::count_if(variables.begin(), variables.end(),
                    [&](const auto& variable) { return !edit.set.contains(variable.first); }));
}

Result<> write(Client& client, const std::string& path, const Configuration& wanted) {
  std::size_t bytes = 0;
  json::object variables;
  for (const auto& [name, value] : wanted.variables) {
    bytes += name.size() + value.size();
    variables[name] = value;
  }
  if (bytes > most_bytes)
    return fail(
        ErrorCode::resource_exhausted,
        "the function's variables would have " + std::to_string(bytes) + " bytes, may have 4096",
        "variables");
  json::object body{{"Environment", json::object{{"Variables", std::move(variables)}}}};
  if (!wanted.revision.empty()) body["RevisionId"] = wanted.revision;
  return client
      .rest_json(services::lambda, "UpdateFunctionConfiguration",
                 {"PUT", path, {}, {}, json::serialize(body)})
      .map([](const json::object&) {});
}

}  // namespace

Result<> add_setting(VariablesEdit& edit, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return check_name("");
  std::string name = text.substr(0, equals);
  if (const auto valid = check_name(name); !valid) return valid;
  edit.set[std::move(name)] = text.substr(equals + 1);
  return {};
}

Result<> add_unset(VariablesEdit& edit, const std::string& name) {
  if (const auto valid = check_name(name); !valid) return valid;
  edit.unset.insert(name);
  return {};
}

Result<VariablesChanged> change_variables(Client& client, const std::string& function,
                                          const VariablesEdit& edit, bool dry_run,
                                          const std::function<void(milliseconds)>& sleep) {
  const auto path = path_of(function);
  if (!path) return tl::unexpected(path.error());
  VariablesChanged tried;
  milliseconds wait = first_wait;
  for (int attempt = 1;; ++attempt) {
    auto configuration = read(client, *path);
    if (!configuration) return tl::unexpected(configuration.error());
    auto changes = merge(configuration->variables, edit);
    // Nothing left to change after an attempt: it was its answer that got lost.
    if (changes.empty() && attempt > 1) return tried;
    tried = {std::move(changes), others(configuration->variables, edit)};
    if (tried.changes.empty() || dry_run) return tried;
    const auto written = write(client, *path, *configuration);
    if (written) return tried;
    if (written.error().code != ErrorCode::conflict || attempt == most_attempts)
      return tl::unexpected(written.error());
    sleep(wait);
    wait *= 2;
  }
}

}  // namespace sotto::providers::aws
