#include "lambda/record_content.hpp"

#include <boost/json.hpp>
#include <utility>

#include "base/encoding.hpp"
#include "base/sample_clock.hpp"
#include "json/members.hpp"

namespace sotto::lambda {

namespace js = boost::json;

namespace {

constexpr std::uint64_t latest_ms = 10'000'000'000;  // as transcript::Decoder has it

tl::unexpected<Error> wrong(std::string message, std::string field) {
  return fail(ErrorCode::invalid_argument, std::move(message), std::move(field));
}

// `en-US` is `en`.
Result<Language> language_of(const js::object& object) {
  std::string code = json::text_member(object, "LanguageCode").value_or("en");
  code.resize(std::min(code.find('-'), code.size()));
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (code.size() != 2 || !letter(code[0]) || !letter(code[1]))
    return wrong("LanguageCode must be a code such as \"en-US\"", "LanguageCode");
  return Language{std::move(code)};
}

Result<RecordContent> read_audio(const js::object& object, const js::value& audio) {
  const auto language = language_of(object);
  if (!language) return tl::unexpected(language.error());
  const auto bytes = audio.is_string() ? from_base64(audio.get_string()) : std::nullopt;
  if (!bytes || bytes->empty() || bytes->size() % 2 != 0)
    return wrong("Audio must be 16-bit samples in base64", "Audio");
  const std::uint64_t rate = json::count_member(object, "SampleRate").value_or(sample_rate);
  if (rate != sample_rate) return wrong("SampleRate must be 16000", "SampleRate");
  const std::uint64_t offset = json::count_member(object, "OffsetMs").value_or(0);
  if (offset > latest_ms) return wrong("OffsetMs must be at most 10^10", "OffsetMs");
  AudioChunk chunk{*language, milliseconds{static_cast<milliseconds::rep>(offset)}, {}};
  chunk.samples.reserve(bytes->size() / 2);
  for (std::size_t i = 0; i < bytes->size(); i += 2)
    chunk.samples.push_back(
        static_cast<std::int16_t>(static_cast<unsigned char>((*bytes)[i]) |
                                  static_cast<unsigned char>((*bytes)[i + 1]) << 8));
  return chunk;
}

// What has no results: audio, the end, or an event that says nothing.
Result<RecordContent> read_other(std::string_view data, Transcript&& silent) {
  const auto object = json::parse_object(data);
  if (!object) return wrong("the data must be a JSON object", "data");
  if (const js::value* audio = object->if_contains("Audio")) return read_audio(*object, *audio);
  if (const js::value* end = object->if_contains("EndOfAudio")) {
    if (end->is_bool() && end->get_bool()) return SessionEnd{silent.arrival};
    return wrong("EndOfAudio must be true", "EndOfAudio");
  }
  if (!object->contains("Transcript"))
    return wrong("the data must have Transcript, Audio or EndOfAudio", "data");
  return std::move(silent);
}

}  // namespace

Result<RecordContent> RecordReader::read(std::string_view data, const SessionId& session) {
  Transcript transcript;
  const auto envelope = decoder_.decode(data, transcript.event);
  if (!envelope) return tl::unexpected(envelope.error());
  if (!envelope->session.empty() && envelope->session != session.str())
    return wrong("SessionId must be the record's partition key", "SessionId");
  transcript.arrival = envelope->arrival;
  if (!transcript.event.empty()) return transcript;
  return read_other(data, std::move(transcript));
}

}  // namespace sotto::lambda
