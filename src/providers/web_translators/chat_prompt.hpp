#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "providers/web_translators/request_line.hpp"
#include "providers/web_translators/settings.hpp"

namespace sotto::providers::web_translators {

/// The English name of a language that chat models are asked for; nothing for one that is unknown
/// here.
std::optional<std::string_view> language_name(const Language& language);

/// Those languages, sorted.
std::vector<Language> named_languages();

/// A name for the tags around a text that the text itself does not close: `text`, else `text-1`
/// and so on.
std::string tag_for(std::string_view text, std::string_view name);

/// The messages that ask for a translation. The system's says what to do, from the two languages
/// and the formality alone; the user's has the text, and what was said before it, each between
/// tags. So words of a talk stand nowhere but in the user's message. Both languages have a
/// language_name().
boost::json::array chat_messages(const LanguagePair& pair, Formality formality,
                                 const LineRequest& request);

/// How many tokens an answer may have: enough for any translation of the source, and few where the
/// source is short. A token is at least a third of a letter in most scripts and tokenisers.
std::uint64_t max_answer_tokens(std::string_view source);

}  // namespace sotto::providers::web_translators
