// What the sockets of those who read and of those who hear have in common.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/ids.hpp"
#include "base/packed.hpp"
#include "base/result.hpp"
#include "pipeline/captions/caption.hpp"
#include "pipeline/session/session.hpp"
#include "server/websocket/connection.hpp"
#include "server/websocket/sockets.hpp"

namespace sotto::server {

/// Which language somebody follows, and from where on.
struct Following {
  Language language;
  std::optional<std::uint64_t> since;
  std::optional<pipeline::ListenerId> listener = {};  ///< none: somebody new
};

/// Whether a text has the form of a language's code, such as "es" or "pt-BR" (RFC 5646).
bool is_language_tag(std::string_view text);

/// Reads `lang`, `since` and `listener` of the query. Errors: `invalid_argument` naming the field.
Result<Following> parse_following(const SocketRequest& request);

/// Reads {"type":"language","lang":"ca","since":12}. Errors: `invalid_argument` naming the member.
Result<Following> parse_following(std::string_view message);

/// The close code for a request that was refused.
std::uint16_t close_code_of(const Error& error);

/// Sends {"type":"listener","id"}; {"type":"language","lang"}; {"type":"error",…} and goes on;
/// {"type":"status","state"}, and closes at the end of the session.
void say_listener(Connection& connection, const pipeline::ListenerId& id);
void say_language(Connection& connection, const Language& language);
void say_error(Connection& connection, const Error& error);
void say_state(Connection& connection, pipeline::SessionState state);

/// A socket of somebody who follows a session. `Listener` is made of the connection, is one of the
/// session's listeners, and `follow(session, following, listener, done)` subscribes it.
template <class Listener>
class FollowingSocket : public SocketHandler {
 public:
  FollowingSocket(std::string session_id, SocketRequest request, SessionRegistry* registry)
      : session_id_(std::move(session_id)), request_(std::move(request)), registry_(registry) {}

  void on_open(std::shared_ptr<Connection> connection) override {
    connection_ = std::move(connection);
    auto following = parse_following(request_);
    if (!following)
      return refuse(*connection_, following.error(), close_code_of(following.error()));
    const auto hosted = registry_->find(session_id_);
    if (!hosted) return not_here(*following, hosted.error());
    session_ = hosted->session;
    listener_ = make_packed<Listener>(
        connection_, following->listener ? *following->listener : registry_->new_listener());
    follow(*session_, std::move(*following), listener_, [connection = connection_](Result<> done) {
      if (!done) refuse(*connection, done.error(), close_code_of(done.error()));
    });
  }

  void on_text(std::string_view message) override {
    if (!listener_) return;
    auto following = parse_following(message);
    if (!following) return say_error(*connection_, following.error());
    const Language language = following->language;
    follow(*session_, std::move(*following), listener_,
           [connection = connection_, language](Result<> done) {
             if (done)
               say_language(*connection, language);
             else
               say_error(*connection, done.error());
           });
  }

  void on_binary(std::span<const std::byte>) override {
    if (listener_)
      say_error(*connection_, {ErrorCode::invalid_argument, "expected a text message", "type"});
  }

  void on_closed() override {
    if (listener_) session_->unsubscribe(std::exchange(listener_, nullptr));
  }

 protected:
  /// This process does not have the session.
  virtual void not_here(const Following&, const Error& error) {
    refuse(*connection_, error, close_code_of(error));
  }

  const std::string session_id_;
  const SocketRequest request_;
  SessionRegistry* const registry_;
  std::shared_ptr<Connection> connection_;

 private:
  std::shared_ptr<pipeline::Session> session_;
  std::shared_ptr<Listener> listener_;
};

}  // namespace sotto::server
