#include "server/websocket/sockets.hpp"

#include "server/http/public_text.hpp"
#include "server/websocket/audio_socket.hpp"
#include "server/websocket/captions_socket.hpp"
#include "server/websocket/listening.hpp"
#include "server/websocket/speech_socket.hpp"

#include <utility>

namespace sotto::server {

namespace {

class RefusingSocket : public SocketHandler {
 public:
  RefusingSocket(Error error, std::uint16_t close_code)
      : error_(std::move(error)), close_code_(close_code) {}
  void on_open(std::shared_ptr<Connection> connection) override {
    refuse(*connection, error_, close_code_);
  }
  void on_text(std::string_view) override {}
  void on_binary(std::span<const std::byte>) override {}
  void on_closed() override {}

 private:
  const Error error_;
  const std::uint16_t close_code_;
};

}  // namespace

std::shared_ptr<SocketHandler> make_refusing_socket(Error error, std::uint16_t close_code) {
  return std::make_shared<RefusingSocket>(std::move(error), close_code);
}

SocketRoute route_socket(const SocketRequest& request, SessionRegistry* registry) {
  constexpr std::string_view prefix = "/v1/sessions/";
  if (!request.path.starts_with(prefix)) return {};
  const std::string rest = request.path.substr(prefix.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string::npos) return {};
  const std::string id = rest.substr(0, slash), leaf = rest.substr(slash + 1);
  if (leaf == "captions") return {make_captions_socket(id, request, registry), false};
  if (leaf == "speech") return {make_speech_socket(id, request, registry), false};
  if (leaf == "audio") return {make_audio_socket(id, request, registry), true};
  return {};
}

void refuse(Connection& connection, const Error& error, std::uint16_t close_code) {
  say_error(connection, error);
  connection.close(close_code, for_strangers(error).message.substr(0, 100));
}

}  // namespace sotto::server
