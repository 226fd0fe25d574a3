#include "tests/support/transcribe_hearing.hpp"

#include "base/sample_clock.hpp"
#include "transcript/codec.hpp"
#include "transcript/event.hpp"

namespace sotto::testing {

namespace {

constexpr std::uint64_t least_word = 4'800, longest_pause = 8'000;  // samples

SessionTime time_of(std::uint64_t sample) { return SessionTime{length_of(sample)}; }

}  // namespace

std::vector<std::string> TranscribeHearing::hear(std::span<const std::int16_t> samples) {
  std::vector<std::string> said;
  for (const std::int16_t sample : samples) {
    if (const int number = sample / 100; number != run_) {
      end_run(said);
      run_ = number;
      run_begin_ = heard_;
    }
    ++heard_;
    const std::uint64_t length = heard_ - run_begin_;
    if (run_ != 0 && length == least_word) segment_.push_back({run_, run_begin_, heard_});
    if (run_ != 0 && length > least_word) segment_.back().end = heard_;
    if (run_ == 0 && length == longest_pause && !segment_.empty()) said.push_back(say(false));
  }
  if (!segment_.empty() && ++frames_ % 3 == 0) said.push_back(say(true));
  return said;
}

void TranscribeHearing::end_run(std::vector<std::string>& said) {
  if (run_ != 0 && segment_.size() >= words_a_segment_) said.push_back(say(false));
}

std::vector<std::string> TranscribeHearing::finish() {
  if (segment_.empty()) return {};
  return {say(false)};
}

std::string TranscribeHearing::say(bool is_partial) {
  std::string text;
  for (const Word& word : segment_)
    text += (text.empty() ? "w" : " w") + std::to_string(word.number);
  transcript::Event event;
  event.begin_result({id_prefix_ + std::to_string(segments_),
                      {},
                      text,
                      time_of(segment_.front().begin),
                      time_of(segment_.back().end),
                      is_partial});
  for (std::size_t i = 0; i < segment_.size(); ++i) {
    const bool is_last = i + 1 == segment_.size();
    const std::string content = "w" + std::to_string(segment_[i].number);
    transcript::Item item;
    item.content = content;
    item.start = time_of(segment_[i].begin);
    item.end = time_of(segment_[i].end);
    item.stable =
        is_partial && is_last ? transcript::StableFlag::unstable : transcript::StableFlag::stable;
    event.add_item(item);
  }
  if (!is_partial) {
    segment_.clear();
    ++segments_;
  }
  return transcript::encode(event);
}

}  // namespace sotto::testing
