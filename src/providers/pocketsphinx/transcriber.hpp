#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "audio/endpointer.hpp"
#include "audio/voice_activity.hpp"
#include "base/result.hpp"
#include "providers/pocketsphinx/decoder_pool.hpp"
#include "transcript/event.hpp"

namespace sotto::providers::pocketsphinx {

/// How a talk is cut into utterances and these into partial results.
struct TranscriberSettings {
  audio::EndpointerSettings endpoints;
  audio::Aggressiveness voice_activity = audio::Aggressiveness::very_high;
  /// Audio between two partial results of an utterance.
  milliseconds chunk{100};
  /// So much of the first utterance is heard before any of it is decoded, to know the voice.
  milliseconds adaptation{2000};
};

/// One talk's way from samples to transcript events: voice activity, endpoints, decoding. While an
/// utterance is open each chunk gives a partial result, changed or not, as soon as there is a word;
/// at its end there is a final with the same id. An utterance without words gives no results. One
/// thread at a time.
class Transcriber {
 public:
  using Emit = std::function<void(transcript::Event)>;

  /// `decoder` is the talk's own until the end of both.
  Transcriber(DecoderPool::Lease decoder, const TranscriberSettings& settings);

  /// Takes the talk's next samples (16 kHz mono) and says through `emit` what they brought.
  /// Errors: `internal` when the decoder fails; the talk is over then.
  Result<> feed(std::span<const std::int16_t> samples, const Emit& emit);

  /// Ends the talk: the open utterance gets its final.
  Result<> finish(const Emit& emit);

  /// The place in the audio up to which everything was decoded, or found to hold no speech.
  std::uint64_t samples_done() const;

 private:
  Result<> on_frame(audio::Frame frame, const Emit& emit);
  void open_utterance(std::uint64_t first_sample);
  Result<> close_utterance(const Emit& emit);
  Result<> decode_pending(const Emit& emit);
  Result<> start_decoding();
  void emit_result(bool is_partial, const Emit& emit);

  // Constant after construction.
  TranscriberSettings settings_;
  std::size_t chunk_samples_;
  std::size_t adaptation_samples_;
  std::size_t history_samples_;

  DecoderPool::Lease decoder_;
  audio::VoiceActivity voice_activity_;
  audio::Endpointer endpointer_;

  std::vector<std::int16_t> unframed_;  // less than a frame
  std::vector<std::int16_t> history_;   // the last audio, for an utterance's pre-roll
  std::uint64_t framed_ = 0;            // samples that went through the endpointer

  // The open utterance.
  std::vector<std::int16_t> pending_;  // not decoded yet
  std::uint64_t utterance_ = 0;        // its number, from 1
  std::uint64_t first_sample_ = 0;
  std::uint64_t given_ = 0;  // its samples that the decoder has
  bool decoding_ = false;
  bool said_something_ = false;

  bool adapted_ = false;
  std::vector<Word> words_;
  std::string text_;
};

}  // namespace sotto::providers::pocketsphinx
