#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "feature_flag/acknowledgement.hpp"
#include "feature_flag/flag_operations.hpp"
#include "rollout/evaluation.hpp"

namespace sotto::app {

// What `sotto rollout` says to people; nothing that comes from a store reaches the terminal as a
// control character.

/// How long ago, in words: `3 min ago`.
std::string ago(UtcTime then, UtcTime now);

/// The text without control characters and no longer than `max_size` bytes.
std::string printable(std::string text, std::size_t max_size = 200);

/// What the flag means, in one sentence.
std::string meaning(const rollout::Flag& flag);

void print_status(std::ostream& out, const std::string& parameter_name, const std::string& store,
                  const feature_flag::FlagVersion& version,
                  const std::vector<ports::FlagReaderState>& readers, UtcTime now);

void print_changed(std::ostream& out, const feature_flag::FlagChanged& changed, bool dry_run);

void print_history(std::ostream& out, const std::vector<feature_flag::HistoryEntry>& entries,
                   UtcTime now);

}  // namespace sotto::app
