#include "server/captions_socket.hpp"

#include <utility>

#include "server/listening.hpp"

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
  explicit SocketListener(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  void on_caption(const pipeline::SharedCaption& caption) override { send(caption, false); }
  void on_backlog(const pipeline::SharedCaption& caption) override { send(caption, true); }
  void on_state(pipeline::SessionState state) override { say_state(*connection_, state); }

 private:
  void send(const pipeline::SharedCaption& caption, bool backlog) {
    connection_->send({.message = framed(caption),
                       .segment = static_cast<std::uint32_t>(caption->caption.segment),
                       .provisional = !caption->caption.final,
                       .backlog = backlog});
  }

  const std::shared_ptr<Connection> connection_;
};

void follow(pipeline::Session& session, Following following,
            const std::shared_ptr<SocketListener>& listener, std::function<void(Result<>)> done) {
  session.subscribe(std::move(following.language), following.since, listener, std::move(done));
}

class CaptionsSocket : public FollowingSocket<SocketListener> {
 public:
  using FollowingSocket::FollowingSocket;

 protected:
  // A talk that ended before this process began can still be read to its end.
  void not_here(const Following& following, const Error& error) override {
    const auto stored = registry_->stored(session_id_);
    const auto captions = stored
                              ? registry_->parts().store->captions(stored->id, following.language)
                              : Result<std::vector<ports::StoredCaption>>(tl::unexpected(error));
    if (!captions) return FollowingSocket::not_here(following, captions.error());
    SocketListener listener(connection_);
    for (const ports::StoredCaption& kept : *captions) {
      if (following.since && kept.seq <= *following.since) continue;
      listener.on_backlog(pipeline::encode({kept.seq,
                                            engine::SegmentId{kept.segment},
                                            kept.language,
                                            kept.text,
                                            {},
                                            true,
                                            true,
                                            kept.start,
                                            kept.end,
                                            {}}));
    }
    listener.on_state(pipeline::SessionState::ended);
  }
};

}  // namespace

std::shared_ptr<SocketHandler> make_captions_socket(const std::string& session_id,
                                                    const SocketRequest& request,
                                                    SessionRegistry* registry) {
  return std::make_shared<CaptionsSocket>(session_id, request, registry);
}

}  // namespace sotto::server
