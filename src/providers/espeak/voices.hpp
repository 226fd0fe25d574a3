#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace sotto::providers::espeak {

/// A voice for each language, by its file's name (`gmw/en`), which espeak-ng finds 10 ms faster
/// than a language code.
using Voices = std::map<Language, std::string>;

/// Reads what `espeak-ng --voices` prints. A line belongs to its own language and to the other ones
/// it names, with a priority for each. A language gets the voice that espeak-ng itself would take
/// for its two-letter code, the one with the smallest number: British English for `en`, Spain's
/// Spanish for `es`. Left out are languages without a two-letter code, lines of another form, and
/// voices whose file is not part of espeak-ng (`mb/`) or only a variant (`!v/`).
Voices parse_voices(std::string_view table);

}  // namespace sotto::providers::espeak
