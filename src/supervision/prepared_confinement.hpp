#pragma once

#include <optional>
#include <string>

#include "supervision/child_process.hpp"
#include "supervision/confinement.hpp"
#include "supervision/syscall_filter.hpp"

namespace sotto::supervision {

/// A confinement made ready before a fork, where memory may be allocated, to hold after it.
class PreparedConfinement {
 public:
  /// For a child that will run `program`, an absolute path.
  PreparedConfinement(const Confinement& confinement, const std::string& program);

  /// In the child, before its descriptors are set up. Async-signal-safe.
  void limit();
  /// In the child, as the last thing before the program runs. Async-signal-safe.
  void filter();

 private:
  PreparedConfinement(const Confinement& confinement, const std::string& program,
                      const std::optional<std::string>& loader);

  Confinement limits_;
  UniqueFd ruleset_;
  SyscallFilter filter_;
};

}  // namespace sotto::supervision
