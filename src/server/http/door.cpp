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

// Decoded; empty if it is malformed.
std::string path_of(const RequestHead& head) {
  const auto url = boost::urls::parse_origin_form(head.target);
  return url ? url->path() : std::string();
}

}  // namespace

Door::Door(DoorConfig config, FlagAccess flag)
    : clients_(std::move(config.clients)),
      hosts_(std::move(config.hosts)),
      flag_(std::move(flag)),
      connections_(std::make_shared<Connections>(config.connections)) {}

bool Door::is_operator(const RequestHead& head) const {
  return caller_of(flag_, head.bearer()).has_value();
}

std::string Door::newcomer(const std::string& peer) const {
  return clients_.trusts(peer) ? std::string() : client_key(peer);
}

std::string Door::client_of(const std::string& peer, const RequestHead& head) const {
  return client_key(clients_.of(peer, head));
}

std::optional<Response> Door::answer(const RequestHead& head, Connections::Place& place,
                                     const std::string& client) const {
  // A load balancer asks by any name.
  if (is_health(head.target)) return std::nullopt;
  const std::string path = path_of(head);
  if (const auto refused = hosts_.refuse(head, path)) return reply(*refused);
  const bool comes_in = !place.reserved() && place.belongs_to(client);
  if (!comes_in && !is_operator(head)) {
    if (place.reserved())
      return no_room(503, ErrorCode::unavailable, "the server has no room for more connections");
    return no_room(429, ErrorCode::resource_exhausted, "this client has too many connections");
  }
  if (!hosts_.is_preflight(head, path)) return std::nullopt;
  Response allowed;
  allowed.status = 204;
  add_fields(head, allowed);
  return allowed;
}

void Door::add_fields(const RequestHead& head, Response& response) const {
  for (auto& field : hosts_.cors_fields(head, path_of(head)))
    response.fields.push_back(std::move(field));
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

std::optional<SocketRequest> Door::socket_request(const RequestHead& head, std::string client) {
  if (!head.asks_for_websocket()) return std::nullopt;
  const auto url = boost::urls::parse_origin_form(head.target);
  if (!url) return std::nullopt;
  SocketRequest plain;
  plain.path = url->path();
  plain.bearer = head.bearer();
  plain.client = std::move(client);
  for (const auto& parameter : url->params()) plain.query[parameter.key] = parameter.value;
  return plain;
}

}  // namespace sotto::server
