#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "lambda/record_content.hpp"
#include "ports/recogniser.hpp"
#include "transcript/event.hpp"

namespace sotto::lambda {

/// Has a stretch of audio recognised by itself, and waits for it. Times are the session's; ids
/// begin with `prefix`, so that those of two stretches differ. Errors: the recogniser's;
/// `deadline_exceeded` after `patience`; `unavailable`, "no recogniser", where `recogniser` is
/// null.
Result<std::vector<transcript::Event>> recognise(ports::Recogniser* recogniser,
                                                 const AudioChunk& chunk, std::string_view prefix,
                                                 std::chrono::milliseconds patience);

}  // namespace sotto::lambda
