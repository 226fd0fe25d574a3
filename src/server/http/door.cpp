#include "server/http/door.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <utility>

#include "server/http/response_text.hpp"
#include "server/operator/operator_right.hpp"

namespace sotto::server {

namespace {

constexpr int come_again = 5;  // seconds

Response no_room(int status, ErrorCode code, std::string message) {
  Response response = reply(Refusal{status, {code, std::move(message), ""}});
  response.retry_after = come_again;
  return response;
}

// What must be answered even when strangers hold everything.
bool is_health(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  return path == "/healthz" || path == "/readyz" || path == "/metrics";
}

}  // namespace

Door::Door(const DoorConfig& config, FlagAccess flag)
    : flag_(std::move(flag)), connections_(std::make_shared<Connections>(config.connections)) {}

bool Door::is_operator(const RequestHead& head) const {
  return caller_of(flag_, head.bearer()).has_value();
}

std::optional<Response> Door::refuse(const RequestHead& head, Connections::Place& place,
                                     const std::string& client) const {
  if (is_health(head.target)) return std::nullopt;
  if (!place.reserved() && place.belongs_to(client)) return std::nullopt;
  if (is_operator(head)) return std::nullopt;
  if (place.reserved())
    return no_room(503, ErrorCode::unavailable, "the server has no room for more connections");
  return no_room(429, ErrorCode::resource_exhausted, "this client has too many connections");
}

Result<Request> Door::request(const RequestHead& head, std::string client, std::string body) {
  const auto url = boost::urls::parse_origin_form(head.target);
  if (!url)
    return fail(ErrorCode::invalid_argument, "the request's path is not well-formed", "path");
  Request plain;
  plain.method = head.method;
  plain.path = url->path();
  plain.bearer = head.bearer();
  plain.etag = head.joined("if-none-match");
  plain.body = std::move(body);
  plain.client = std::move(client);
  plain.accepts_gzip = head.joined("accept-encoding").find("gzip") != std::string::npos;
  for (const auto& parameter : url->params()) plain.query[parameter.key] = parameter.value;
  return plain;
}

std::optional<SocketRequest> Door::socket_request(const RequestHead& head) {
  if (!head.asks_for_websocket()) return std::nullopt;
  const auto url = boost::urls::parse_origin_form(head.target);
  if (!url) return std::nullopt;
  SocketRequest plain;
  plain.path = url->path();
  plain.bearer = head.bearer();
  for (const auto& parameter : url->params()) plain.query[parameter.key] = parameter.value;
  return plain;
}

}  // namespace sotto::server
