#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/sample_clock.hpp"
#include "ports/recogniser.hpp"

/// For tests of recognisers: hearing sound, and looking at what was said of it.
namespace sotto::contract {

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

}  // namespace sotto::contract
