#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "engine/command.hpp"
#include "engine/settings.hpp"
#include "engine/word.hpp"

namespace sotto::engine {

/// Whether a word ends a sentence: `.`, `?`, `!` or `…` at its end, quotes and brackets aside, but
/// no abbreviation ("Mr."), initial ("J.") or number in progress ("3.").
bool ends_sentence(std::string_view word);

/// Whether a word ends a clause: `,`, `;`, `:` or a dash at its end.
bool ends_clause(std::string_view word);

/// Where the first segment of some words ends.
struct Cut {
  std::size_t words = 0;  ///< 0: no segment is complete yet
  CutReason reason{};
};

/// Finds the first complete segment within words[0, stable). `words` may go on after the stable
/// ones, which shows gaps; `silence` is the audio heard since the last word. A pure function.
Cut find_cut(std::span<const Word> words, std::size_t stable, milliseconds silence,
             const Settings& settings);

}  // namespace sotto::engine
