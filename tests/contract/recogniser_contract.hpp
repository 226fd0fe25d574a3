#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "ports/recogniser.hpp"

/// What every ports::Recogniser promises, as tests. A provider's test program includes this once
/// and names its recogniser:
///
///   INSTANTIATE_TEST_SUITE_P(Mine, RecogniserContract, ::testing::Values(&my_subject));
namespace sotto::contract {

/// A recogniser and what to try it with.
struct RecogniserSubject {
  std::unique_ptr<ports::Recogniser> recogniser;
  Language language;
  /// Some seconds of 16 kHz speech in which it hears at least one word.
  std::vector<std::int16_t> speech;
  /// The same with something broken, so that each of its streams fails.
  std::unique_ptr<ports::Recogniser> failing;
};

/// No answer of a recogniser takes longer in these tests, whatever slows the machine.
inline constexpr std::chrono::seconds patience{100};

/// Keeps what a stream said, in order. Its sink may be called from any thread.
class RecordingSink {
 public:
  ports::RecogniserSink sink() {
    return {
        .on_event =
            [this](transcript::Event event) {
              change([&] { events_.push_back(std::move(event)); });
            },
        .on_progress = [this](milliseconds to) { change([&] { progress_.push_back(to); }); },
        .on_end = [this](Result<> result) { change([&] { ends_.push_back(std::move(result)); }); }};
  }

  /// Waits for the stream's end; a failure of the test when none comes.
  void wait_for_end() {
    wait([this] { return !ends_.empty(); }, "the stream's end");
  }

  /// Waits for a call after the first `calls`, a little while at most: what a stream does just
  /// after a call is not told by one.
  void wait_for_call_after(std::size_t calls) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds{20}, [&] { return calls_ > calls; });
  }

  void wait_for_event() {
    wait([this] { return !events_.empty() || !ends_.empty(); }, "an event");
  }

  std::vector<transcript::Event> events() const { return locked(events_); }
  std::vector<milliseconds> progress() const { return locked(progress_); }
  std::vector<Result<>> ends() const { return locked(ends_); }

  /// How many calls there were after the end, or while another was under way.
  int calls_out_of_order() const { return locked(out_of_order_); }

  std::size_t calls() const { return locked(calls_); }

 private:
  template <class Change>
  void change(Change apply) {
    std::unique_lock lock(mutex_);
    ++calls_;
    if (in_call_ || !ends_.empty()) ++out_of_order_;
    in_call_ = true;
    lock.unlock();
    std::this_thread::yield();  // a second call at the same time would be seen
    lock.lock();
    apply();
    in_call_ = false;
    changed_.notify_all();
  }

  template <class Condition>
  void wait(Condition condition, const char* what) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, patience, condition)) << "no sign of " << what;
  }

  template <class T>
  T locked(const T& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<transcript::Event> events_;
  std::vector<milliseconds> progress_;
  std::vector<Result<>> ends_;
  std::size_t calls_ = 0;
  int out_of_order_ = 0;
  bool in_call_ = false;
};

inline milliseconds length_of(std::size_t samples) {
  return milliseconds{static_cast<milliseconds::rep>(samples / 16)};
}

/// Pushes `samples` in pieces of 100 ms, again and again where the queue is full, until all is
/// taken or the stream is over; a failure of the test when the queue stays full. `recording` is of
/// this stream.
inline void push_all(ports::RecogniserStream& stream, std::span<const std::int16_t> samples,
                     RecordingSink& recording) {
  constexpr std::size_t piece = 1600;
  auto deadline = std::chrono::steady_clock::now() + patience;
  for (std::size_t at = 0; at < samples.size();) {
    const std::size_t calls = recording.calls();
    const auto next = samples.subspan(at, std::min(piece, samples.size() - at));
    const ports::Pushed pushed = stream.push(next);
    if (pushed == ports::Pushed::over) return;
    if (pushed == ports::Pushed::taken) {
      at += piece;
      deadline = std::chrono::steady_clock::now() + patience;
      continue;
    }
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "its queue stays full";
    recording.wait_for_call_after(calls);
  }
}

/// Pushes `samples` in pieces of 100 ms and waits after each until it has been recognised, or the
/// stream has ended: so each talk has the same turns. A failure of the test when it stays behind.
inline void push_in_step(ports::RecogniserStream& stream, std::span<const std::int16_t> samples,
                         RecordingSink& recording) {
  constexpr std::size_t piece = 1600;
  for (std::size_t at = 0; at + piece <= samples.size(); at += piece) {
    push_all(stream, samples.subspan(at, piece), recording);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
      const std::size_t calls = recording.calls();
      // Less than a piece may wait for the rest of it.
      if (stream.recognised() > length_of(at) || !recording.ends().empty()) break;
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "it stays behind";
      recording.wait_for_call_after(calls);
    }
  }
  push_all(stream, samples.last(samples.size() % piece), recording);
}

/// Checks what a stream said of `audio`: times inside the audio, hypotheses in the order of the
/// audio, items inside their result and in order, nothing of a result after its final.
inline void expect_well_formed(const std::vector<transcript::Event>& events, milliseconds audio) {
  std::set<std::string> finished;
  std::map<std::string, SessionTime> starts;
  SessionTime last_end{};
  for (const transcript::Event& event : events) {
    ASSERT_FALSE(event.empty());
    for (std::size_t i = 0; i < event.size(); ++i) {
      const transcript::RecognitionResult result = event[i];
      const std::string id(result.id);
      EXPECT_FALSE(id.empty());
      EXPECT_FALSE(finished.contains(id)) << id << " goes on after its final";
      if (!result.is_partial) finished.insert(id);
      const auto start = starts.emplace(id, result.start).first->second;
      EXPECT_EQ(result.start, start) << id << " moves";
      EXPECT_GE(result.start, at_ms(0));
      EXPECT_LE(result.start, result.end);
      EXPECT_GE(result.end, last_end) << "hypotheses go backwards at " << id;
      EXPECT_LE(result.end.time_since_epoch(), audio);
      last_end = result.end;
      SessionTime place = result.start;
      for (const transcript::Item& item : result.items) {
        EXPECT_FALSE(item.content.empty());
        EXPECT_GE(item.start, place) << item.content;
        EXPECT_GE(item.end, item.start) << item.content;
        EXPECT_LE(item.end, result.end) << item.content;
        place = item.start;
      }
    }
  }
  for (const auto& [id, start] : starts) {
    EXPECT_TRUE(finished.contains(id)) << id << " has no final";
  }
}

/// The words of all finals, with spaces between.
inline std::string final_text(const std::vector<transcript::Event>& events) {
  std::string text;
  for (const transcript::Event& event : events) {
    for (std::size_t i = 0; i < event.size(); ++i) {
      if (event[i].is_partial || event[i].transcript.empty()) continue;
      if (!text.empty()) text += ' ';
      text += event[i].transcript;
    }
  }
  return text;
}

class RecogniserContract : public ::testing::TestWithParam<std::function<RecogniserSubject()>> {
 protected:
  std::unique_ptr<ports::RecogniserStream> open(RecordingSink& recording) {
    auto stream = subject_.recogniser->open(subject_.language, recording.sink());
    if (!stream) {
      ADD_FAILURE() << stream.error().message;
      return nullptr;
    }
    return std::move(*stream);
  }

  RecogniserSubject subject_ = GetParam()();
};

TEST_P(RecogniserContract, NamesItsLanguages) {
  EXPECT_THAT(subject_.recogniser->languages(), ::testing::Contains(subject_.language));
}

TEST_P(RecogniserContract, RefusesAnUnknownLanguage) {
  RecordingSink recording;
  const auto stream = subject_.recogniser->open(Language{"xx"}, recording.sink());
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::not_found);
  EXPECT_FALSE(stream.error().message.empty());
  EXPECT_EQ(recording.calls(), 0u);
  EXPECT_FALSE(subject_.recogniser->calibration(Language{"xx"}));
}

TEST_P(RecogniserContract, ItsCalibrationIsProbabilitiesThatRise) {
  const auto table = subject_.recogniser->calibration(subject_.language);
  if (!table) GTEST_SKIP() << "this recogniser has no calibration";
  for (std::size_t after = 0; after < table->distances; ++after) {
    for (std::size_t step = 0; step < table->agreements; ++step) {
      const float share = table->survival[after][step];
      EXPECT_GT(share, 0.0f);
      EXPECT_LE(share, 1.0f);
      const float nearer_the_end = table->survival[after > 0 ? after - 1 : 0][step];
      const float agreed_for_less = table->survival[after][step > 0 ? step - 1 : 0];
      EXPECT_GE(share, nearer_the_end) << after << " words after, step " << step;
      EXPECT_GE(share, agreed_for_less) << after << " words after, step " << step;
    }
  }
}

TEST_P(RecogniserContract, AStreamWithoutAudioEndsOnce) {
  RecordingSink recording;
  auto stream = open(recording);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->recognised(), milliseconds{0});
  stream->finish();
  stream->finish();
  recording.wait_for_end();
  stream.reset();
  ASSERT_EQ(recording.ends().size(), 1u);
  EXPECT_TRUE(recording.ends()[0]);
  EXPECT_TRUE(recording.events().empty());
}

TEST_P(RecogniserContract, SaysWhatItHeardInOrderAndEnds) {
  RecordingSink recording;
  auto stream = open(recording);
  ASSERT_TRUE(stream);
  push_all(*stream, subject_.speech, recording);
  stream->finish();
  recording.wait_for_end();
  const milliseconds audio = length_of(subject_.speech.size());
  EXPECT_EQ(stream->recognised(), audio);
  stream.reset();

  ASSERT_EQ(recording.ends().size(), 1u);
  EXPECT_TRUE(recording.ends()[0]);
  EXPECT_EQ(recording.calls_out_of_order(), 0);
  expect_well_formed(recording.events(), audio);
  EXPECT_FALSE(final_text(recording.events()).empty());

  const auto progress = recording.progress();
  ASSERT_FALSE(progress.empty());
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  EXPECT_EQ(progress.back(), audio);
}

TEST_P(RecogniserContract, NothingFollowsFinish) {
  RecordingSink recording;
  auto stream = open(recording);
  ASSERT_TRUE(stream);
  push_all(*stream, subject_.speech, recording);
  stream->finish();
  EXPECT_EQ(stream->push(subject_.speech), ports::Pushed::over);
  stream->finish();
  recording.wait_for_end();
  EXPECT_EQ(stream->push(subject_.speech), ports::Pushed::over);
  stream->finish();
  const milliseconds audio = length_of(subject_.speech.size());
  EXPECT_EQ(stream->recognised(), audio);
  stream.reset();
  EXPECT_EQ(recording.ends().size(), 1u);
  EXPECT_EQ(recording.calls_out_of_order(), 0);
  expect_well_formed(recording.events(), audio);
}

TEST_P(RecogniserContract, SaysWhenItsQueueIsFullAndTakesNothing) {
  RecordingSink recording;
  auto stream = open(recording);
  ASSERT_TRUE(stream);
  constexpr std::size_t piece = 16000;
  constexpr std::size_t ten_minutes = 600 * piece;
  std::vector<std::int16_t> second(piece);
  for (std::size_t i = 0; i < piece; ++i) second[i] = subject_.speech[i % subject_.speech.size()];
  std::size_t taken = 0;
  ports::Pushed pushed = ports::Pushed::taken;
  while (taken < ten_minutes && (pushed = stream->push(second)) == ports::Pushed::taken)
    taken += piece;
  ASSERT_LT(taken, ten_minutes) << "ten minutes fit into its queue";
  EXPECT_EQ(pushed, ports::Pushed::full);
  stream->finish();
  recording.wait_for_end();
  EXPECT_EQ(stream->recognised(), length_of(taken));
}

// Whoever waits for room, and whoever comes later, must hear that there will never be any.
TEST_P(RecogniserContract, AStreamThatHasFailedIsOver) {
  ASSERT_TRUE(subject_.failing);
  RecordingSink recording;
  ports::RecogniserSink sink = recording.sink();
  std::atomic<ports::RecogniserStream*> failed = nullptr;
  std::promise<void> opened;
  std::optional<ports::Pushed> pushed_at_the_end;
  sink.on_end = [&, pass_on = sink.on_end, at = opened.get_future().share()](Result<> result) {
    at.wait_for(patience);
    if (auto* stream = failed.load()) pushed_at_the_end = stream->push(subject_.speech);
    pass_on(std::move(result));
  };
  auto stream = subject_.failing->open(subject_.language, std::move(sink));
  ASSERT_TRUE(stream) << stream.error().message;
  failed = stream->get();
  opened.set_value();
  for (int i = 0; i < 100; ++i) push_all(**stream, subject_.speech, recording);
  recording.wait_for_end();
  EXPECT_EQ(pushed_at_the_end, ports::Pushed::over);
  EXPECT_EQ((*stream)->push(subject_.speech), ports::Pushed::over);
  push_all(**stream, subject_.speech, recording);  // does not wait
  (*stream)->finish();
  stream->reset();
  ASSERT_EQ(recording.ends().size(), 1u);
  EXPECT_FALSE(recording.ends()[0]);
}

TEST_P(RecogniserContract, MayBeDestroyedAtAnyMomentAndIsSilentThen) {
  RecordingSink untouched;
  open(untouched).reset();

  RecordingSink recording;
  auto stream = open(recording);
  ASSERT_TRUE(stream);
  push_all(*stream, subject_.speech, recording);
  recording.wait_for_event();
  stream.reset();
  const std::size_t calls = recording.calls();

  RecordingSink later;
  auto next = open(later);
  ASSERT_TRUE(next);
  push_all(*next, subject_.speech, later);
  next->finish();
  later.wait_for_end();
  EXPECT_EQ(recording.calls(), calls);
  EXPECT_EQ(untouched.ends().size(), 0u);
}

TEST_P(RecogniserContract, HearsTwoTalksAtOnce) {
  std::array<RecordingSink, 2> recordings;
  std::array<std::unique_ptr<ports::RecogniserStream>, 2> streams;
  std::vector<std::thread> talkers;
  for (std::size_t i = 0; i < 2; ++i) {
    talkers.emplace_back([&, i] {
      streams[i] = open(recordings[i]);
      if (!streams[i]) return;
      push_all(*streams[i], subject_.speech, recordings[i]);
      streams[i]->finish();
      recordings[i].wait_for_end();
    });
  }
  for (std::thread& talker : talkers) talker.join();
  for (const RecordingSink& recording : recordings) {
    expect_well_formed(recording.events(), length_of(subject_.speech.size()));
    EXPECT_FALSE(final_text(recording.events()).empty());
    EXPECT_EQ(recording.calls_out_of_order(), 0);
  }
  EXPECT_EQ(final_text(recordings[0].events()), final_text(recordings[1].events()));
}

}  // namespace sotto::contract
