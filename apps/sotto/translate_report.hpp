#pragma once

#include <ostream>
#include <string>

#include "talk.hpp"

namespace sotto::app {

/// The talk as the JSON object that `sotto translate --json` prints.
std::string talk_json(const Talk& talk, const TalkOptions& options);

/// The table at the end of `sotto translate`.
void print_table(std::ostream& out, const Talk& talk, const TalkOptions& options);

}  // namespace sotto::app
