#include "lambda/decision_record.hpp"

#include <boost/json.hpp>

#include "base/overloaded.hpp"
#include "json/text.hpp"

namespace sotto::lambda {

namespace js = boost::json;

namespace {

std::int64_t ms(SessionTime t) { return t.time_since_epoch().count(); }

std::string_view name_of(engine::ShowCaption::State state) {
  switch (state) {
    case engine::ShowCaption::State::open: return "open";
    case engine::ShowCaption::State::closed: return "closed";
    case engine::ShowCaption::State::replaced: return "replaced";
  }
  return "open";
}

void put(js::object& record, const engine::ShowCaption& caption, const engine::Commands&) {
  record["kind"] = "caption";
  record["segment"] = static_cast<std::uint32_t>(caption.segment);
  record["state"] = name_of(caption.state);
  record["result"] = caption.result;
  record["result_id"] = caption.result_id;
  record["text"] = caption.text;
  record["stable_bytes"] = caption.stable_bytes;
  record["start_ms"] = ms(caption.start);
  record["end_ms"] = ms(caption.end);
  record["translate"] = caption.translate;
  record["reuse_bytes"] = caption.reuse_bytes;
  record["stability"] = caption.stability;
}

void put(js::object& record, const engine::Speak& speak, const engine::Commands& commands) {
  record["kind"] = "speak";
  record["segment"] = static_cast<std::uint32_t>(speak.segment);
  record["result_id"] = speak.result_id;
  record["text"] = speak.text;
  record["start_ms"] = ms(speak.start);
  record["end_ms"] = ms(speak.end);
  record["ends"] = engine::to_string(speak.ends);
  record["flushed"] = speak.flushed;
  record["stability"] = speak.stability;
  js::array ends;
  for (const SessionTime end : commands.word_ends(speak)) ends.emplace_back(ms(end));
  record["word_ends_ms"] = std::move(ends);
}

void put(js::object& record, const engine::Diagnostic& diagnostic, const engine::Commands&) {
  record["kind"] = "notice";
  record["notice"] = engine::to_string(diagnostic.kind);
  record["result_id"] = diagnostic.result_id;
  record["value"] = diagnostic.value;
  record["reason"] = engine::to_string(diagnostic.cause);
}

}  // namespace

std::string decision_record(const SessionId& session, std::uint64_t number, SessionTime at,
                            const engine::Command& command, const engine::Commands& commands) {
  js::object record;
  record["session_id"] = session.str();
  record["number"] = number;
  record["at_ms"] = ms(at);
  std::visit([&](const auto& known) { put(record, known, commands); }, command);
  return json::to_text(record);
}

}  // namespace sotto::lambda
