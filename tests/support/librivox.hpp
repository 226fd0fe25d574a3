#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sotto::testing {

/// How many LibriVox sentences Debian's package pocketsphinx-testdata has.
inline constexpr std::size_t librivox_sentences = 5;

/// The samples of one of them, 16 kHz mono; a failure of the test where the package is missing.
std::vector<std::int16_t> librivox_sentence(std::size_t index);

/// What is said in it, lower case.
std::string librivox_text(std::size_t index);

/// All of them, one directly after the other.
std::vector<std::int16_t> librivox_talk();
std::string librivox_talk_text();

}  // namespace sotto::testing
