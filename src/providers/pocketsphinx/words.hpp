#pragma once

#include <string>
#include <string_view>

namespace sotto::providers::pocketsphinx {

/// A dictionary entry as a reader wants to see it: without the mark of an alternate pronunciation
/// (`read(2)`), and the first person as `I`, `I'm`, `I'll`. Empty for what nobody said: silence,
/// sentence marks and noises (`<sil>`, `<s>`, `[NOISE]`, `++BREATH++`). Thread-safe.
std::string readable_word(std::string_view entry);

}  // namespace sotto::providers::pocketsphinx
