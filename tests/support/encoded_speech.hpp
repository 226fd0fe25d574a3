#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/session_time.hpp"
#include "providers/moonshine/recogniser.hpp"

/// Speech whose words can be read off its samples, and a model and a detector that hear it without
/// any error but those that a test asks for.
namespace sotto::testing {

/// The text of word `number`, 0 to 149.
std::string encoded_word(std::size_t number);

/// Its token in encoded_vocabulary().
inline providers::moonshine::TokenId encoded_token(std::size_t number) {
  return static_cast<providers::moonshine::TokenId>(number) + 5;
}
inline constexpr providers::moonshine::TokenId encoded_stop = 3;   ///< `.`
inline constexpr providers::moonshine::TokenId encoded_comma = 4;  ///< `,`

/// The marks, then all words, each of one token.
const providers::moonshine::Vocabulary& encoded_vocabulary();

/// 16 kHz samples in the making.
struct EncodedSpeech {
  std::vector<std::int16_t> samples;

  EncodedSpeech& word(std::size_t number, milliseconds length = milliseconds{320});
  EncodedSpeech& quiet(milliseconds length);

  /// Words `first` to `last`, both included, with `gap` between them.
  EncodedSpeech& words(std::size_t first, std::size_t last, milliseconds gap = milliseconds{96});
};

/// `first` to `last` as they are written, with spaces between.
std::string encoded_text(std::size_t first, std::size_t last);

/// Hears each word of which there are 150 ms, and a comma where it is followed by 200 ms of quiet.
class EncodedModel : public providers::moonshine::SpeechModel {
 public:
  /// What a call is answered instead; nothing for what was heard. Calls count from 1. May block.
  using Script = std::function<std::optional<Result<providers::moonshine::Answer>>(
      std::size_t call, std::span<const float> samples,
      const providers::moonshine::Request& request)>;

  explicit EncodedModel(Script script = {}) : script_(std::move(script)) {}

  Result<providers::moonshine::Answer> transcribe(
      std::span<const float> samples, const providers::moonshine::Request& request) override;
  const providers::moonshine::Vocabulary& vocabulary() const override {
    return encoded_vocabulary();
  }

  std::size_t calls() const { return calls_; }

 private:
  const Script script_;
  std::atomic<std::size_t> calls_ = 0;
};

/// Loud is speech.
class EncodedDetector : public providers::moonshine::SpeechDetector {
 public:
  Result<float> probability(providers::moonshine::Frame frame) override;
};

/// A script that fails calls `first` to `last` with `code`.
EncodedModel::Script failing_calls(std::size_t first, std::size_t last,
                                   ErrorCode code = ErrorCode::internal);

/// Models of a talk that hear encoded speech; drafts and finals by one model.
providers::moonshine::Models encoded_models(EncodedModel::Script script = {});

/// A recogniser over them.
std::unique_ptr<providers::moonshine::MoonshineRecogniser> encoded_recogniser(
    EncodedModel::Script script = {}, providers::moonshine::Settings settings = {});

/// An answer of these tokens, each this probable.
providers::moonshine::Answer encoded_answer(
    const std::vector<providers::moonshine::TokenId>& tokens, float probability = 0.95f,
    providers::moonshine::DecodingEnd end = providers::moonshine::DecodingEnd::end_token);

}  // namespace sotto::testing
