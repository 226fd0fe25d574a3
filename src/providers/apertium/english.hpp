#pragma once

#include <string>

namespace sotto::providers::apertium {

/// Makes an English text, in one line, fit for Apertium's dictionaries, as tried with version 3.8:
/// - a lone `i` becomes `I` (`i'm` too, `i.e.` not): recognisers write it either way, Apertium
///   knows only the capital;
/// - `10 am` becomes `10 a.m.`, since `am` is a verb, and `pm` likewise;
/// - the answer `no.` becomes `no .`, since with its dot it is the abbreviation of number;
/// - a lone `A` in mid-sentence (`plan A`) and the names after `Mr.`, `Mrs.`, `Ms.`, `Dr.` and
///   `Miss` get a letter that no dictionary has, so that they are neither an article nor a colour:
///   with_letters_back() undoes it.
void prepare_english(std::string& text);

/// Undoes the stand-ins of prepare_english().
std::string with_letters_back(const std::string& text);

}  // namespace sotto::providers::apertium
