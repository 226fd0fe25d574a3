#include "providers/embedded/turn_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "tests/support/bell.hpp"

namespace sotto::providers::embedded {
namespace {

using ports::Pushed;
using ::testing::ElementsAre;
using Samples = std::vector<std::int16_t>;

constexpr std::size_t piece = 1600, most = 16'000;

// What an engine was asked to do, and what its stream said.
struct Notes {
  testing::Bell bell;
  std::mutex mutex;
  std::vector<std::string> all;  // guarded by the mutex
  std::string fails_at;          // constant once the stream is there

  Result<> note(const std::string& text) {
    {
      const std::lock_guard lock(mutex);
      all.push_back(text);
    }
    bell.ring();
    if (text == fails_at) return fail(ErrorCode::unavailable, "the engine broke");
    return {};
  }

  std::vector<std::string> taken() {
    const std::lock_guard lock(mutex);
    return all;
  }

  bool has(const std::string& text) {
    return bell.wait_until([&] {
      const std::vector<std::string> now = taken();
      return std::find(now.begin(), now.end(), text) != now.end();
    });
  }
};

class NotedWork : public StreamWork {
 public:
  explicit NotedWork(Notes* notes) : notes_(notes) {}
  ~NotedWork() override { (void)notes_->note("gone"); }
  Result<> begin() override { return notes_->note("begin"); }
  Result<> hear(AudioQueue& audio, const Emit&) override {
    return notes_->note("hear " + std::to_string(audio.next().size()));
  }
  Result<> finish(const Emit&) override { return notes_->note("finish"); }

 private:
  Notes* const notes_;
};

class TurnStreams : public ::testing::Test {
 protected:
  std::unique_ptr<TurnStream> open() {
    auto seat = seats_.take();
    if (!seat) return nullptr;
    ports::RecogniserSink sink;
    sink.on_event = [](const transcript::Event&) {};
    sink.on_progress = [this](milliseconds to) {
      (void)notes_.note("at " + std::to_string(to.count()));
    };
    sink.on_end = [this](const Result<>& result) {
      (void)notes_.note(result ? "end" : "end: " + result.error().message);
    };
    return std::make_unique<TurnStream>(
        TurnStream::Parts{&turns_, std::move(*seat), std::make_unique<NotedWork>(&notes_),
                          std::move(sink)},
        piece, most);
  }

  Notes notes_;
  StreamSeats seats_{1, "Test"};
  supervision::Turns turns_{1};
};

TEST_F(TurnStreams, BeginHearAndEndInTurns) {
  const auto stream = open();
  ASSERT_TRUE(notes_.has("begin"));  // before there is audio
  EXPECT_EQ(stream->push(Samples(1000)), Pushed::taken);
  EXPECT_EQ(stream->push(Samples(1000)), Pushed::taken);
  ASSERT_TRUE(notes_.has("at 100"));
  EXPECT_EQ(stream->recognised(), milliseconds{100});
  stream->finish();
  ASSERT_TRUE(notes_.has("end"));
  EXPECT_THAT(notes_.taken(), ElementsAre("begin", "hear 1600", "at 100", "hear 400", "finish",
                                          "at 125", "gone", "end"));
  EXPECT_EQ(stream->push(Samples(1)), Pushed::over);
  stream->finish();
}

TEST_F(TurnStreams, AreBounded) {
  const auto stream = open();
  EXPECT_EQ(stream->push(Samples(most + 1)), Pushed::full);
}

TEST_F(TurnStreams, EndWhereTheEngineFails) {
  for (const char* at : {"begin", "hear 1600", "finish"}) {
    notes_.fails_at = at;
    const auto stream = open();
    ASSERT_TRUE(stream) << "the one before gave its seat back";
    (void)stream->push(Samples(piece));
    stream->finish();
    EXPECT_TRUE(notes_.has("end: the engine broke")) << at;
    EXPECT_EQ(stream->push(Samples(1)), Pushed::over);
    const std::lock_guard lock(notes_.mutex);
    notes_.all.clear();
  }
}

TEST_F(TurnStreams, GiveTheirSeatBackWhenTheyEnd) {
  auto stream = open();
  const auto refused = seats_.take();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(refused.error().message,
            "all 1 Test streams are in use; end a session or raise max_streams");
  stream->finish();
  ASSERT_TRUE(notes_.has("end"));
  EXPECT_TRUE(seats_.take());  // though the stream is there
  stream.reset();
  EXPECT_TRUE(seats_.take());
}

}  // namespace
}  // namespace sotto::providers::embedded
