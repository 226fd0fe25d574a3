#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>

#include "tests/contract/recording_sink.hpp"

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
  /// Why there is no recogniser on this machine; its tests are skipped then.
  std::string missing = {};
};

class RecogniserContract : public ::testing::TestWithParam<std::function<RecogniserSubject()>> {
 protected:
  void SetUp() override {
    if (!subject_.missing.empty()) GTEST_SKIP() << subject_.missing;
  }

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
