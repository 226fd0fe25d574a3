#include "tests/support/encoded_speech.hpp"

#include <cmath>

#include "base/sample_clock.hpp"

namespace sotto::testing {
namespace {

namespace moonshine = providers::moonshine;
using moonshine::Answer;
using moonshine::TokenId;

constexpr std::size_t words_there_are = 150;
constexpr int lowest = 8000, step = 50;  // all about as loud

// The number of the word that a sample belongs to; nothing in quiet.
std::optional<std::size_t> word_at(float sample) {
  const long value = std::lround(sample * 32768);
  if (value < lowest || (value - lowest) % step != 0) return std::nullopt;
  return static_cast<std::size_t>((value - lowest) / step);
}

std::vector<TokenId> heard_in(std::span<const float> samples) {
  std::vector<TokenId> tokens;
  for (std::size_t at = 0; at < samples.size();) {
    std::size_t end = at + 1;
    while (end < samples.size() && samples[end] == samples[at]) ++end;
    const auto word = word_at(samples[at]);
    if (word && end - at >= samples_in(milliseconds{150})) tokens.push_back(encoded_token(*word));
    if (!word && !tokens.empty() && end - at >= samples_in(milliseconds{200}))
      tokens.push_back(encoded_comma);
    at = end;
  }
  return tokens;
}

}  // namespace

std::string encoded_word(std::size_t number) {
  std::string word = "w";
  word += static_cast<char>('a' + number / 26);
  word += static_cast<char>('a' + number % 26);
  return word;
}

const moonshine::Vocabulary& encoded_vocabulary() {
  static const moonshine::Vocabulary vocabulary = [] {
    std::string bytes;
    const auto add = [&](const std::string& text) {
      bytes += static_cast<char>(text.size());
      bytes += text;
    };
    for (const char* text : {"<unk>", "<s>", "</s>", ".", ","}) add(text);
    for (std::size_t i = 0; i < words_there_are; ++i) add("\xE2\x96\x81" + encoded_word(i));
    return moonshine::Vocabulary::parse(bytes, "the encoded words").value();
  }();
  return vocabulary;
}

EncodedSpeech& EncodedSpeech::word(std::size_t number, milliseconds length) {
  const auto value = static_cast<std::int16_t>(lowest + step * static_cast<int>(number));
  samples.insert(samples.end(), samples_in(length), value);
  return *this;
}

EncodedSpeech& EncodedSpeech::quiet(milliseconds length) {
  samples.insert(samples.end(), samples_in(length), std::int16_t{0});
  return *this;
}

EncodedSpeech& EncodedSpeech::words(std::size_t first, std::size_t last, milliseconds gap) {
  for (std::size_t i = first; i <= last; ++i) {
    if (i > first) quiet(gap);
    word(i);
  }
  return *this;
}

std::string encoded_text(std::size_t first, std::size_t last) {
  std::string text;
  for (std::size_t i = first; i <= last; ++i) text += (i > first ? " " : "") + encoded_word(i);
  return text;
}

Result<Answer> EncodedModel::transcribe(std::span<const float> samples,
                                        const moonshine::Request& request) {
  const std::size_t call = ++calls_;
  if (script_) {
    if (auto scripted = script_(call, samples, request)) return *std::move(scripted);
  }
  const std::vector<TokenId> heard = heard_in(samples);
  Answer answer;
  for (std::size_t i = 0; i < request.prefix.size(); ++i) {
    const bool right = i < heard.size() && heard[i] == request.prefix[i];
    answer.tokens.push_back({request.prefix[i], right ? 0.95f : 0.001f});
  }
  for (std::size_t i = request.prefix.size(); i < heard.size(); ++i)
    answer.tokens.push_back({heard[i], 0.95f});
  return answer;
}

Result<float> EncodedDetector::probability(moonshine::Frame frame) {
  float sum = 0;
  for (const float sample : frame) sum += std::abs(sample);
  return sum / static_cast<float>(frame.size()) > 0.1f ? 0.97f : 0.02f;
}

EncodedModel::Script failing_calls(std::size_t first, std::size_t last, ErrorCode code) {
  return [=](std::size_t call, std::span<const float>,
             const moonshine::Request&) -> std::optional<Result<Answer>> {
    if (call < first || call > last) return std::nullopt;
    return Result<Answer>(fail(code, "call " + std::to_string(call) + " fails"));
  };
}

moonshine::Models encoded_models(EncodedModel::Script script) {
  moonshine::Models models;
  models.final = std::make_unique<EncodedModel>(std::move(script));
  models.new_detector = [] { return std::make_unique<EncodedDetector>(); };
  return models;
}

std::unique_ptr<moonshine::MoonshineRecogniser> encoded_recogniser(EncodedModel::Script script,
                                                                   moonshine::Settings settings) {
  return moonshine::MoonshineRecogniser::create(encoded_models(std::move(script)), settings)
      .value();
}

Answer encoded_answer(const std::vector<TokenId>& tokens, float probability,
                      moonshine::DecodingEnd end) {
  Answer answer;
  for (const TokenId token : tokens) answer.tokens.push_back({token, probability});
  answer.end = end;
  return answer;
}

}  // namespace sotto::testing
