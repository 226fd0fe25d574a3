// Fuzzes what an engine is restored from. Whatever the bytes are, nothing crashes; an engine that
// comes of them can be used, and written down again gives the same bytes, unless they were of an
// older form: then those of the newest, which give themselves.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/snapshot.hpp"

namespace {

using namespace sotto;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

transcript::Event event_with(std::string_view id, bool is_partial, SessionTime start) {
  transcript::Event event;
  event.begin_result({id, {}, "the calm sea.", start, start + milliseconds{900}, is_partial});
  for (const char* word : {"the", "calm", "sea."}) {
    transcript::Item item;
    item.content = word;
    item.start = start;
    item.end = start += milliseconds{300};
    item.stable = transcript::StableFlag::stable;
    event.add_item(item);
  }
  return event;
}

// A little of a talk, ticks included.
void use(engine::Engine& engine) {
  engine::Commands out;
  SessionTime now = at_ms(5'000);
  const auto step = [&](const engine::Event& event) {
    out.clear();
    engine.step(event, now, out);
    for (const engine::Command& command : out)
      if (const auto* caption = std::get_if<engine::ShowCaption>(&command))
        require(caption->stable_bytes <= caption->text.size(), "stable text is part of the text");
  };
  for (const bool is_partial : {true, false}) {
    const auto event = event_with("r1", is_partial, now);
    step(engine::TranscriptReceived{&event});
    for (int tick = 0; tick < 8 && engine.next_tick(); ++tick) {
      now = std::max(now, *engine.next_tick());
      step(engine::Tick{});
    }
    step(engine::SpeechDetected{});
  }
  step(engine::ModeChange{engine::Mode::final_only});
  step(engine::EndOfAudio{});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  auto engine = engine::restore(input);
  if (!engine) return 0;
  const auto again = engine::snapshot(*engine);
  require(again.has_value(), "what was restored can be written");
  constexpr std::size_t form_end = 3;  // `SE` and the form
  require(*again == input || again->substr(0, form_end) != input.substr(0, form_end),
          "what was restored is what was written");
  const auto same = engine::restore(*again);
  require(same && engine::snapshot(*same) == *again, "and of the newest form it stays so");
  use(*engine);
  require(engine::snapshot(*engine).has_value(), "and goes on");
  return 0;
}
