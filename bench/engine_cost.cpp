// What the engine costs: JSON messages to decisions on one core beside parsing and reading the same
// messages with simdjson alone, one step on a parsed event, memory and allocations of a session.
//
//   engine_cost [EVENTS.jsonl]     without a file: ten made-up talks of ten minutes,
//                                  in the shape of Amazon Transcribe
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/engine.hpp"
#include "tests/support/allocation_meter.hpp"
#include "tests/support/transcribe_lines.hpp"
#include "transcript/codec.hpp"

namespace {

using namespace sotto;
using Clock = std::chrono::steady_clock;

double nanoseconds(Clock::duration d) {
  return std::chrono::duration<double, std::nano>(d).count();
}

std::vector<std::string> read_lines(const char* file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> made_up_lines() {
  std::vector<std::string> all;
  for (std::uint64_t i = 0; i < 10; ++i) {
    const auto talk = testing::transcribe_lines({"golden-eagle-" + std::to_string(i), 600, i + 1});
    all.insert(all.end(), talk.begin(), talk.end());
  }
  return all;
}

// Everything that the engine needs of a message, read and thrown away.
struct Floor {
  simdjson::ondemand::parser parser;
  simdjson::padded_string padded;
  double sum = 0;
  std::size_t bytes = 0;

  void item(simdjson::ondemand::object object) {
    for (auto field : object) {
      const std::string_view key = field.unescaped_key();
      auto value = field.value();
      if (key == "StartTime" || key == "EndTime" || key == "Confidence") {
        sum += double(value);
      } else if (key == "Content" || key == "Type") {
        bytes += std::string_view(value).size();
      } else if (key == "Stable") {
        sum += bool(value) ? 1 : 0;
      }
    }
  }
  void result(simdjson::ondemand::object object) {
    for (auto field : object) {
      const std::string_view key = field.unescaped_key();
      auto value = field.value();
      if (key == "ResultId" || key == "ChannelId") {
        bytes += std::string_view(value).size();
      } else if (key == "StartTime" || key == "EndTime") {
        sum += double(value);
      } else if (key == "IsPartial") {
        sum += bool(value) ? 1 : 0;
      } else if (key == "Alternatives") {
        for (auto alternative : value.get_array())
          for (auto member : alternative.get_object()) {
            const std::string_view name = member.unescaped_key();
            if (name == "Transcript") bytes += std::string_view(member.value()).size();
            if (name == "Items")
              for (auto element : member.value().get_array()) item(element.get_object());
          }
      }
    }
  }
  void read(const std::string& line, std::string& buffer) {
    buffer.reserve(line.size() + simdjson::SIMDJSON_PADDING);
    buffer.assign(line);
    auto document = parser.iterate(
        simdjson::padded_string_view(buffer.data(), buffer.size(), buffer.capacity()));
    for (auto field : document.get_object()) {
      const std::string_view key = field.unescaped_key();
      if (key == "SessionId" || key == "Language") {
        bytes += std::string_view(field.value()).size();
      } else if (key == "ArrivalMs") {
        sum += double(field.value());
      } else if (key == "Transcript") {
        for (auto element : field.value()["Results"].get_array()) result(element.get_object());
      }
    }
  }
};

// One engine a session, timers on the recording's clock.
struct Sessions {
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  engine::Engine fresh = engine::Engine::create({}).value();
  std::unordered_map<std::string, engine::Engine, Hash, std::equal_to<>> engines;
  engine::Commands commands;
  std::size_t decisions = 0;
  const std::string* current_id = nullptr;
  engine::Engine* current = nullptr;

  // A server has a session's stream at hand, so only a change of session is looked up.
  engine::Engine& engine_of(std::string_view session) {
    if (current && session == *current_id) return *current;
    auto known = engines.find(session);
    if (known == engines.end()) known = engines.emplace(std::string(session), fresh).first;
    current_id = &known->first;
    return *(current = &known->second);
  }
  void take(std::string_view session, SessionTime at, const transcript::Event& event) {
    engine::Engine& engine = engine_of(session);
    for (auto due = engine.next_tick(); due && *due <= at; due = engine.next_tick())
      step(engine, engine::Tick{}, *due);
    step(engine, engine::TranscriptReceived{&event}, at);
  }
  void step(engine::Engine& engine, const engine::Event& event, SessionTime at) {
    commands.clear();
    engine.step(event, at, commands);
    decisions += commands.size();
  }
};

template <class Work>
double time_per_line(const std::vector<std::string>& lines, Work work) {
  const auto begin = Clock::now();
  for (const std::string& line : lines) work(line);
  return nanoseconds(Clock::now() - begin) / static_cast<double>(lines.size());
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void json_to_decisions(const std::vector<std::string>& lines) {
  std::vector<double> floor, decode, decide, ratio;
  std::size_t bytes = 0, decisions = 0;
  for (const std::string& line : lines) bytes += line.size();
  for (int round = 0; round < 15; ++round) {
    Floor reader;
    std::string buffer;
    floor.push_back(time_per_line(lines, [&](const std::string& l) { reader.read(l, buffer); }));
    transcript::Decoder decoder;
    transcript::Event event;
    decode.push_back(time_per_line(lines, [&](const std::string& l) {
      if (!decoder.decode(l, event)) std::abort();
    }));
    Sessions sessions;
    decide.push_back(time_per_line(lines, [&](const std::string& l) {
      const auto envelope = decoder.decode(l, event);
      sessions.take(envelope->session, *envelope->arrival, event);
    }));
    ratio.push_back(decide.back() / floor.back());
    decisions = sessions.decisions;
    if (reader.sum + static_cast<double>(reader.bytes) == 0) std::abort();
  }
  std::printf("JSON to decisions, one core: %zu messages of %.0f bytes, %zu decisions\n",
              lines.size(), static_cast<double>(bytes) / static_cast<double>(lines.size()),
              decisions);
  std::printf("  simdjson alone, parsed and read   %7.0f ns\n", median(floor));
  std::printf("  decoded into an event             %7.0f ns\n", median(decode));
  std::printf("  decoded and decided               %7.0f ns   %.0f messages a second\n",
              median(decide), 1e9 / median(decide));
  std::printf("  decided / simdjson alone          %7.2f      (wanted: at most 1.20)\n\n",
              median(ratio));
}

// Each event is decoded just before its step, as in a live session, and only the step is timed.
void step_alone(const std::vector<std::string>& lines) {
  std::vector<double> clock_cost, steps;
  for (int i = 0; i < 10'000; ++i) {
    const auto begin = Clock::now();
    clock_cost.push_back(nanoseconds(Clock::now() - begin));
  }
  const double overhead = median(clock_cost);
  transcript::Decoder decoder;
  transcript::Event event;
  for (int round = 0; round < 5; ++round) {
    Sessions sessions;
    for (const std::string& line : lines) {
      const auto envelope = decoder.decode(line, event);
      engine::Engine& engine = sessions.engine_of(envelope->session);
      for (auto due = engine.next_tick(); due && *due <= *envelope->arrival;
           due = engine.next_tick())
        sessions.step(engine, engine::Tick{}, *due);
      const auto begin = Clock::now();
      sessions.step(engine, engine::TranscriptReceived{&event}, *envelope->arrival);
      steps.push_back(nanoseconds(Clock::now() - begin) - overhead);
    }
  }
  std::sort(steps.begin(), steps.end());
  const auto at = [&](double q) {
    return steps[static_cast<std::size_t>(q * static_cast<double>(steps.size() - 1))];
  };
  std::printf("One step on a decoded event (less %.0f ns for reading the clock)\n", overhead);
  std::printf("  median                            %7.0f ns   (wanted: at most 300)\n", at(0.5));
  std::printf("  p99                               %7.0f ns   (wanted: at most 5000)\n\n",
              at(0.99));
}

void memory_of_a_session() {
  const auto lines = testing::transcribe_lines({"golden-eagle-427", 2 * 3600, 7});
  transcript::Decoder decoder;
  transcript::Event event;
  engine::Commands commands;
  for (const std::string& line : lines) (void)decoder.decode(line, event);  // their memory settles
  const auto live = [] { return testing::allocations().live; };
  const std::int64_t before = live();
  auto engine = std::make_unique<engine::Engine>(engine::Engine::create({}).value());
  std::printf("A session (its commands and its event not counted)\n");
  std::uint64_t events = 0, allocated = 0;
  SessionTime next_report = at_ms(60'000);
  for (const std::string& line : lines) {
    const auto envelope = decoder.decode(line, event);
    const SessionTime at = *envelope->arrival;
    const std::uint64_t count = testing::allocations().count;
    for (auto due = engine->next_tick(); due && *due <= at; due = engine->next_tick()) {
      commands.clear();
      engine->step(engine::Tick{}, *due, commands);
    }
    commands.clear();
    engine->step(engine::TranscriptReceived{&event}, at, commands);
    if (at > at_ms(60'000)) ++events, allocated += testing::allocations().count - count;
    if (at < next_report) continue;
    std::printf("  after %3.0f min                    %8.1f KiB\n", to_seconds(at) / 60,
                static_cast<double>(live() - before) / 1024);
    next_report =
        next_report == at_ms(60'000) ? at_ms(3'600'000) : next_report + std::chrono::hours{1};
  }
  std::printf(
      "  after the end                     %8.1f KiB   (wanted: at most 16 after an hour)\n",
      static_cast<double>(live() - before) / 1024);
  std::printf("  allocations a step, after a minute %7.4f      (%llu in %llu)\n",
              static_cast<double>(allocated) / static_cast<double>(events),
              static_cast<unsigned long long>(allocated), static_cast<unsigned long long>(events));
}

}  // namespace

int main(int argc, char** argv) {
  const auto lines = argc > 1 ? read_lines(argv[1]) : made_up_lines();
  if (lines.empty()) {
    std::fprintf(stderr, "engine_cost: no events in %s\n", argv[1]);
    return 1;
  }
  json_to_decisions(lines);
  step_alone(lines);
  memory_of_a_session();
  return 0;
}
