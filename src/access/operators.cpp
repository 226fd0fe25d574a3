#include "access/operators.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "json/members.hpp"

namespace sotto::access {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_name = 40;
constexpr std::size_t digest_length = 64;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._@+-").find(c) != std::string_view::npos;
}

bool is_digest(std::string_view text) {
  return text.size() == digest_length && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

tl::unexpected<Error> wrong(std::size_t index, std::string_view member, std::string_view must) {
  const std::string field = "operators[" + std::to_string(index) + "]." + std::string(member);
  return fail(ErrorCode::invalid_argument, field + " must be " + std::string(must), field);
}

Result<UtcTime> time_of(const json::object& entry, std::string_view member, std::size_t index) {
  const auto time = parse_utc(sotto::json::text_member(entry, member).value_or(""));
  if (!time) return wrong(index, member, "a time such as 2026-01-31T12:00:00Z");
  return *time;
}

Result<OperatorToken> parse_entry(const json::value& value, std::size_t index) {
  if (!value.is_object()) return wrong(index, "name", "a member of an object");
  const json::object& entry = value.as_object();
  OperatorToken one;
  one.name = sotto::json::text_member(entry, "name").value_or("");
  if (!check_operator_name(one.name))
    return wrong(index, "name", "1 to 40 letters, digits and the signs . _ @ + -");
  const auto role = parse_role(sotto::json::text_member(entry, "role").value_or(""));
  if (!role) return wrong(index, "role", "viewer or operator");
  one.role = *role;
  one.digest = sotto::json::text_member(entry, "token_sha256").value_or("");
  if (!is_digest(one.digest))
    return wrong(index, "token_sha256", "64 hexadecimal digits in lower case");
  const auto made = time_of(entry, "made_at", index);
  if (!made) return tl::unexpected(made.error());
  one.made_at = *made;
  const json::value* expires = entry.if_contains("expires_at");
  if (!expires || expires->is_null()) return one;
  const auto until = time_of(entry, "expires_at", index);
  if (!until) return tl::unexpected(until.error());
  one.expires_at = *until;
  return one;
}

}  // namespace

std::string_view to_string(Role role) { return role == Role::viewer ? "viewer" : "operator"; }

Result<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::viewer, Role::operating})
    if (text == to_string(role)) return role;
  return fail(ErrorCode::invalid_argument, "role must be viewer or operator", "role");
}

Result<> check_operator_name(std::string_view name) {
  const bool sound = !name.empty() && name.size() <= longest_name &&
                     std::all_of(name.begin(), name.end(), is_name_character);
  if (!sound)
    return fail(ErrorCode::invalid_argument,
                "a name must have 1 to 40 letters, digits and the signs . _ @ + -", "name");
  if (name == first_operator || name == "controller")
    return fail(ErrorCode::invalid_argument,
                "\"" + std::string(name) + "\" is taken: the history has it for another", "name");
  return {};
}

std::string operators_document(const std::vector<OperatorToken>& operators) {
  json::array entries;
  for (const OperatorToken& one : operators) {
    json::object entry{{"name", one.name},
                       {"role", to_string(one.role)},
                       {"token_sha256", one.digest},
                       {"made_at", format_utc(one.made_at)}};
    if (one.expires_at) entry["expires_at"] = format_utc(*one.expires_at);
    entries.push_back(std::move(entry));
  }
  return json::serialize(json::object{{"operators", std::move(entries)}});
}

Result<std::vector<OperatorToken>> parse_operators(std::string_view document) {
  const auto object = sotto::json::parse_object(document);
  const json::value* entries = object ? object->if_contains("operators") : nullptr;
  if (!entries || !entries->is_array())
    return fail(ErrorCode::invalid_argument, R"(it must be an object {"operators":[…]})",
                "operators");
  if (entries->as_array().size() > max_operators)
    return fail(ErrorCode::invalid_argument,
                "there are " + std::to_string(entries->as_array().size()) +
                    " tokens, must be at most " + std::to_string(max_operators),
                "operators");
  std::vector<OperatorToken> operators;
  for (const json::value& value : entries->as_array()) {
    auto one = parse_entry(value, operators.size());
    if (!one) return tl::unexpected(one.error());
    const bool twice = std::any_of(operators.begin(), operators.end(),
                                   [&](const auto& other) { return other.name == one->name; });
    if (twice) return wrong(operators.size(), "name", "another than those before it");
    operators.push_back(*std::move(one));
  }
  return operators;
}

}  // namespace sotto::access
