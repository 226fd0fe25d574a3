#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "tests/support/crash_points.hpp"

namespace sotto::testing {

/// Kills a child of one thread with SIGKILL when it is about to make its change number `changes`
/// (from 0) to a file that `is_watched`, or lets it go on when it says something over a socket
/// before that. A change is a system call that writes, cuts off or renames. `child` must be waiting
/// for a message; `begin` sends it one. The child is not waited for. Nothing where processes cannot
/// be traced here (ptrace(2)). Throws when the child has several threads, when it ends, and when it
/// does neither for a minute; then it is killed.
std::optional<ChildEnd> kill_at_change(
    pid_t child, int changes, const std::function<bool(const std::string& file)>& is_watched,
    const std::function<void()>& begin);

}  // namespace sotto::testing
