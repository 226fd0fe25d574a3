#include "server/captions_socket.hpp"

#include <charconv>
#include <utility>

namespace sotto::server {

namespace {

std::uint16_t close_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found: return close_code::not_found;
    case ErrorCode::permission_denied: return close_code::no_right;
    case ErrorCode::resource_exhausted: return close_code::too_many;
    case ErrorCode::invalid_argument: return close_code::bad_request;
    default: return close_code::try_again;
  }
}

// A listener of the session that hands captions on to its socket.
class SocketListener : public pipeline::Listener {
 public:
  explicit SocketListener(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  void on_caption(const pipeline::SharedCaption& caption) override {
    const auto segment = static_cast<std::uint32_t>(caption->caption.segment);
    Outgoing message{std::shared_ptr<const std::string>(caption, &caption->json), std::nullopt};
    if (!caption->caption.final) message.replaceable = segment;
    connection_->send(std::move(message), segment);
  }

  void on_state(pipeline::SessionState state) override {
    connection_->send_text(R"({"type":"status","state":")" + std::string(to_string(state)) +
                           R"("})");
    if (state == pipeline::SessionState::ended)
      connection_->close(close_code::normal, "the talk has ended");
  }

 private:
  const std::shared_ptr<Connection> connection_;
};

class CaptionsSocket : public SocketHandler {
 public:
  CaptionsSocket(std::string session_id, SocketRequest request, SessionRegistry* registry)
      : session_id_(std::move(session_id)), request_(std::move(request)), registry_(registry) {}

  void on_open(std::shared_ptr<Connection> connection) override {
    const auto hosted = registry_->find(session_id_);
    if (!hosted) return refuse(*connection, hosted.error(), close_code::not_found);
    const auto language = request_.query.find("lang");
    if (language == request_.query.end() || language->second.empty())
      return refuse(*connection,
                    {ErrorCode::invalid_argument, "say which language: ?lang=es", "lang"},
                    close_code::bad_request);
    std::optional<std::uint64_t> since;
    if (const auto text = request_.query.find("since"); text != request_.query.end()) {
      const char* end = text->second.data() + text->second.size();
      const auto [stopped, error] = std::from_chars(text->second.data(), end, since.emplace());
      if (error != std::errc() || stopped != end)
        return refuse(
            *connection,
            {ErrorCode::invalid_argument, "since must be a sequence number, 0 or more", "since"},
            close_code::bad_request);
    }
    session_ = hosted->session;
    listener_ = std::make_shared<SocketListener>(connection);
    session_->subscribe(
        Language{language->second}, since, listener_, [connection](Result<> result) {
          if (result) return;
          const bool language_missing = result.error().field == "lang";
          refuse(*connection, result.error(),
                 language_missing ? close_code::bad_request : close_code_of(result.error().code));
        });
  }

  void on_text(std::string_view) override {}
  void on_binary(std::span<const std::byte>) override {}

  void on_closed() override {
    if (listener_) session_->unsubscribe(std::exchange(listener_, nullptr));
  }

 private:
  const std::string session_id_;
  const SocketRequest request_;
  SessionRegistry* const registry_;
  std::shared_ptr<pipeline::Session> session_;
  std::shared_ptr<SocketListener> listener_;
};

}  // namespace

std::shared_ptr<SocketHandler> make_captions_socket(const std::string& session_id,
                                                    const SocketRequest& request,
                                                    SessionRegistry* registry) {
  return std::make_shared<CaptionsSocket>(session_id, request, registry);
}

}  // namespace sotto::server
