#pragma once

#include <ostream>
#include <string>

#include "composition/talk.hpp"

namespace sotto::app {

/// The talk as the JSON object that `sotto translate --json` prints.
std::string talk_json(const composition::Talk& talk, const composition::TalkOptions& options);

/// The table at the end of `sotto translate`.
void print_table(std::ostream& out, const composition::Talk& talk,
                 const composition::TalkOptions& options);

}  // namespace sotto::app
