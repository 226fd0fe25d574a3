#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/word_list.hpp"

namespace sotto::engine {

/// Aligns the committed words, committed[0, count), with a newer hypothesis of the same speech.
/// `place` (replaced) gets count + 1 entries: place[i] is the number of words of `newer` that are
/// aligned with committed[0, i). place[0] is 0 and places never decrease. The words from
/// place.back() on are new.
///
/// It is the cheapest alignment by word edits (Levenshtein 1966) in which `newer` may go on after
/// the last committed word; among equally cheap ends the one that is the same word is taken, then
/// the one that ends nearest in audio time to where the committed words ended, then the longer.
/// Linear where `newer` begins with the committed words, which is the normal case; quadratic in
/// what is left else, and past 65,536 cells the words are placed by their time alone.
void align(const WordList& committed, std::size_t count, const WordList& newer,
           std::vector<std::uint32_t>& place);

/// How many of committed[0, count) are not the same word at their place in `newer`. Words of only
/// punctuation do not count.
std::size_t contradicted(const WordList& committed, std::size_t count, const WordList& newer,
                         const std::vector<std::uint32_t>& place);

/// Levenshtein distance over characters (code points of UTF-8; a malformed byte counts as one)
/// divided by the longer length: 0 (equal) to 1. What lies more than 2,048 characters behind the
/// first difference counts as different, which bounds the cost.
double normalized_distance(std::string_view a, std::string_view b);

}  // namespace sotto::engine
