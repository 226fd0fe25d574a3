#include "replay/decision_lines.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <utility>

#include "base/overloaded.hpp"
#include "json/text.hpp"

namespace sotto::replay {

namespace {

struct Line {
  std::string_view action, result_id, text, reason;
  double stability = 1;
  bool speech = false;
};

double rounded(double value) { return std::round(value * 1000) / 1000; }

void put(std::ostream& out, const SessionId& session, SessionTime at, const Line& line) {
  boost::json::object object;
  object["at_ms"] = at.time_since_epoch().count();
  object["session_id"] = session.str();
  object["action"] = line.action;
  object["result_id"] = line.result_id;
  object["text"] = line.text;
  object["reason"] = line.reason;
  object["stability"] = rounded(line.stability);
  object["channel"] = line.speech ? "speech" : "captions";
  out << json::to_text(object) << '\n';
}

}  // namespace

// A step's captions of a result change its text together, so they make one line, the last one's.
void DecisionLines::write(const SessionId& session, SessionTime at,
                          const engine::Commands& commands) {
  using State = engine::ShowCaption::State;
  CaptionBoard& board = boards_[session];
  bool replaced = false;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    std::visit(Overloaded{[&](const engine::ShowCaption& caption) {
                            const std::string& text = board.show(caption);
                            replaced = replaced || caption.state == State::replaced;
                            if (!is_last_of_result(commands, i)) return;
                            write(session, at, caption, text, std::exchange(replaced, false));
                          },
                          [&](const auto& known) { write(session, at, known); }},
               commands[i]);
  }
}

void DecisionLines::write(const SessionId& session, SessionTime at,
                          const engine::ShowCaption& caption, const std::string& text,
                          bool replaced) {
  Line line{"caption", caption.result_id, text, "open", caption.stability};
  if (caption.state == engine::ShowCaption::State::closed) line.reason = "segment_end";
  if (replaced) line.action = "replace", line.reason = "final_result";
  put(out_, session, at, line);
}

void DecisionLines::write(const SessionId& session, SessionTime at, const engine::Speak& speak) {
  if (speak.text.empty()) return;
  const bool ends = speak.ends != engine::CutReason::none;
  put(out_, session, at,
      {speak.flushed ? "flush" : "forward", speak.result_id, speak.text,
       ends ? to_string(speak.ends) : "stable", speak.stability, true});
}

void DecisionLines::write(const SessionId& session, SessionTime at,
                          const engine::Diagnostic& diagnostic) {
  const engine::ShownDecision shown = engine::shown_decision(diagnostic);
  if (shown.action.empty()) return;
  Line line{shown.action, diagnostic.result_id, {}, shown.reason};
  if (diagnostic.kind == engine::Diagnostic::Kind::discrepancy) {
    line.speech = true;
    line.stability = 1 - diagnostic.value;
  }
  put(out_, session, at, line);
}

}  // namespace sotto::replay
