#include "pipeline/session/shadow.hpp"

#include <variant>

namespace sotto::pipeline {

namespace {

using engine::Diagnostic;
using engine::Mode;

Mode other(Mode mode) { return mode == Mode::partial ? Mode::final_only : Mode::partial; }

// An engine of this mode does from here on what one of the other would.
bool changes_sides(Mode mode, const Diagnostic& diagnostic) {
  return diagnostic.kind ==
         (mode == Mode::partial ? Diagnostic::Kind::fallback : Diagnostic::Kind::recover);
}

}  // namespace

Shadow::Shadow(const engine::Settings& settings) : session_mode_(settings.mode) {
  engine::Settings others = settings;
  others.mode = other(settings.mode);
  if (auto made = engine::Engine::create(others)) engine_ = std::move(*made);
}

// False: it no longer acts by its mode.
bool Shadow::take(Mode mode, const engine::Commands& decided, SessionTime now,
                  const CaptureClock& captured) {
  for (const engine::Command& command : decided) {
    if (const auto* caption = std::get_if<engine::ShowCaption>(&command)) {
      pairs_.shown(mode, *caption, now);
    } else if (const auto* piece = std::get_if<engine::Speak>(&command)) {
      pairs_.said(mode, *piece, decided.word_ends(*piece), now, captured);
    } else if (const auto* diagnostic = std::get_if<Diagnostic>(&command)) {
      if (changes_sides(mode, *diagnostic)) return false;
      if (mode == Mode::partial && diagnostic->kind == Diagnostic::Kind::contradicted)
        pairs_.taken_back(diagnostic->result_id, static_cast<std::size_t>(diagnostic->value));
    }
  }
  return true;
}

void Shadow::note(const engine::Commands& decided, SessionTime now, const CaptureClock& captured) {
  if (running() && !take(session_mode_, decided, now, captured)) end();
}

void Shadow::step(const engine::Event& event, SessionTime now, const CaptureClock& captured) {
  if (!running() || std::holds_alternative<engine::ModeChange>(event)) return;
  commands_.clear();
  engine_->step(event, now, commands_);
  const bool goes_on = take(other(session_mode_), commands_, now, captured);
  pairs_.settle();
  if (!goes_on) end();
}

void Shadow::end() {
  engine_.reset();
  commands_ = {};
  pairs_.close();
}

std::optional<SessionTime> Shadow::next_tick() const {
  return running() ? engine_->next_tick() : std::nullopt;
}

}  // namespace sotto::pipeline
