// What a session's shadow costs: one event through the session's engine alone, and with the shadow
// behind it; what a shadow holds after two hours of talk, and how often it asks to be woken.
//
//   shadow_cost
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/session/shadow.hpp"
#include "tests/support/allocation_meter.hpp"
#include "tests/support/transcribe_lines.hpp"
#include "transcript/codec.hpp"

namespace {

using namespace sotto;
using Clock = std::chrono::steady_clock;

struct Heard {
  SessionTime at;
  transcript::Event event;
};

std::vector<Heard> talk_of(double seconds) {
  std::vector<Heard> talk;
  transcript::Decoder decoder;
  for (const std::string& line : testing::transcribe_lines({"golden-eagle-427", seconds, 7})) {
    Heard heard;
    heard.at = *decoder.decode(line, heard.event)->arrival;
    talk.push_back(std::move(heard));
  }
  return talk;
}

// A session's engine, and the shadow where there is one, as Session drives them.
struct Engines {
  Engines(engine::Mode mode, bool with_shadow) : engine(made(mode)) {
    engine::Settings settings;
    settings.mode = mode;
    if (with_shadow) shadow.emplace(settings);
  }

  static engine::Engine made(engine::Mode mode) {
    engine::Settings settings;
    settings.mode = mode;
    return engine::Engine::create(settings).value();
  }

  void step(const engine::Event& event, SessionTime at) {
    commands.clear();
    engine.step(event, at, commands);
    if (!shadow) return;
    shadow->note(commands, at, captured);
    shadow->step(event, at, captured);
  }

  void take(const Heard& heard) {
    constexpr SessionTime never = SessionTime::max();
    for (;;) {
      const SessionTime due = engine.next_tick().value_or(never);
      const SessionTime shadows = shadow ? shadow->next_tick().value_or(never) : never;
      if (std::min(due, shadows) > heard.at) break;
      ++woken;
      if (due <= shadows) {
        step(engine::Tick{}, due);
      } else {
        shadow->step(engine::Tick{}, shadows, captured);
      }
    }
    captured.note(heard.at, heard.at);
    step(engine::TranscriptReceived{&heard.event}, heard.at);
  }

  engine::Engine engine;
  std::optional<pipeline::Shadow> shadow;
  engine::Commands commands;
  pipeline::CaptureClock captured;
  std::size_t woken = 0;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Nanoseconds an event, of the rounds' median.
double cost(const std::vector<Heard>& talk, engine::Mode mode, bool with_shadow) {
  std::vector<double> rounds;
  for (int round = 0; round < 15; ++round) {
    Engines engines(mode, with_shadow);
    const auto begin = Clock::now();
    for (const Heard& heard : talk) engines.take(heard);
    const std::chrono::duration<double, std::nano> took = Clock::now() - begin;
    rounds.push_back(took.count() / static_cast<double>(talk.size()));
  }
  return median(rounds);
}

void report(const std::vector<Heard>& talk, engine::Mode mode, const char* name) {
  const double alone = cost(talk, mode, false), both = cost(talk, mode, true);
  const auto live = [] { return testing::allocations().live; };
  Engines without(mode, false);
  for (const Heard& heard : talk) without.take(heard);
  Engines with(mode, true);
  const std::int64_t before = live();
  std::int64_t most = 0;
  for (const Heard& heard : talk) {
    with.take(heard);
    most = std::max(most, live() - before);
  }
  const std::int64_t held = live() - before;
  Engines again(mode, false);
  const std::int64_t before_alone = live();
  for (const Heard& heard : talk) again.take(heard);
  const std::int64_t alone_held = live() - before_alone;
  const auto figures = with.shadow->figures();
  std::printf("%s\n", name);
  std::printf("  one event, its engine alone   %7.0f ns\n", alone);
  std::printf("  with the shadow               %7.0f ns\n", both);
  std::printf("  held by the shadow            %7.1f kB (at the most %.1f kB with the engine)\n",
              static_cast<double>(held - alone_held) / 1000, static_cast<double>(most) / 1000);
  std::printf("  woken in the talk             %7zu times (without it %zu)\n", with.woken,
              without.woken);
  std::printf(
      "  words in both modes           %7llu, early %.0f ms, finals only %.0f ms, %llu "
      "taken back\n\n",
      static_cast<unsigned long long>(figures.words), figures.early_mean_ms,
      figures.final_only_mean_ms, static_cast<unsigned long long>(figures.taken_back));
}

}  // namespace

int main() {
  const auto talk = talk_of(2 * 3600);
  std::printf("A talk of two hours, %zu events\n\n", talk.size());
  report(talk, engine::Mode::partial, "A canary session, whose shadow waits for finals");
  report(talk, engine::Mode::final_only, "A control session, whose shadow uses partial results");
  return 0;
}
