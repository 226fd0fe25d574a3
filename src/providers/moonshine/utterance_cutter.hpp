#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/session_time.hpp"

namespace sotto::providers::moonshine {

/// Where utterances begin and end. Lengths are brought to whole frames.
struct CutterSettings {
  milliseconds frame{32};      ///< length of one frame
  float speech = 0.5f;         ///< a frame this probable begins an utterance, or keeps it open
  float quiet = 0.35f;         ///< one below it is quiet, 0 to `speech`
  milliseconds onset{64};      ///< unbroken speech that opens an utterance
  milliseconds pre_roll{320};  ///< audio before that speech which belongs to the utterance
  milliseconds pause{352};     ///< unbroken quiet that ends it
  /// From here on ever shorter pauses end it: `pause` here, one frame at `cap`. What is cut off
  /// lies behind the cut and begins the next utterance.
  milliseconds patience{6'000};
  milliseconds cap{10'000};  ///< the longest utterance, at most 15 s
  /// A cut lies no further back than this: what was said before may have been settled.
  milliseconds look_back{640};
  /// Where nobody pauses, a frame this far below the utterance's level counts as one.
  float dip_db = 14;
};

/// A decision, counted in frames from the talk's first.
struct Cut {
  enum class Kind : std::uint8_t { none, begin, end, split };
  Kind kind = Kind::none;
  /// begin: the utterance's first frame. end: the frame behind its last. split: the same, and the
  /// next utterance, already open, begins there.
  std::uint64_t frame = 0;

  friend bool operator==(const Cut&, const Cut&) = default;
};

/// Decides whether an utterance is open: frames in, decisions out; no clock and no I/O. Not
/// thread-safe.
class UtteranceCutter {
 public:
  explicit UtteranceCutter(const CutterSettings& settings = {});

  /// Takes the talk's next frame: the probability that it holds speech, and its level in dB.
  Cut on_frame(float probability, float level_db);

  bool open() const { return begin_.has_value(); }

 private:
  struct Heard {
    float probability = 0;
    float level_db = 0;
  };
  Cut look_for_begin(float probability);
  Cut look_for_end(float probability, float level_db);
  Cut close(std::uint64_t frame);
  Cut split(std::uint64_t frame);
  std::uint64_t pause_needed(std::uint64_t length) const;
  bool is_quiet(const Heard& heard, bool dips_count) const;
  std::optional<std::uint64_t> best_pause(std::uint64_t length) const;

  const CutterSettings settings_;
  // In frames.
  const std::uint64_t onset_, pre_roll_, pause_, patience_, cap_, look_back_;

  std::uint64_t next_ = 0;  // the number of the next frame
  std::uint64_t last_end_ = 0;
  std::uint64_t speech_run_ = 0;
  std::uint64_t quiet_run_ = 0;
  std::optional<std::uint64_t> begin_;
  double level_sum_ = 0;  // of the open utterance's frames with speech
  std::uint64_t level_count_ = 0;
  std::deque<Heard> recent_;  // the last look_back frames
};

}  // namespace sotto::providers::moonshine
