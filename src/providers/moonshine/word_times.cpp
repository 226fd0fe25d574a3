#include "providers/moonshine/word_times.hpp"

#include <algorithm>
#include <cmath>

#include "base/sample_clock.hpp"
#include "providers/moonshine/silero.hpp"

namespace sotto::providers::moonshine {
namespace {

constexpr double frame_ms = 1000 * to_seconds(audio_length(frame_samples));
// The detector goes on for some frames after speech: an end lies so much before where it says.
constexpr double late_ms = 96;
// A frame this far below the utterance's loud ones is a pause, whatever the detector says.
constexpr float pause_db = 30;
// How much of a frame's time counts that holds no speech: words may reach into it a little.
constexpr double quiet_share = 0.05;
// A word's length in letters, and what each word takes besides.
constexpr double word_cost = 1.5;

double length_of(const Word& word) {
  double letters = 0;
  for (const char c : plain(word.text))
    if (static_cast<unsigned char>(c) < 0x80 || static_cast<unsigned char>(c) >= 0xC0)
      letters += c >= '0' && c <= '9' ? 4 : 1;  // a figure is spoken as a word
  return word_cost + letters;
}

// How much speech lies before the end of each frame.
std::vector<double> speech_before(std::span<const FrameNote> frames) {
  std::vector<float> levels;
  for (const FrameNote& note : frames)
    if (note.probability >= 0.5f) levels.push_back(note.level_db);
  float loud = 0;
  if (!levels.empty()) {
    const auto at = levels.begin() + static_cast<std::ptrdiff_t>(levels.size() * 9 / 10);
    std::nth_element(levels.begin(), at, levels.end());
    loud = *at;
  }
  const auto late = static_cast<std::size_t>(late_ms / frame_ms);
  std::vector<double> sums;
  sums.reserve(frames.size());
  double sum = 0;
  std::size_t spoken = 0;  // frames up to the last with speech
  for (std::size_t i = 0; i < frames.size(); ++i) {
    // Speech here, and still some frames on: else this is the detector's tail.
    const FrameNote& later = frames[std::min(i + late, frames.size() - 1)];
    const bool speech = frames[i].probability >= 0.5f && later.probability >= 0.35f &&
                        frames[i].level_db > loud - pause_db;
    if (speech) spoken = i + 1;
    if (spoken > 0) sum += speech ? 1 : quiet_share;
    sums.push_back(sum);
  }
  // Before the first of it and after the last nothing is said.
  if (spoken == 0) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<double>(i + 1);
  } else {
    std::fill(sums.begin() + static_cast<std::ptrdiff_t>(spoken), sums.end(), sums[spoken - 1]);
  }
  return sums;
}

// Where `wanted` of the speech has been said. Where that is in a pause, its beginning, or with
// `after` its end.
double place_of(double wanted, const std::vector<double>& sums, bool after) {
  const double slack = after ? 1e-9 : -1e-9;
  const auto at = std::lower_bound(sums.begin(), sums.end(), wanted + slack);
  auto index = static_cast<std::size_t>(at - sums.begin());
  if (index == sums.size()) return static_cast<double>(sums.size()) * frame_ms;
  const auto is_pause = [&](std::size_t i) { return i > 0 && sums[i] - sums[i - 1] < 0.5; };
  if (is_pause(index)) {
    while (is_pause(after ? index + 1 : index - 1)) after ? ++index : --index;
    return static_cast<double>(after ? index + 1 : index) * frame_ms;
  }
  const double before = index == 0 ? 0 : sums[index - 1];
  const double share = (wanted - before) / (sums[index] - before);
  return (static_cast<double>(index) + std::clamp(share, 0.0, 1.0)) * frame_ms;
}

milliseconds whole(double ms) {
  return milliseconds{static_cast<milliseconds::rep>(std::llround(std::max(0.0, ms)))};
}

}  // namespace

std::vector<WordTime> estimate_times(std::span<const Word> words, std::span<const FrameNote> frames,
                                     std::span<const milliseconds> heard_by) {
  std::vector<WordTime> times(words.size());
  if (words.empty() || frames.empty()) return times;
  const std::vector<double> sums = speech_before(frames);
  double letters = 0;
  for (const Word& word : words) letters += length_of(word);
  const milliseconds all = whole(static_cast<double>(frames.size()) * frame_ms);
  double said = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    times[i].start = whole(place_of(said / letters * sums.back(), sums, true));
    said += length_of(words[i]);
    times[i].end = whole(place_of(said / letters * sums.back(), sums, false));
    if (i < heard_by.size() && heard_by[i] > milliseconds{0})
      times[i].end = std::min(times[i].end, heard_by[i]);
  }
  // From the back: nothing begins or ends after what follows it.
  milliseconds next = all;
  for (std::size_t i = words.size(); i-- > 0;) {
    times[i].end = std::min(times[i].end, next);
    times[i].start = std::min(times[i].start, times[i].end);
    next = times[i].start;
  }
  return times;
}

}  // namespace sotto::providers::moonshine
