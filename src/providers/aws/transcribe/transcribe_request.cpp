#include "providers/aws/transcribe/transcribe_request.hpp"

#include <algorithm>
#include <array>

#include "base/sample_clock.hpp"
#include "json/members.hpp"
#include "providers/aws/client/service.hpp"
#include "providers/aws/client/service_error.hpp"
#include "providers/aws/client/sigv4.hpp"

namespace sotto::providers::aws {

namespace {

constexpr std::string_view path = "/stream-transcription-websocket";

struct Variant {
  std::string_view language, name;
};
constexpr std::array variants = {
    Variant{"ca", "ca-ES"}, Variant{"cs", "cs-CZ"}, Variant{"da", "da-DK"}, Variant{"de", "de-DE"},
    Variant{"el", "el-GR"}, Variant{"en", "en-US"}, Variant{"es", "es-US"}, Variant{"eu", "eu-ES"},
    Variant{"fi", "fi-FI"}, Variant{"fr", "fr-FR"}, Variant{"gl", "gl-ES"}, Variant{"he", "he-IL"},
    Variant{"hi", "hi-IN"}, Variant{"hr", "hr-HR"}, Variant{"id", "id-ID"}, Variant{"it", "it-IT"},
    Variant{"ja", "ja-JP"}, Variant{"ko", "ko-KR"}, Variant{"nl", "nl-NL"}, Variant{"no", "no-NO"},
    Variant{"pl", "pl-PL"}, Variant{"pt", "pt-BR"}, Variant{"ro", "ro-RO"}, Variant{"ru", "ru-RU"},
    Variant{"sk", "sk-SK"}, Variant{"sv", "sv-SE"}, Variant{"th", "th-TH"}, Variant{"uk", "uk-UA"},
    Variant{"vi", "vi-VN"}, Variant{"zh", "zh-CN"}};

// `{"Message":"..."}`, as exceptions have it.
std::string sentence_of(const EventMessage& message) {
  const auto body = json::parse_object(message.payload);
  if (!body) return {};
  for (const char* name : {"Message", "message"})
    if (auto text = json::text_member(*body, name)) return *text;
  return {};
}

}  // namespace

const std::vector<Language>& transcribe_languages() {
  static const std::vector<Language> all = [] {
    std::vector<Language> languages;
    for (const Variant& variant : variants) languages.emplace_back(std::string(variant.language));
    return languages;
  }();
  return all;
}

std::optional<std::string_view> transcribe_language(const Language& language) {
  const auto found = std::find_if(variants.begin(), variants.end(), [&](const Variant& variant) {
    return variant.language == language.str();
  });
  return found == variants.end() ? std::nullopt : std::optional(found->name);
}

std::string transcribe_target(const Endpoint& endpoint, const TranscribeRequest& request,
                              const Credentials& credentials, UtcTime now) {
  Pairs query = {{"enable-partial-results-stabilization", "true"},
                 {"language-code", request.language},
                 {"media-encoding", "pcm"},
                 {"partial-results-stability", request.stability},
                 {"sample-rate", std::to_string(sample_rate)}};
  if (!request.vocabulary.empty()) query.emplace_back("vocabulary-name", request.vocabulary);
  SignableRequest signable;
  signable.path = endpoint.path + std::string(path);
  signable.query = encode_query(query);
  signable.headers = {{"Host", endpoint.host_header()}};
  const SigningScope scope{request.region,
                           std::string(services::transcribe_streaming.signing_name)};
  return signable.path + "?" +
         presigned_query(signable, credentials, scope, now, std::chrono::seconds{300});
}

std::string audio_event(std::string_view pcm) {
  static const std::array headers = {
      EventHeader{":content-type", std::string("application/octet-stream")},
      EventHeader{":event-type", std::string("AudioEvent")},
      EventHeader{":message-type", std::string("event")}};
  return encode_event(headers, pcm).value();  // the headers are good and a frame is short
}

Error exception_error(const EventMessage& message) {
  std::string name(message.text(":exception-type"));
  if (name.empty()) name = message.text(":error-code");
  const std::string sentence = sentence_of(message);
  const auto made = [&](ErrorCode code, int status) {
    Error error = to_error("Transcribe Streaming", status, {name, sentence});
    error.code = code;
    error.field = name;
    return error;
  };
  if (name.starts_with("LimitExceeded")) return made(ErrorCode::resource_exhausted, 429);
  if (!name.starts_with("BadRequest")) return made(ErrorCode::unavailable, 503);
  const bool timed_out = sentence.find("timed out") != std::string::npos;
  return timed_out ? made(ErrorCode::unavailable, 503) : made(ErrorCode::invalid_argument, 400);
}

}  // namespace sotto::providers::aws
