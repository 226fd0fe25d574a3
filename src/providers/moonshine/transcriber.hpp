#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "providers/moonshine/hypothesis.hpp"
#include "providers/moonshine/silero.hpp"
#include "providers/moonshine/speech_model.hpp"
#include "providers/moonshine/utterance_cutter.hpp"
#include "providers/moonshine/word_times.hpp"
#include "transcript/event.hpp"

namespace sotto::providers::moonshine {

/// How a talk is heard.
struct TranscriberSettings {
  CutterSettings cutter;
  /// New sound between two hypotheses of an open utterance.
  milliseconds step{300};
  /// So much of an utterance is heard before its first hypothesis.
  milliseconds first_step{600};
  /// Which words begin the next answer, whatever its model thinks.
  Agreement::Trust trust;
  /// They do not where the sound makes one of their tokens less likely than this.
  float contradiction = 0.02f;
  /// A model may say so many tokens for each second of sound, and `spare_tokens` besides.
  double tokens_per_second = 7.5;
  std::size_t spare_tokens = 6;
};

/// One call of a model: the sound and the tokens to begin with. Errors: as SpeechModel's, and
/// `deadline_exceeded` where it took too long.
using ModelCall =
    std::function<Result<Answer>(SpeechModel&, std::span<const float>, const Request&)>;

/// The models of a talk; they outlive its transcriber.
struct TalkModels {
  SpeechModel* draft = nullptr;  ///< for hypotheses
  SpeechModel* final = nullptr;  ///< for finals; may be the same
  std::unique_ptr<SpeechDetector> detector;
  ModelCall call;
};

/// One talk's way from samples to transcript events: speech detection, utterances, hypotheses,
/// finals. While an utterance is open there is a hypothesis each `step` of new sound; at its end
/// the final with the same id. An utterance in which nobody spoke gives no results. One thread at a
/// time.
class Transcriber {
 public:
  using Emit = std::function<void(transcript::Event)>;

  Transcriber(TalkModels models, const TranscriberSettings& settings);

  /// Takes the talk's next samples (16 kHz mono) and says through `emit` the finals of utterances
  /// that ended. Errors: the models'; the talk is over then, and the open utterance has no final.
  Result<> feed(std::span<const std::int16_t> samples, const Emit& emit);

  /// Says a hypothesis of the open utterance where there is a step of sound that none has heard.
  /// Errors: as feed().
  Result<> hypothesise_if_due(const Emit& emit);

  /// Ends the talk: the open utterance gets its final.
  Result<> finish(const Emit& emit);

  /// How many samples were looked at.
  std::uint64_t samples_done() const { return taken_; }

 private:
  struct Finding {
    std::vector<Word> words;
    bool doubtful = false;
    bool wrong = false;  // doubtful, however often it comes
  };

  Result<> on_frame(Frame frame, const Emit& emit);
  void begin_utterance(std::uint64_t first_frame);
  Result<> end_utterance(std::uint64_t end_frame, const Emit& emit);
  void go_on_after(std::uint64_t split_frame);
  Result<> hypothesise(const Emit& emit);
  Result<std::vector<Word>> final_words(std::span<const float> sound);
  Result<Finding> find(SpeechModel& model, std::span<const float> sound);
  Result<Answer> ask(SpeechModel& model, std::span<const float> sound,
                     std::span<const TokenId> prefix);
  bool is_noise(std::span<const Word> words) const;
  void emit_result(std::span<const Word> words, std::span<const milliseconds> heard_by,
                   bool is_partial, const Emit& emit);

  // Constant after construction.
  TranscriberSettings settings_;
  TalkModels models_;

  UtteranceCutter cutter_;
  std::vector<float> unframed_;  // less than a frame
  std::vector<float> history_;   // the last sound, for an utterance's pre-roll
  std::vector<FrameNote> history_notes_;
  std::uint64_t frames_ = 0;  // that went through the cutter
  std::uint64_t taken_ = 0;   // samples

  // The open utterance.
  bool open_ = false;
  std::uint64_t number_ = 0;       // from 1
  std::uint64_t first_frame_ = 0;  // in the talk
  std::vector<float> sound_;
  std::vector<FrameNote> notes_;   // of its frames
  std::size_t heard_samples_ = 0;  // at its last hypothesis
  bool said_something_ = false;
  SessionTime said_to_{};  // how far the last of its results reached
  Agreement agreement_;

  std::string text_;
};

}  // namespace sotto::providers::moonshine
