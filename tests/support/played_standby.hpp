#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/sample_clock.hpp"
#include "providers/standby/standby_recogniser.hpp"
#include "tests/contract/recording_sink.hpp"

/// A StandbyRecogniser between two recognisers that a test plays.
namespace sotto::providers::standby {

using contract::RecordingSink;

inline const Language english{"en"};

/// A recogniser that the test plays: it takes sound, and says what it is told to. What it has taken
/// and whether it has ended is of the stream that was opened last.
class Played : public ports::Recogniser {
 public:
  std::vector<Language> languages() const override { return {english}; }
  std::optional<transcript::StabilityCalibration> calibration(const Language&) const override {
    return std::nullopt;
  }
  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language&,
                                                        ports::RecogniserSink to) override {
    if (const auto call = std::exchange(on_open, {})) call();
    if (refuses) return fail(*refuses, "it does not open");
    if (ends_at_once) to.on_end(fail(*ends_at_once, "it broke at once"));
    sink = std::move(to);
    ++opened;
    over = false;
    finished = 0;
    taken.clear();
    return std::make_unique<Stream>(*this);
  }

  void say(const char* id, int start, int end, bool is_partial, int last_word_end) {
    transcript::Event event;
    event.begin_result({.id = id,
                        .channel = {},
                        .transcript = id,
                        .start = at_ms(start),
                        .end = at_ms(end),
                        .is_partial = is_partial});
    event.add_item({.content = id, .start = at_ms(start), .end = at_ms(last_word_end)});
    sink.on_event(std::move(event));
  }
  void reach(int place) { sink.on_progress(milliseconds{place}); }
  void fail_stream() {
    over = true;
    sink.on_end(fail(ErrorCode::internal, "it broke"));
  }

  std::optional<ErrorCode> refuses, ends_at_once;
  std::function<void()> on_open;  // within the next open()
  ports::RecogniserSink sink;
  int opened = 0, closed = 0, finished = 0;
  bool over = false;
  std::size_t room = SIZE_MAX;
  std::vector<std::int16_t> taken;

 private:
  struct Stream : ports::RecogniserStream {
    explicit Stream(Played& from) : owner(&from) {}
    ~Stream() override { ++owner->closed; }
    ports::Pushed push(std::span<const std::int16_t> samples) override {
      if (owner->over || owner->finished > 0) return ports::Pushed::over;
      if (owner->taken.size() + samples.size() > owner->room) return ports::Pushed::full;
      owner->taken.insert(owner->taken.end(), samples.begin(), samples.end());
      return ports::Pushed::taken;
    }
    milliseconds recognised() const override { return length_of(owner->taken.size()); }
    void finish() override { ++owner->finished; }
    Played* owner;
  };
};

class StandbyTest : public ::testing::Test {
 protected:
  StandbyTest() {
    auto first = std::make_unique<Played>(), second = std::make_unique<Played>();
    first_ = first.get();
    second_ = second.get();
    standby_ = std::make_unique<StandbyRecogniser>(
        std::move(first), std::move(second),
        Notices{[this](const Error& reason) { takeovers_.push_back(reason.message); },
                [this] { ++returns_; }});
  }

  std::unique_ptr<ports::RecogniserStream> open() {
    auto stream = standby_->open(english, recording_.sink());
    EXPECT_TRUE(stream) << stream.error().message;
    return stream ? std::move(*stream) : nullptr;
  }

  /// Sound in which each sample says its place in ms.
  static std::vector<std::int16_t> sound(int from, int to) {
    std::vector<std::int16_t> samples;
    for (int ms = from; ms < to; ++ms)
      samples.insert(samples.end(), 16, static_cast<std::int16_t>(ms));
    return samples;
  }

  Played* first_ = nullptr;
  Played* second_ = nullptr;
  std::vector<std::string> takeovers_;
  int returns_ = 0;
  RecordingSink recording_;
  std::unique_ptr<StandbyRecogniser> standby_;
};

}  // namespace sotto::providers::standby
