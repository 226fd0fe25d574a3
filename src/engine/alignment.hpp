#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/word.hpp"

namespace sotto::engine {

/// Where words that were committed stand in a newer hypothesis of the same speech.
/// Returns committed.size() + 1 places: place[i] is how many words of `newer` are used up once
/// committed[0, i) is; place[0] is 0 and places never fall. What follows place.back() is new.
///
/// It is the cheapest alignment by word edits (Levenshtein 1966) in which `newer` may go on after
/// the last committed word; among equally cheap ends the one whose word ends nearest in audio time
/// to where the committed words ended is taken, then the longer. O(committed × newer).
std::vector<std::size_t> align(std::span<const Word> committed, std::span<const Word> newer);

/// Levenshtein distance over bytes, divided by the longer length: 0 (equal) to 1.
double normalised_distance(std::string_view a, std::string_view b);

}  // namespace sotto::engine
