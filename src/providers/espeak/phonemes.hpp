#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "providers/espeak/program.hpp"
#include "supervision/waiting.hpp"

namespace sotto::providers::espeak {

/// Whether `voice` can be a voice's name, such as `en-us` or `gmw/en`: then it is no option.
bool is_voice_name(std::string_view voice);

/// How `clause`, a prepared text, is pronounced, in the International Phonetic Alphabet (UTF-8);
/// one space between words, no line breaks, and no marks of where a word of another language
/// begins. Empty for a text with nothing to pronounce. Punctuation is not told. Takes a process of
/// its own and about 8 ms. Errors: `invalid_argument` for a voice that is_voice_name() refuses;
/// `deadline_exceeded`; `unavailable` where the process failed and when `limit.stop_fd` said stop.
Result<std::string> phonemes_of(const Program& program, const std::string& voice,
                                std::string_view clause, const supervision::WaitLimit& limit);

/// What the program wrote, as phonemes_of() returns it.
std::string read_phonemes(std::string_view written);

}  // namespace sotto::providers::espeak
