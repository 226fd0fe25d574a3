// Embeds the engine: what a recogniser hears goes in, captions and committed words come out.
//   embed EVENTS.jsonl     one event a line, in the JSON of Amazon Transcribe's streams
#include <fstream>
#include <iostream>
#include <string>

#include "engine/engine.hpp"
#include "transcript/codec.hpp"

using namespace sotto;

void print(const engine::Command& command, SessionTime now) {
  if (const auto* caption = std::get_if<engine::ShowCaption>(&command)) {
    std::cout << to_seconds(now) << " s  caption " << static_cast<int>(caption->segment) << ": "
              << caption->text << (caption->translate ? "  [translate]\n" : "\n");
  } else if (const auto* speak = std::get_if<engine::Speak>(&command)) {
    std::cout << to_seconds(now) << " s  committed: " << speak->text << "\n";
  }  // what remains is for metrics
}

int main(int argc, char** argv) {
  std::ifstream lines(argc > 1 ? argv[1] : "events.jsonl");
  if (!lines) return std::cerr << "embed: cannot read the events\n", 1;
  auto engine = engine::Engine::create({});  // thresholds and timeouts: engine/settings.hpp
  transcript::Decoder decoder;
  transcript::Event heard;
  engine::Commands commands;
  SessionTime now{};
  const auto step = [&](const engine::Event& event, SessionTime at) {
    commands.clear();
    engine->step(event, at, commands);
    for (const engine::Command& command : commands) print(command, at);
  };
  for (std::string line; std::getline(lines, line);) {
    const auto envelope = decoder.decode(line, heard);
    if (!envelope) return std::cerr << "embed: " << envelope.error().message << "\n", 1;
    now = envelope->arrival.value_or(now);
    while (engine->next_tick() && *engine->next_tick() <= now)  // timeouts that have come due
      step(engine::Tick{}, *engine->next_tick());
    step(engine::TranscriptReceived{&heard}, now);
  }
  step(engine::EndOfAudio{}, now);
}
