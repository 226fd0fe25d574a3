#include "server/websocket/captions_socket.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "server/websocket/listening.hpp"

namespace sotto::server {

namespace {

// One caption goes to many listeners, one after the other: it is framed for the first of them.
const SharedMessage& framed(const pipeline::SharedCaption& caption) {
  thread_local pipeline::SharedCaption last;
  thread_local SharedMessage message;
  if (last != caption) {
    message = text_message(caption->json);
    last = caption;
  }
  return message;
}

// A listener of the session that hands captions on to its socket.
class SocketListener : public pipeline::Listener {
 public:
  SocketListener(std::shared_ptr<Connection> connection, std::optional<pipeline::ListenerId> id)
      : connection_(std::move(connection)), id_(id) {}

  void on_caption(const pipeline::SharedCaption& caption) override { send(caption, false); }
  void on_backlog(const pipeline::SharedCaption& caption) override { send(caption, true); }
  void on_state(pipeline::SessionState state) override { say_state(*connection_, state); }
  std::optional<pipeline::ListenerId> id() const override { return id_; }
  void on_counted() override { say_listener(*connection_, *id_); }

 private:
  void send(const pipeline::SharedCaption& caption, bool backlog) {
    connection_->send({.message = framed(caption),
                       .segment = static_cast<std::uint32_t>(caption->segment.id),
                       .provisional = !caption->final,
                       .backlog = backlog});
  }

  const std::shared_ptr<Connection> connection_;
  const std::optional<pipeline::ListenerId> id_;
};

void follow(pipeline::Session& session, Following following,
            const std::shared_ptr<SocketListener>& listener, std::function<void(Result<>)> done) {
  session.subscribe(std::move(following.language), following.since, listener, std::move(done));
}

// Waits for the store.
void show_kept(const std::shared_ptr<Connection>& connection, const SessionRegistry& registry,
               const std::string& session, const Following& following) {
  const auto stored = registry.stored(session);
  if (!stored) return refuse(*connection, stored.error(), close_code_of(stored.error()));
  const auto captions = registry.parts().store->captions(stored->id, following.language);
  if (!captions) return refuse(*connection, captions.error(), close_code_of(captions.error()));
  SocketListener listener(connection, std::nullopt);
  for (const ports::StoredCaption& kept : *captions) {
    if (following.since && kept.segment.seq <= *following.since) continue;
    pipeline::Caption caption;
    caption.segment = kept.segment;
    caption.language = kept.language;
    caption.final = true;
    listener.on_backlog(pipeline::encode(std::move(caption)));
  }
  listener.on_state(pipeline::SessionState::ended);
}

class CaptionsSocket : public FollowingSocket<SocketListener> {
 public:
  using FollowingSocket::FollowingSocket;

 protected:
  // A session that ended before this process began can still be read to its end.
  void not_here(const Following& following, const Error&) override {
    auto read = [connection = connection_, registry = registry_, id = session_id_, following] {
      show_kept(connection, *registry, id, following);
    };
    if (const auto& waiting = registry_->parts().waiting)
      boost::asio::post(waiting, std::move(read));
    else
      read();
  }
};

}  // namespace

std::shared_ptr<SocketHandler> make_captions_socket(const std::string& session_id,
                                                    const SocketRequest& request,
                                                    SessionRegistry* registry) {
  return std::make_shared<CaptionsSocket>(session_id, request, registry);
}

}  // namespace sotto::server
