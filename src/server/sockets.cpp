#include "server/sockets.hpp"

#include "server/api.hpp"
#include "server/audio_socket.hpp"
#include "server/captions_socket.hpp"

namespace sotto::server {

std::shared_ptr<SocketHandler> route_socket(const SocketRequest& request,
                                            SessionRegistry* registry) {
  constexpr std::string_view prefix = "/v1/sessions/";
  if (!request.path.starts_with(prefix)) return nullptr;
  const std::string rest = request.path.substr(prefix.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string::npos) return nullptr;
  const std::string id = rest.substr(0, slash), leaf = rest.substr(slash + 1);
  if (leaf == "captions") return make_captions_socket(id, request, registry);
  if (leaf == "audio") return make_audio_socket(id, request, registry);
  return nullptr;
}

void refuse(Connection& connection, const Error& error, std::uint16_t close_code) {
  std::string body = error_json(error);
  body.insert(1, R"("type":"error",)");
  connection.send_text(std::move(body));
  connection.close(close_code, error.message.substr(0, 100));
}

}  // namespace sotto::server
