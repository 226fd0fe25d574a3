#include "server/websocket/audio_socket.hpp"

#include <array>
#include <boost/json.hpp>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "audio/level_meter.hpp"
#include "audio/resampler.hpp"
#include "base/sample_clock.hpp"
#include "json/members.hpp"
#include "json/text.hpp"
#include "server/sessions/session_json.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

// What a file or a browser's recorder begins with, where raw samples are wanted.
std::optional<std::string_view> container_of(std::span<const std::byte> message) {
  using Magic = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Magic, 5> known = {Magic{"RIFF", "a WAV file"}, Magic{"OggS", "Ogg"},
                                          Magic{"fLaC", "FLAC"}, Magic{"ID3", "MP3"},
                                          Magic{"\x1A\x45\xDF\xA3", "WebM"}};
  const std::string_view begins(reinterpret_cast<const char*>(message.data()), message.size());
  for (const auto& [magic, name] : known)
    if (begins.starts_with(magic)) return name;
  return std::nullopt;
}

double seconds(std::uint64_t samples) { return to_seconds(audio_length(samples)); }

Error no_recogniser() {
  return {ErrorCode::resource_exhausted,
          "every recogniser is in use: the session waits; send this audio again in 5 s",
          "recogniser"};
}

struct Warning {
  std::string_view code, message;
};

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
    if (closing_ || lost_seat()) return;
    const auto object = sotto::json::parse_object(message);
    const auto type =
        object ? sotto::json::text_member(*object, "type").value_or("") : std::string();
    if (type == "start") return start(*object);
    if (speaking_ && type == "pause") return pause(true);
    if (speaking_ && type == "resume") return pause(false);
    if (speaking_ && type == "mute") return mute(*object);
    if (speaking_ && type == "end") return end();
    refuse({ErrorCode::invalid_argument,
            speaking_ ? R"(expected {"type":"pause"}, "resume", "mute" or "end")"
                      : R"(expected {"type":"start"})",
            "type"},
           close_code::bad_request);
  }

  void on_binary(std::span<const std::byte> message) override {
    if (closing_ || lost_seat()) return;
    if (!speaking_) {
      start({});
      if (closing_) return;
    }
    if (message.size() % 2 != 0)
      return refuse({ErrorCode::invalid_argument, "audio must be whole 16-bit samples", "audio"},
                    close_code::bad_request);
    if (const auto container = std::exchange(begun_, true) ? std::nullopt : container_of(message))
      return refuse({ErrorCode::invalid_argument,
                     "this is " + std::string(*container) +
                         "; send 16-bit little-endian mono samples without a header",
                     "audio"},
                    close_code::bad_request);
    if (hosted_.session->state() == pipeline::SessionState::paused) return;
    samples_.resize(message.size() / 2);
    std::memcpy(samples_.data(), message.data(),
                message.size());  // little-endian, as this machine is
    resampled_.clear();
    resampler_->process(samples_, resampled_);
    take(resampled_);
  }

  void on_closed() override {
    if (speaking_) hosted_.seat->leave(ticket_);
    speaking_ = false;
  }

 private:
  void start(const json::object& request) {
    if (speaking_)
      return refuse({ErrorCode::invalid_argument, "the stream was started already", "type"},
                    close_code::bad_request);
    const std::string token = sotto::json::text_member(request, "token").value_or(request_.bearer);
    if (!access::has_digest(token, hosted_.token_digest))
      return refuse({ErrorCode::permission_denied, "speaking needs the speaker's token", "token"},
                    close_code::no_right);
    int rate = sample_rate;
    if (request.contains("sample_rate"))
      rate = static_cast<int>(std::min<std::uint64_t>(
          1'000'000, sotto::json::count_member(request, "sample_rate").value_or(0)));
    auto resampler = audio::Resampler::create(rate);
    if (!resampler) {
      resampler.error().field = "sample_rate";
      return refuse(resampler.error(), close_code::bad_request);
    }
    const auto from = from_sample(request);
    if (!from) return refuse(from.error(), close_code::bad_request);
    if (hosted_.session->state() == pipeline::SessionState::ended)
      return refuse({ErrorCode::not_found, "the talk has ended", "session_id"},
                    close_code::not_found);
    ticket_ = hosted_.seat->take([connection = connection_] {
      server::refuse(
          *connection,
          {ErrorCode::conflict, "another connection speaks in this session now", "session_id"},
          close_code::conflict);
    });
    resampler_.emplace(std::move(*resampler));
    speaking_ = true;
    skip_to(*from);
    connection_->send_text(
        sotto::json::to_text(json::object{{"type", "started"},
                                          {"received_seconds", seconds(hosted_.seat->received)},
                                          {"dropped_seconds", seconds(hosted_.seat->dropped)},
                                          {"settled_seconds", settled()}}));
    report();
  }

  // The place in the talk where the client's audio begins; 0 where it does not say.
  static Result<std::uint64_t> from_sample(const json::object& request) {
    constexpr double most = 1e6;  // seconds, ten days
    const json::value* const from = request.if_contains("from_seconds");
    if (!from) return 0;
    const double value = from->is_number() ? from->to_number<double>() : -1;
    if (!(value >= 0 && value <= most))
      return fail(ErrorCode::invalid_argument, "from_seconds must be a number from 0 to 1000000",
                  "from_seconds");
    return static_cast<std::uint64_t>(value * sample_rate);
  }

  // What the client has lost. Its clock counts the samples of another rate.
  void skip_to(std::uint64_t from) {
    constexpr std::uint64_t tolerance = sample_rate / 50;
    const std::uint64_t here = hosted_.seat->received + hosted_.seat->dropped;
    if (from <= here + tolerance) return;
    hosted_.session->push_silence(from - here);
    hosted_.seat->received += from - here;
  }

  double settled() const { return to_seconds(hosted_.session->status().settled); }

  // Who pauses has finished a sentence, most likely: a second of silence lets the recogniser say
  // its final.
  void pause(bool on) {
    const auto state = hosted_.session->state();
    if (state == pipeline::SessionState::waiting) return report();  // nothing to hold yet
    if (on && state == pipeline::SessionState::live) {
      flush();
      if (closing_) return;
      hosted_.session->push_silence(0);
    }
    hosted_.session->set_paused(on);
    registry_->heard(hosted_.session->config().id, SessionRegistry::Clock::now());
    report(on ? pipeline::SessionState::paused : pipeline::SessionState::live);
  }

  void mute(const json::object& request) {
    const json::value* on = request.if_contains("on");
    if (!on || !on->is_bool())
      return refuse({ErrorCode::invalid_argument, "on must be true or false", "on"},
                    close_code::bad_request);
    muted_ = on->as_bool();
    report();
  }

  // Closed with 1000 the speaker forgets what it has kept: so not before all of it is settled.
  void end() {
    flush();
    if (closing_) return hosted_.session->finish();
    closing_ = true;
    hosted_.session->finish([connection = connection_] { say_ended(*connection); });
  }

  void close() {
    closing_ = true;
    say_ended(*connection_);
  }

  static void say_ended(Connection& connection) {
    connection.close(close_code::normal, "the talk has ended");
  }

  void take(std::span<const std::int16_t> samples) {
    if (samples.empty()) return;
    meter_.take(samples);
    ports::Pushed pushed = ports::Pushed::over;
    const bool mine = hosted_.seat->speaks(ticket_, [&] {
      pushed = hosted_.session->push_audio(samples);
      if (pushed == ports::Pushed::busy) return;
      (pushed == ports::Pushed::taken ? hosted_.seat->received : hosted_.seat->dropped) +=
          samples.size();
    });
    if (!mine) return;
    const bool taken = pushed == ports::Pushed::taken;
    if (pushed == ports::Pushed::over) return close();  // by the host, or the recogniser failed
    if (pushed == ports::Pushed::busy) return refuse(no_recogniser(), close_code::too_many);
    behind_ = behind_ || !taken;
    heard_ += samples.size();
    const bool news = meter_.faults() != faults_;
    if (heard_ / sample_rate == reported_ && !news) return;
    reported_ = heard_ / sample_rate;
    registry_->heard(hosted_.session->config().id, SessionRegistry::Clock::now());
    report();
    behind_ = false;
  }

  std::vector<Warning> warnings() const {
    std::vector<Warning> warnings;
    if (faults_.silence && !muted_)
      warnings.push_back({"silence", "nothing is heard: is the microphone on?"});
    if (faults_.too_quiet && !muted_)
      warnings.push_back(
          {"too_quiet", "the voice is faint: come closer, or turn the microphone up"});
    if (faults_.clipping)
      warnings.push_back({"clipping", "the sound is clipped: turn the microphone down"});
    if (behind_)
      warnings.push_back({"behind", "audio is dropped: the recogniser does not keep up"});
    return warnings;
  }

  // Another connection has taken over.
  bool lost_seat() const { return speaking_ && !hosted_.seat->has(ticket_); }

  void report() { report(hosted_.session->state()); }

  void report(pipeline::SessionState state) {
    faults_ = meter_.faults();
    json::array warned;
    for (const Warning& warning : warnings())
      warned.push_back(json::object{{"code", warning.code}, {"message", warning.message}});
    const audio::Level level = meter_.level();
    if (const auto now = registry_->find(session_id_)) hosted_.decision = now->decision;
    const json::object status{
        {"type", "status"},
        {"state", pipeline::to_string(state)},
        {"received_seconds", seconds(hosted_.seat->received)},
        {"dropped_seconds", seconds(hosted_.seat->dropped)},
        {"settled_seconds", settled()},
        {"level", {{"rms_dbfs", level.rms_dbfs}, {"peak_dbfs", level.peak_dbfs}}},
        {"listeners", listeners_json(hosted_.session->status().listeners)},
        {"partial_results", decision_json(hosted_.decision)},
        {"warnings", std::move(warned)}};
    connection_->send_text(sotto::json::to_text(status));
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

  const std::string session_id_;
  const SocketRequest request_;
  SessionRegistry* const registry_;
  std::shared_ptr<Connection> connection_;
  HostedSession hosted_;
  std::optional<audio::Resampler> resampler_;
  audio::LevelMeter meter_;
  audio::LevelFaults faults_;  ///< as last reported
  std::vector<std::int16_t> samples_, resampled_;
  bool speaking_ = false;
  SpeakerSeat::Ticket ticket_ = 0;
  bool closing_ = false;
  bool muted_ = false;
  bool behind_ = false;                     ///< audio was dropped since the last report
  bool begun_ = false;                      ///< some audio came
  std::uint64_t heard_ = 0, reported_ = 0;  ///< samples of this connection; seconds of them
};

}  // namespace

std::shared_ptr<SocketHandler> make_audio_socket(const std::string& session_id,
                                                 const SocketRequest& request,
                                                 SessionRegistry* registry) {
  return std::make_shared<AudioSocket>(session_id, request, registry);
}

}  // namespace sotto::server
