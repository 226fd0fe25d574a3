#include "server/http/http_message.hpp"

#include <boost/json.hpp>
#include <string_view>
#include <utility>

#include "json/text.hpp"

namespace sotto::server {

namespace json = boost::json;

std::string error_json(const Error& error) {
  return json::serialize(json::object{
      {"error",
       {{"code", to_string(error.code)}, {"message", error.message}, {"field", error.field}}}});
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return 400;
    case ErrorCode::not_found: return 404;
    case ErrorCode::already_exists: return 409;
    case ErrorCode::conflict: return 409;
    case ErrorCode::permission_denied: return 403;
    case ErrorCode::resource_exhausted: return 429;
    case ErrorCode::unavailable: return 503;
    case ErrorCode::deadline_exceeded: return 504;
    case ErrorCode::internal: return 500;
  }
  return 500;
}

Response reply(int status, const json::object& body) {
  Response response;
  response.status = status;
  response.body = sotto::json::to_text(body);
  return response;
}

Response reply(const Error& error) {
  Response response;
  response.status = status_of(error.code);
  response.body = error_json(error);
  return response;
}

Response not_allowed(std::string allow) {
  constexpr std::string_view get = "GET";
  if (allow.starts_with(get) && allow.find("HEAD") == std::string::npos)
    allow.insert(get.size(), ", HEAD");
  Response response =
      reply(Error{ErrorCode::invalid_argument, "this path takes " + allow + " only", "method"});
  response.status = 405;
  response.allow = std::move(allow);
  return response;
}

}  // namespace sotto::server
