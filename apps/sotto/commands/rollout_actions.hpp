#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "commands/rollout_common.hpp"
#include "ports/flag_store.hpp"

namespace sotto::app {

/// Everything as text: the rules of rollout/ say what is wrong with it, in the same words
/// everywhere.
struct RolloutOptions : RolloutCommon {
  std::string percentage;
  bool disable = false, enable = false, status = false, watch = false;
  std::optional<double> wait;  ///< in s; none: as the store needs

  std::string min_stability, max_buffer_timeout, salt;  // set
  std::string session;                                  // explain, override
  std::string sessions;                                 // explain
  std::string on_off, lasts = "1h";                     // override
  int limit = 20;                                       // history
  std::string from, to;                                 // diff, undo
  bool yes = false;                                     // undo
  std::string file;                                     // lint
};

/// What the commands of `sotto rollout` do; each returns the program's exit code.
namespace rollout_actions {

using Action = int (*)(const RolloutOptions&, ports::FlagStore&);

/// --percentage, --enable, --disable, --status.
int guide_commands(const RolloutOptions& options, ports::FlagStore& store);
int set(const RolloutOptions& options, ports::FlagStore& store);
int undo(const RolloutOptions& options, ports::FlagStore& store);
int set_override(const RolloutOptions& options, ports::FlagStore& store);

int show_status(const RolloutOptions& options, ports::FlagStore& store);
/// Paints the status anew whenever it changes, until it is stopped or nobody reads it any more.
int watch_status(const RolloutOptions& options, ports::FlagStore& store);
int explain(const RolloutOptions& options, ports::FlagStore& store);
int history(const RolloutOptions& options, ports::FlagStore& store);
int diff(const RolloutOptions& options, ports::FlagStore& store);
int lint(const RolloutOptions& options, ports::FlagStore& store);

/// A version's number; nothing for an empty text. Errors: `invalid_argument` with `field`.
Result<std::optional<std::uint64_t>> version_of(const std::string& text, const std::string& field);

}  // namespace rollout_actions

}  // namespace sotto::app
