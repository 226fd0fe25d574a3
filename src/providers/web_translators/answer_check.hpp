#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace sotto::providers::web_translators {

/// Why `answer` cannot be a translation of `source` (both in one line); nothing where it may be
/// one. Cheap signs only, and only where there is enough text to be sure: letters of another
/// script than the target's, the source language's function words and none of the target's, many
/// times the source's length, words said over and over that the source says once.
std::optional<std::string_view> why_no_translation(const LanguagePair& pair,
                                                   std::string_view source,
                                                   std::string_view answer);

/// `answer` as plain text in one line. Errors: `unavailable` where it is not UTF-8, empty, or no
/// translation as above; the message names the service and the reason, never a text.
Result<std::string> checked_answer(std::string_view service, const LanguagePair& pair,
                                   std::string_view source, std::string_view answer);

}  // namespace sotto::providers::web_translators
