#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "providers/aws/client/http.hpp"
#include "providers/aws/credentials/identity.hpp"
#include "providers/aws/transcribe/event_stream.hpp"

/// What goes to Amazon Transcribe streaming over a WebSocket and comes from it (Developer Guide,
/// "Setting up a WebSocket stream"). Pure.
namespace sotto::providers::aws {

/// The languages it streams, two-letter, sorted (Developer Guide, "Supported languages", as of
/// 2025). Each is asked for in one of its variants: `en` as en-US, `es` as es-US, `pt` as pt-BR.
const std::vector<Language>& transcribe_languages();

/// Transcribe's name of a language; nothing for one that it does not stream.
std::optional<std::string_view> transcribe_language(const Language& language);

struct TranscribeRequest {
  std::string region = {};
  std::string language = {};  ///< Transcribe's name: en-US
  /// low, medium or high: the surer a word must be before it is called stable, the later.
  std::string stability = "medium";
  std::string vocabulary = {};  ///< a custom vocabulary's name, or empty
};

/// The path and query that open a stream of 16 kHz mono PCM with stabilised partial results:
/// presigned, good for 300 s from `now`.
std::string transcribe_target(const Endpoint& endpoint, const TranscribeRequest& request,
                              const Credentials& credentials, UtcTime now);

/// A message with so much PCM; an empty one ends the stream.
std::string audio_event(std::string_view pcm);

/// What an exception message says, as a value: BadRequest `invalid_argument`, LimitExceeded
/// `resource_exhausted`, Conflict, InternalFailure, ServiceUnavailable and unknown ones
/// `unavailable`. A BadRequest that only says that no audio came for 15 s is `unavailable`: another
/// stream may be opened. `field` is the exception's name.
Error exception_error(const EventMessage& message);

}  // namespace sotto::providers::aws
