#include "server/http/lookups.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>
#include <utility>

#include "json/members.hpp"

namespace sotto::server {

namespace {

constexpr std::string_view root = "/v1/sessions";

// The id in "/v1/sessions/{id}…", or nothing.
std::string session_in(std::string_view path) {
  if (!path.starts_with(root) || path.size() <= root.size() || path[root.size()] != '/') return {};
  path.remove_prefix(root.size() + 1);
  return std::string(path.substr(0, path.find('/')));
}

}  // namespace

Error Lookups::too_many() const {
  return {ErrorCode::resource_exhausted,
          "too many sessions were asked for that are not there; come again in " +
              std::to_string(misses_.wait().count()) + " s",
          "session_id"};
}

std::optional<Response> Lookups::begin(const Request& request, Clock::time_point now) {
  const std::string id = session_in(request.path);
  if (id.empty() || misses_.begin(request.client, id, now)) return std::nullopt;
  Response response = reply(too_many());
  response.retry_after = static_cast<int>(misses_.wait().count());
  return response;
}

void Lookups::end(const Request& request, const Response& response, Clock::time_point now) {
  std::string id = session_in(request.path);
  if (id.empty()) {
    // Whoever begins a session knows its id.
    if (request.path != root || response.status != 201) return;
    const auto created = sotto::json::parse_object(response.body);
    if (created) id = sotto::json::text_member(*created, "session_id").value_or("");
    if (!id.empty()) misses_.told(request.client, id, now);
    return;
  }
  const bool missed = response.status == 404 || (response.status == 403 && !request.bearer.empty());
  if (response.status < 400)
    misses_.found(request.client, id, now);
  else if (!missed)
    misses_.undecided(request.client, id, now);
}

SocketRoute Lookups::route(SocketRoute route, const SocketRequest& request,
                           const SessionRegistry& registry, Clock::time_point now) {
  const std::string id = session_in(request.path);
  if (!route.handler || id.empty()) return route;
  if (!misses_.begin(request.client, id, now))
    return {make_refusing_socket(too_many(), close_code::too_many), route.speaker};
  if (registry.find(id)) misses_.found(request.client, id, now);
  return route;
}

}  // namespace sotto::server
