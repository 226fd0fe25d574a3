#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace sotto::providers::web_translators {

/// Why what a chat model said is not just a translation; nothing where it may be one. Beyond
/// why_no_translation(): it introduces or explains itself, refuses, says the source again, or
/// speaks about its task. `said` is as the model said it, line breaks included; `source` in one
/// line.
std::optional<std::string_view> why_only_talk(const LanguagePair& pair, std::string_view source,
                                              std::string_view said);

/// What a model said without what some put around a translation: an empty `<think>` block, the tags
/// of the question, one pair of quotation marks around all of it that the source has not.
std::string unwrapped(std::string_view source, std::string_view said);

/// The translation in a chat completion (`choices[0].message.content`). Errors: `unavailable`
/// where there is none, where it ran into its limit (`finish_reason` "length") or was filtered, and
/// where it is no translation; the message names the service and the reason, never a text.
Result<std::string> translation_in(std::string_view service, const boost::json::value& completion,
                                   const LanguagePair& pair, std::string_view source);

}  // namespace sotto::providers::web_translators
