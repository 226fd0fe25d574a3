#pragma once

#include <cstddef>
#include <string_view>

#include "engine/command.hpp"
#include "engine/settings.hpp"
#include "engine/word_list.hpp"

namespace sotto::engine {

/// Whether a word ends a sentence before `next`, the word behind it (empty where there is none):
/// `.`, `?`, `!`, `…` or what other scripts write for them at its end, quotes and brackets aside,
/// but no abbreviation ("Mr.", "U.S."), initial ("J.") or number in progress ("3.", "No." before
/// "5"). "p.m." and "etc." end one before a capital.
bool ends_sentence(std::string_view word, std::string_view next = {});

/// Whether a word ends a clause: `,`, `;`, `:` or a dash at its end, or what other scripts write
/// for them.
bool ends_clause(std::string_view word);

/// Whether the segment words[first, last] ends after words[last], and why; CutReason::none if not.
/// Words may follow, which shows gaps and marks to come: where one is in reach, no gap ends the
/// segment before it but a pause. `silence` is the audio heard since the very last word. A
/// pure function that looks only at these words, so it can be asked as words are committed.
CutReason segment_end(const WordList& words, std::size_t first, std::size_t last,
                      milliseconds silence, const Settings& settings);

}  // namespace sotto::engine
