#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "lambda/decision_record.hpp"
#include "lambda/processor.hpp"
#include "replay/replayer.hpp"
#include "tests/support/kinesis.hpp"
#include "tests/support/memory_checkpoint_store.hpp"
#include "tests/support/memory_flag_store.hpp"
#include "tests/support/transcribe_lines.hpp"
#include "transcript/codec.hpp"

namespace sotto::testing {

/// The death of a process, as a test has it.
struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

/// Decisions by session and number, as a reader that drops what it has seen keeps them.
using Decisions = std::map<std::pair<SessionId, std::uint64_t>, std::string>;

/// Keeps what it is given, fails, or dies before or after it took something.
class MemoryDecisionSink : public ports::DecisionSink {
 public:
  Result<> take(const SessionId& session, std::span<const std::string> decisions) override {
    if (fails) return fail(ErrorCode::unavailable, "down");
    if (std::exchange(dies_before, false)) throw Killed();
    for (const std::string& decision : decisions) {
      const std::size_t at = decision.find("\"number\":") + 9;
      const auto [known, is_new] =
          kept.try_emplace({session, std::stoull(decision.substr(at))}, decision);
      if (!is_new) ++repeated;
      if (known->second != decision) ++contradicted;
    }
    if (std::exchange(dies_after, false)) throw Killed();
    return {};
  }

  Decisions kept;
  std::size_t repeated = 0, contradicted = 0;
  bool fails = false, dies_before = false, dies_after = false;
};

/// What one process that never stops decides on the records' events.
inline Decisions replayed(const std::vector<Sent>& records, const engine::Settings& settings = {}) {
  Decisions all;
  std::map<SessionId, std::uint64_t> numbers;
  auto replayer = replay::Replayer::create(
      settings, [&](const SessionId& session, SessionTime at, const engine::Commands& commands) {
        for (const engine::Command& command : commands) {
          const std::uint64_t number = ++numbers[session];
          all[{session, number}] = lambda::decision_record(session, number, at, command, commands);
        }
      });
  transcript::Decoder decoder;
  transcript::Event event;
  for (const Sent& record : records) {
    const auto envelope = decoder.decode(record.data, event);
    replayer->take(SessionId{record.session}, envelope->arrival.value(), event);
  }
  return all;
}

/// Talks of several sessions as one stream, in the order of their times.
inline std::vector<Sent> stream_of(std::size_t sessions, double seconds, std::uint64_t seed) {
  std::vector<std::vector<std::string>> talks;
  for (std::size_t i = 0; i < sessions; ++i)
    talks.push_back(transcribe_lines({"talk-" + std::to_string(i), seconds, seed + i}));
  std::vector<Sent> records;
  for (std::size_t line = 0, left = sessions; left > 0; ++line) {
    left = 0;
    for (std::size_t i = 0; i < sessions; ++i) {
      if (line >= talks[i].size()) continue;
      ++left;
      records.push_back(
          {"talk-" + std::to_string(i), talks[i][line], sequence_number(records.size() + 1)});
    }
  }
  return records;
}

/// The records as a processor gets them.
inline lambda::Batch batch_of(std::span<const Sent> records) {
  lambda::Batch batch;
  for (const Sent& record : records)
    batch.records.push_back(
        {SessionId{record.session}, record.sequence_number, std::nullopt, record.data});
  return batch;
}

}  // namespace sotto::testing
