#include "server/websocket/listening.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "json/members.hpp"
#include "server/http/http_message.hpp"
#include "server/http/public_text.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

Error bad_listener() {
  return {ErrorCode::invalid_argument, "listener must be an id that the server gave", "listener"};
}

Error bad_since() {
  return {ErrorCode::invalid_argument, "since must be a sequence number, 0 or more", "since"};
}

}  // namespace

bool is_language_tag(std::string_view text) {
  constexpr std::size_t longest = 35;  // RFC 5646, section 4.4.1
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

Result<Following> parse_following(const SocketRequest& request) {
  const auto language = request.query.find("lang");
  if (language == request.query.end() || !is_language_tag(language->second))
    return fail(ErrorCode::invalid_argument, "say which language: ?lang=es", "lang");
  Following following{Language{language->second}, std::nullopt, std::nullopt};
  if (const auto id = request.query.find("listener"); id != request.query.end()) {
    following.listener = pipeline::parse_listener_id(id->second);
    if (!following.listener) return tl::unexpected(bad_listener());
  }
  const auto text = request.query.find("since");
  if (text == request.query.end()) return following;
  const char* end = text->second.data() + text->second.size();
  const auto [stopped, error] =
      std::from_chars(text->second.data(), end, following.since.emplace());
  if (error != std::errc() || stopped != end) return tl::unexpected(bad_since());
  return following;
}

Result<Following> parse_following(std::string_view message) {
  const auto object = sotto::json::parse_object(message);
  if (!object || sotto::json::text_member(*object, "type") != "language")
    return fail(ErrorCode::invalid_argument, R"(expected {"type":"language","lang":"es"})", "type");
  const auto language = sotto::json::text_member(*object, "lang");
  if (!language || !is_language_tag(*language))
    return fail(ErrorCode::invalid_argument, "lang must be a code such as \"es\"", "lang");
  Following following{Language{*language}, std::nullopt, std::nullopt};
  if (!object->contains("since")) return following;
  following.since = sotto::json::count_member(*object, "since");
  if (!following.since) return tl::unexpected(bad_since());
  return following;
}

std::uint16_t close_code_of(const Error& error) {
  if (error.field == "lang") return close_code::bad_request;
  switch (error.code) {
    case ErrorCode::not_found: return close_code::not_found;
    case ErrorCode::permission_denied: return close_code::no_right;
    case ErrorCode::resource_exhausted: return close_code::too_many;
    case ErrorCode::invalid_argument: return close_code::bad_request;
    default: return close_code::try_again;
  }
}

void say_listener(Connection& connection, const pipeline::ListenerId& id) {
  connection.send_text(
      json::serialize(json::object{{"type", "listener"}, {"id", pipeline::to_string(id)}}));
}

void say_language(Connection& connection, const Language& language) {
  connection.send_text(
      json::serialize(json::object{{"type", "language"}, {"lang", language.str()}}));
}

void say_error(Connection& connection, const Error& error) {
  std::string body = error_json(for_strangers(error));
  body.insert(1, R"("type":"error",)");
  connection.send_text(body);
}

void say_state(Connection& connection, pipeline::SessionState state) {
  connection.send_text(R"({"type":"status","state":")" + std::string(to_string(state)) + R"("})");
  if (state == pipeline::SessionState::ended)
    connection.close(close_code::normal, "the talk has ended");
}

}  // namespace sotto::server
