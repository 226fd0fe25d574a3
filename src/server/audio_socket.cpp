#include "server/audio_socket.hpp"

#include <boost/json.hpp>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "audio/resampler.hpp"
#include "json/text.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

class AudioSocket : public SocketHandler {
 public:
  AudioSocket(std::string session_id, SocketRequest request, SessionRegistry* registry)
      : session_id_(std::move(session_id)), request_(std::move(request)), registry_(registry) {}

  void on_open(std::shared_ptr<Connection> connection) override {
    connection_ = std::move(connection);
    auto hosted = registry_->find(session_id_);
    if (!hosted) return refuse(hosted.error(), close_code::not_found);
    hosted_ = std::move(*hosted);
  }

  void on_text(std::string_view message) override {
    if (closing_) return;
    json::error_code error;
    const json::value value = json::parse(json::string_view(message.data(), message.size()), error);
    const json::object* object = error ? nullptr : value.if_object();
    const json::value* type = object ? object->if_contains("type") : nullptr;
    if (type && *type == "start") return start(*object);
    if (type && *type == "end" && speaking_) {
      flush();
      hosted_.session->finish();
      closing_ = true;
      return connection_->close(close_code::normal, "the talk has ended");
    }
    refuse({ErrorCode::invalid_argument, R"(expected {"type":"start"} or {"type":"end"})", "type"},
           close_code::bad_request);
  }

  void on_binary(std::span<const std::byte> message) override {
    if (closing_) return;
    if (!speaking_) {
      start({});
      if (closing_) return;
    }
    if (message.size() % 2 != 0)
      return refuse({ErrorCode::invalid_argument, "audio must be whole 16-bit samples", "audio"},
                    close_code::bad_request);
    samples_.resize(message.size() / 2);
    std::memcpy(samples_.data(), message.data(),
                message.size());  // little-endian, as this machine is
    resampled_.clear();
    resampler_->process(samples_, resampled_);
    take(resampled_);
  }

  void on_closed() override {
    if (speaking_) hosted_.speaker_here->store(false);
    speaking_ = false;
  }

 private:
  void start(const json::object& request) {
    if (speaking_)
      return refuse({ErrorCode::invalid_argument, "the stream was started already", "type"},
                    close_code::bad_request);
    std::string token = request_.bearer;
    if (const json::value* given = request.if_contains("token"); given && given->is_string())
      token = std::string(given->as_string());
    if (!same_token(token, hosted_.speaker_token))
      return refuse({ErrorCode::permission_denied, "speaking needs the speaker's token", "token"},
                    close_code::no_right);
    int rate = 16'000;
    if (const json::value* given = request.if_contains("sample_rate")) {
      json::error_code error;
      rate = given->to_number<int>(error);
      if (error) rate = 0;
    }
    auto resampler = audio::Resampler::create(rate);
    if (!resampler) {
      resampler.error().field = "sample_rate";
      return refuse(resampler.error(), close_code::bad_request);
    }
    if (hosted_.session->state() == pipeline::SessionState::ended)
      return refuse({ErrorCode::not_found, "the talk has ended", "session_id"},
                    close_code::not_found);
    if (hosted_.speaker_here->exchange(true))
      return refuse(
          {ErrorCode::already_exists, "someone is speaking in this session already", "session_id"},
          close_code::conflict);
    resampler_.emplace(std::move(*resampler));
    speaking_ = true;
    connection_->send_text(R"({"type":"started"})");
  }

  void take(std::span<const std::int16_t> samples) {
    if (samples.empty()) return;
    (hosted_.session->push_audio(samples) ? received_ : dropped_) += samples.size();
    const std::uint64_t seconds = (received_ + dropped_) / sample_rate;
    if (seconds == reported_) return;
    reported_ = seconds;
    registry_->heard(hosted_.session->config().id, SessionRegistry::Clock::now());
    connection_->send_text(sotto::json::to_text(
        json::object{{"type", "status"},
                     {"state", pipeline::to_string(hosted_.session->state())},
                     {"received_seconds", static_cast<double>(received_) / sample_rate},
                     {"dropped_seconds", static_cast<double>(dropped_) / sample_rate}}));
  }

  void flush() {
    resampled_.clear();
    resampler_->flush(resampled_);
    take(resampled_);
  }

  void refuse(const Error& error, std::uint16_t code) {
    closing_ = true;
    server::refuse(*connection_, error, code);
  }

  static constexpr std::uint64_t sample_rate = 16'000;

  const std::string session_id_;
  const SocketRequest request_;
  SessionRegistry* const registry_;
  std::shared_ptr<Connection> connection_;
  HostedSession hosted_;
  std::optional<audio::Resampler> resampler_;
  std::vector<std::int16_t> samples_, resampled_;
  bool speaking_ = false;
  bool closing_ = false;
  std::uint64_t received_ = 0, dropped_ = 0, reported_ = 0;
};

}  // namespace

std::shared_ptr<SocketHandler> make_audio_socket(const std::string& session_id,
                                                 const SocketRequest& request,
                                                 SessionRegistry* registry) {
  return std::make_shared<AudioSocket>(session_id, request, registry);
}

}  // namespace sotto::server
