#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "engine/engine.hpp"

namespace sotto::testing {

// Every word but the last two is certain.
inline transcript::StabilityCalibration all_but_two() {
  transcript::StabilityCalibration calibration;
  for (std::size_t i = 0; i < calibration.survival.size(); ++i)
    calibration.survival[i].fill(i == 0 ? 0.3f : i == 1 ? 0.8f : 1.0f);
  return calibration;
}

inline void append(std::string& text, const std::string& more) {
  if (!text.empty() && !more.empty()) text += ' ';
  text += more;
}

inline engine::Settings calibrated() {
  engine::Settings settings;
  settings.calibration = all_but_two();
  settings.provisional_threshold = 0.75;
  return settings;
}

// Drives an engine and keeps what its listeners would have: captions by segment, speech in order.
struct Session {
  engine::Engine engine;
  std::map<engine::SegmentId, std::string> captions;
  std::map<engine::SegmentId, std::string> provisional;
  std::vector<std::string> spoken;
  std::vector<engine::CutReason> endings;
  std::set<engine::SegmentId> ended;
  std::vector<engine::Diagnostic::Kind> diagnostics;
  engine::Commands last;
  int translations = 0;

  explicit Session(const engine::Settings& settings = calibrated())
      : engine(engine::Engine::create(settings).value()) {}

  void step(const engine::Event& event, SessionTime now) {
    last.clear();
    engine.step(event, now, last);
    for (const engine::Command& command : last) {
      if (const auto* caption = std::get_if<engine::ShowCaption>(&command)) {
        captions[caption->segment] = caption->text;
        if (caption->state != engine::ShowCaption::State::open) ended.insert(caption->segment);
        provisional[caption->segment] = caption->text.substr(caption->stable_bytes);
        translations += caption->translate ? 1 : 0;
      } else if (const auto* speak = std::get_if<engine::Speak>(&command)) {
        spoken.emplace_back(speak->text);
        if (speak->ends != engine::CutReason::none) endings.push_back(speak->ends);
      } else {
        diagnostics.push_back(std::get<engine::Diagnostic>(command).kind);
      }
    }
  }
  void hear(const transcript::Event& event, milliseconds::rep now) {
    step(engine::TranscriptReceived{&event}, at_ms(now));
  }
  void tick(milliseconds::rep now) { step(engine::Tick{}, at_ms(now)); }

  std::string shown() const {
    std::string text;
    for (const auto& [segment, caption] : captions) append(text, caption);
    return text;
  }
  std::string said() const {
    std::string text;
    for (const std::string& part : spoken) append(text, part);
    return text;
  }
};

}  // namespace sotto::testing
