#include "server/websocket/speech_socket.hpp"

#include <boost/json.hpp>
#include <utility>

#include "json/text.hpp"
#include "server/websocket/listening.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

// A piece of speech as it goes over the wire: what it is, then its samples in parts small enough
// that a client can begin to play.
struct FramedSpeech {
  std::vector<SharedMessage> messages;
  std::uint64_t number = 0;  ///< of the piece
};

constexpr std::size_t samples_a_part = 11'025;

std::string describe(const pipeline::Speech& speech) {
  return sotto::json::to_text(json::object{{"type", "speech"},
                                           {"segment", static_cast<std::uint32_t>(speech.segment)},
                                           {"lang", speech.language.str()},
                                           {"text", speech.text},
                                           {"start", to_seconds(speech.start)},
                                           {"end", to_seconds(speech.end)},
                                           {"sample_rate", speech.sample_rate},
                                           {"samples", speech.samples.size()}});
}

// One piece goes to many listeners, one after the other: it is framed for the first of them.
const FramedSpeech& framed(const pipeline::SharedSpeech& speech) {
  thread_local pipeline::SharedSpeech last;
  thread_local FramedSpeech made;
  if (last == speech) return made;
  last = speech;
  ++made.number;
  made.messages.clear();
  made.messages.push_back(text_message(describe(*speech)));
  const std::span<const std::int16_t> all(speech->samples);
  for (std::size_t at = 0; at < all.size(); at += samples_a_part) {
    const auto part = all.subspan(at, std::min(samples_a_part, all.size() - at));
    // little-endian, as this machine is
    made.messages.push_back(
        binary_message({reinterpret_cast<const char*>(part.data()), part.size_bytes()}));
  }
  return made;
}

class SocketListener : public pipeline::SpeechListener {
 public:
  SocketListener(std::shared_ptr<Connection> connection, std::optional<pipeline::ListenerId> id)
      : connection_(std::move(connection)), id_(id) {}

  void on_speech(const pipeline::SharedSpeech& speech) override {
    ++piece_;
    for (const SharedMessage& message : framed(speech).messages)
      connection_->send({.message = message, .piece = piece_});
  }

  void on_state(pipeline::SessionState state) override { say_state(*connection_, state); }
  std::optional<pipeline::ListenerId> id() const override { return id_; }
  void on_counted() override { say_listener(*connection_, *id_); }

 private:
  const std::shared_ptr<Connection> connection_;
  const std::optional<pipeline::ListenerId> id_;
  std::uint64_t piece_ = 0;
};

void follow(pipeline::Session& session, Following following,
            const std::shared_ptr<SocketListener>& listener, std::function<void(Result<>)> done) {
  session.subscribe(std::move(following.language), listener, std::move(done));
}

}  // namespace

std::shared_ptr<SocketHandler> make_speech_socket(const std::string& session_id,
                                                  const SocketRequest& request,
                                                  SessionRegistry* registry) {
  return std::make_shared<FollowingSocket<SocketListener>>(session_id, request, registry);
}

}  // namespace sotto::server
