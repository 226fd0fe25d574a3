#include "providers/sherpa/piper_config.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>
#include <utility>

#include "base/utf8.hpp"
#include "json/members.hpp"
#include "providers/espeak/phonemes.hpp"

namespace sotto::providers::sherpa {

namespace {

using boost::json::object;

constexpr std::uint64_t largest_token = 65'535;
constexpr std::size_t largest_text = 1024 * 1024;

tl::unexpected<Error> wrong(const std::string& field, const std::string& should_be) {
  return fail(ErrorCode::invalid_argument, "the voice's description: " + field + " " + should_be,
              field);
}

object member_object(const object& of, std::string_view name) {
  const auto* const member = of.if_contains(name);
  return member && member->is_object() ? member->as_object() : object();
}

// A number that makes sense as a scale of the voice's; `otherwise` where there is none.
float scale(const object& of, std::string_view name, float otherwise) {
  const auto* const member = of.if_contains(name);
  if (!member || !member->is_number()) return otherwise;
  const auto value = member->to_number<double>();
  return value >= 0.01 && value <= 10 ? static_cast<float>(value) : otherwise;
}

bool is_one_character(std::string_view text) {
  std::size_t at = 0;
  return utf8::next(text, at) && at == text.size() && text != "\n" && text != "\r";
}

Result<std::string> tokens_of(const object& map) {
  std::string tokens;
  for (const auto& [phoneme, numbers] : map) {
    const std::string_view symbol(phoneme.data(), phoneme.size());
    if (!is_one_character(symbol)) continue;
    const auto* number = &numbers;
    if (numbers.is_array()) {
      if (numbers.as_array().empty()) continue;
      number = &numbers.as_array().front();
    }
    if (!number->is_int64() || number->as_int64() < 0 ||
        static_cast<std::uint64_t>(number->as_int64()) > largest_token)
      return wrong("phoneme_id_map", "must have numbers");
    tokens += std::string(symbol) + ' ' + std::to_string(number->as_int64()) + '\n';
  }
  if (tokens.empty()) return wrong("phoneme_id_map", "must have phonemes");
  return tokens;
}

// A field of a protobuf message whose content is bytes: its number and type, its length, itself.
std::string field(unsigned number, std::string_view content) {
  std::string bytes(1, static_cast<char>(number << 3U | 2U));
  for (std::size_t size = content.size();; size >>= 7U) {
    if (size < 0x80) {
      bytes += static_cast<char>(size);
      break;
    }
    bytes += static_cast<char>((size & 0x7fU) | 0x80U);
  }
  bytes += content;
  return bytes;
}

std::string metadata_of(const PiperConfig& config, std::uint64_t speakers) {
  constexpr unsigned metadata_props = 14;
  const std::pair<const char*, std::string> entries[] = {
      {"model_type", "vits"},
      {"comment", "piper"},
      {"language", config.language.str()},
      {"voice", config.espeak_voice},
      {"version", "1"},
      {"has_espeak", "1"},
      {"n_speakers", std::to_string(speakers)},
      {"sample_rate", std::to_string(config.sample_rate)}};
  std::string bytes;
  for (const auto& [key, value] : entries)
    bytes += field(metadata_props, field(1, key) + field(2, value));
  return bytes;
}

bool is_language(std::string_view text) {
  return text.size() == 2 && text[0] >= 'a' && text[0] <= 'z' && text[1] >= 'a' && text[1] <= 'z';
}

// Of `en_US` or `en-us`; older voices only name the phonemes' voice.
std::string language_of(const object& config, const std::string& espeak_voice) {
  const std::string code =
      json::text_member(member_object(config, "language"), "code").value_or(espeak_voice);
  return code.substr(0, code.find_first_of("_-"));
}

}  // namespace

Result<PiperConfig> parse_piper_config(std::string_view text) {
  if (text.size() > largest_text) return wrong("the file", "must have at most 1 MB");
  const auto parsed = json::parse_object(text);
  if (!parsed) return wrong("the file", "must be a JSON object");
  if (const auto type = json::text_member(*parsed, "phoneme_type").value_or("espeak");
      type != "espeak")
    return wrong("phoneme_type", "must be espeak, and is " + type.substr(0, 20));
  PiperConfig config;
  config.espeak_voice =
      json::text_member(member_object(*parsed, "espeak"), "voice").value_or(std::string());
  if (!espeak::is_voice_name(config.espeak_voice))
    return wrong("espeak.voice", "must name a voice of espeak-ng");
  config.language = Language(language_of(*parsed, config.espeak_voice));
  if (!is_language(config.language.str()))
    return wrong("language.code", "must begin with a language's two letters");
  config.name = json::text_member(*parsed, "dataset").value_or(std::string()).substr(0, 40);
  const auto rate = json::count_member(member_object(*parsed, "audio"), "sample_rate");
  if (!rate || *rate < 8'000 || *rate > 48'000)
    return wrong("audio.sample_rate", "must be 8000 to 48000");
  config.sample_rate = static_cast<int>(*rate);
  const auto speakers = json::count_member(*parsed, "num_speakers").value_or(1);
  if (speakers < 1 || speakers > 100'000) return wrong("num_speakers", "must be 1 to 100000");
  const object inference = member_object(*parsed, "inference");
  config.noise_scale = scale(inference, "noise_scale", config.noise_scale);
  config.length_scale = scale(inference, "length_scale", config.length_scale);
  config.noise_w = scale(inference, "noise_w", config.noise_w);
  auto tokens = tokens_of(member_object(*parsed, "phoneme_id_map"));
  if (!tokens) return tl::unexpected(tokens.error());
  config.tokens = *std::move(tokens);
  config.metadata = metadata_of(config, speakers);
  return config;
}

}  // namespace sotto::providers::sherpa
