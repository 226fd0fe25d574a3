#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "server/sessions/start_right.hpp"

namespace sotto::app {

/// Who may start a talk, as `sotto serve` is told.
struct StartOptions {
  std::string who;  ///< open, code or operator; empty: by the address
};

/// Adds them to a command; `options` must outlive it.
void add_start_options(CLI::App& command, StartOptions& options);

/// What they say, for a server that listens on `address` and keeps its host code in the data folder
/// `data`, or the default one where that is empty.
/// Without a setting everybody may start where only this machine is let in, and hosts elsewhere.
/// Makes the host code where it is needed and there is none. Errors: those of its file.
Result<server::StartRules> start_rules(const StartOptions& options, const std::string& address,
                                       const std::string& data);

/// The host code that a data folder keeps, in a file that only its owner may read; made up where
/// there is none. About 44 bits: two codes as sessions have them. Errors: those of the file, and
/// `invalid_argument` for one with fewer than 12 characters.
Result<std::string> host_code(const std::filesystem::path& folder);

/// A new one in its place, which a running server takes at once.
Result<std::string> renew_host_code(const std::filesystem::path& folder);

}  // namespace sotto::app
