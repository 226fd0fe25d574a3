// Fuzzes the JSON codec and the engine together, by the door that production uses. An input is
// lines: JSON messages, and control lines that begin with one of
//   !  switch the mode     ~  let 700 ms pass     #  speech was detected     .  the audio ends
// Whatever comes, nothing crashes, events survive encoding, and the engine's promises hold.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "engine/engine.hpp"
#include "transcript/codec.hpp"

namespace {

using namespace sotto;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

void check_round_trip(const transcript::Event& event, const transcript::Envelope& envelope) {
  const std::string line = transcript::encode(event, envelope);
  transcript::Decoder decoder;
  transcript::Event again;
  if (line.size() > transcript::Decoder::max_bytes) return;
  const auto read = decoder.decode(line, again);
  require(read.has_value(), "an encoded event can be decoded");
  require(transcript::encode(again, *read) == line, "an event survives encoding");
}

class Session {
 public:
  explicit Session(const engine::Settings& settings)
      : engine_(engine::Engine::create(settings).value()) {}

  void control(char kind) {
    if (kind == '~') now_ += milliseconds{700};
    run_timers();
    switch (kind) {
      case '!':
        mode_ = mode_ == engine::Mode::partial ? engine::Mode::final_only : engine::Mode::partial;
        return step(engine::ModeChange{mode_}, now_);
      case '#': return step(engine::SpeechDetected{}, now_);
      case '.': return step(engine::EndOfAudio{}, now_);
      default: return;
    }
  }

  void hear(const transcript::Event& event, std::optional<SessionTime> at) {
    if (at) now_ = std::max(now_, std::min(*at, now_ + std::chrono::minutes{1}));
    run_timers();
    step(engine::TranscriptReceived{&event}, now_);
  }

 private:
  void run_timers() {
    for (auto due = engine_.next_tick(); due && *due <= now_; due = engine_.next_tick())
      step(engine::Tick{}, *due);
  }

  void step(const engine::Event& event, SessionTime at) {
    commands_.clear();
    engine_.step(event, at, commands_);
    const auto next = engine_.next_tick();
    require(!next || *next > at, "a tick is due later");
    for (const engine::Command& command : commands_) {
      if (const auto* caption = std::get_if<engine::ShowCaption>(&command)) {
        require(caption->stable_bytes <= caption->text.size(), "stable text is part of the text");
        require(static_cast<unsigned>(caption->segment) > 0, "segments have numbers");
      } else if (const auto* speak = std::get_if<engine::Speak>(&command)) {
        require(speak->text.empty() == (speak->words == 0), "a piece has its words' text");
        require(commands_.word_ends(*speak).size() == speak->words, "a piece has its words' ends");
        bool& ended = ended_[speak->segment];
        require(!ended, "nothing is said of a segment that has ended");
        ended = speak->ends != engine::CutReason::none;
      }
    }
  }

  engine::Engine engine_;
  engine::Mode mode_ = engine::Mode::partial;
  engine::Commands commands_;
  SessionTime now_{};
  std::map<engine::SegmentId, bool> ended_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  engine::Settings settings;
  if (input.starts_with('c')) {  // a recogniser with a measured stability
    settings.calibration.emplace();
    for (std::size_t i = 0; i < settings.calibration->survival.size(); ++i)
      settings.calibration->survival[i].fill(i == 0 ? 0.3f : i == 1 ? 0.8f : 1.0f);
    input.remove_prefix(1);
  }
  Session session(settings);
  transcript::Decoder decoder;
  transcript::Event event;
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    if (line.empty()) continue;
    if (std::string_view("!~#.").find(line.front()) != std::string_view::npos) {
      session.control(line.front());
      continue;
    }
    const auto envelope = decoder.decode(line, event);
    require(envelope.has_value() || event.empty(), "what is refused leaves nothing behind");
    if (!envelope) continue;
    check_round_trip(event, *envelope);
    session.hear(event, envelope->arrival);
  }
  return 0;
}
