#pragma once

#include <cstdint>
#include <optional>

#include "base/session_time.hpp"

namespace sotto::audio {

/// Where utterances begin and end. Every length is a multiple of `frame`; shorter remainders are
/// cut off.
struct EndpointerSettings {
  milliseconds frame{20};      ///< length of one frame, above 0
  milliseconds onset{60};      ///< unbroken speech that opens an utterance
  milliseconds pre_roll{300};  ///< audio before that speech which belongs to the utterance
  milliseconds hangover{400};  ///< unbroken quiet that ends it
  milliseconds cap{12'000};    ///< the longest utterance, pre-roll included, 5 to 15 s
  /// Towards the cap ever shorter pauses end an utterance: `hangover` at cap - cap_window, one
  /// frame just before the cap. A speaker who never pauses is so cut at a breath, not in a word.
  milliseconds cap_window{2'500};
  /// Within the cap's window a frame this far below the utterance's mean speech level counts as
  /// quiet, whatever the detector says.
  float dip_db = 20;
};

/// A decision about the place in the audio, counted in frames from the stream's first.
struct Endpoint {
  enum class Kind : std::uint8_t { none, start, end };
  Kind kind = Kind::none;
  /// start: the utterance's first frame, pre-roll included, never before the last utterance's end.
  /// end: the frame after its last, always the one after the frame just given.
  std::uint64_t frame = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Decides whether an utterance is open: frames in, decisions out; no clock and no I/O. An end is
/// never placed in the past, so whatever was said of the utterance so far stands. Not thread-safe.
class Endpointer {
 public:
  explicit Endpointer(const EndpointerSettings& settings = {});

  /// Takes the stream's next frame: whether it holds speech, and its level in dB.
  Endpoint on_frame(bool is_speech, float level_db);

  /// Whether an utterance is open.
  bool open() const { return open_since_.has_value(); }

 private:
  Endpoint look_for_start(bool is_speech);
  Endpoint look_for_end(bool is_speech, float level_db);
  std::uint64_t quiet_needed(std::uint64_t length) const;

  // Constant after construction; in frames.
  std::uint64_t onset_;
  std::uint64_t pre_roll_;
  std::uint64_t hangover_;
  std::uint64_t cap_;
  std::uint64_t cap_window_;
  float dip_db_;

  std::uint64_t next_ = 0;           // index of the next frame
  std::uint64_t last_end_ = 0;       // where the last utterance ended
  std::uint64_t speech_run_ = 0;     // unbroken speech frames up to now
  std::uint64_t quiet_run_ = 0;      // unbroken frames without speech
  std::uint64_t dip_run_ = 0;        // unbroken frames that are quiet or a dip in loudness
  std::uint64_t speech_frames_ = 0;  // of the open utterance
  float mean_level_db_ = 0;          // of those
  std::optional<std::uint64_t> open_since_;
};

}  // namespace sotto::audio
