#include "replay/replayer.hpp"

#include <utility>

namespace sotto::replay {

Result<Replayer> Replayer::create(const engine::Settings& settings, Sink sink) {
  return engine::Engine::create(settings).map(
      [&](engine::Engine engine) { return Replayer(std::move(engine), std::move(sink)); });
}

engine::Engine& Replayer::engine_of(const SessionId& session) {
  const auto [found, is_new] = engines_.try_emplace(session, fresh_);
  if (is_new) order_.push_back(session);
  return found->second;
}

void Replayer::take(const SessionId& session, SessionTime arrival, const transcript::Event& event) {
  engine::Engine& engine = engine_of(session);
  run_timers(session, engine, arrival);
  step(session, engine, engine::TranscriptReceived{&event}, arrival);
}

void Replayer::change_mode(const SessionId& session, SessionTime at, engine::Mode mode) {
  engine::Engine& engine = engine_of(session);
  run_timers(session, engine, at);
  step(session, engine, engine::ModeChange{mode}, at);
}

void Replayer::finish() {
  for (const SessionId& session : order_)
    run_timers(session, engines_.at(session), SessionTime::max());
}

void Replayer::run_timers(const SessionId& session, engine::Engine& engine, SessionTime until) {
  for (auto due = engine.next_tick(); due && *due <= until; due = engine.next_tick())
    step(session, engine, engine::Tick{}, *due);
}

void Replayer::step(const SessionId& session, engine::Engine& engine, const engine::Event& event,
                    SessionTime at) {
  commands_.clear();
  engine.step(event, at, commands_);
  if (!commands_.empty()) sink_(session, at, commands_);
}

}  // namespace sotto::replay
