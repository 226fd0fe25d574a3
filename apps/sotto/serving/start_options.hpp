#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "server/sessions/start_right.hpp"
#include "serving/door_options.hpp"

namespace sotto::app {

/// Who may start a talk, as `sotto serve` is told.
struct StartOptions {
  std::string who;  ///< open, code or operator; empty: by the address
};

/// Adds them to a command; `options` must outlive it.
void add_start_options(CLI::App& command, StartOptions& options);

/// Whether a server that listens on `address` is for this machine alone: on its loopback, and
/// neither a proxy nor another name leads there.
bool only_this_machine(const std::string& address, const DoorOptions& door);

/// What they say, for a server that keeps its host code in the data folder `data`, or the default
/// one where that is empty. Without a setting everybody may start where `only_here`, and hosts
/// elsewhere. Makes the host code where it is needed and there is none. Errors: those of its file.
Result<server::StartRules> start_rules(const StartOptions& options, bool only_here,
                                       const std::string& data);

/// The host code that a data folder keeps, in a file that only its owner may read. Where there is
/// none: the one that follows from the operator's token of the environment, the same on every host
/// and after every restart; without such a token a new one, which is kept. About 44 bits: two codes
/// as sessions have them. Errors: those of the file, and `invalid_argument` for one with fewer than
/// 12 characters.
Result<std::string> host_code(const std::filesystem::path& folder);

/// A new one in its place, which a running server takes at once.
Result<std::string> renew_host_code(const std::filesystem::path& folder);

}  // namespace sotto::app
