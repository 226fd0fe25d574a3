#pragma once

#include <functional>
#include <optional>

namespace sotto::testing {

/// How a child ended.
enum class ChildEnd : unsigned char { killed, finished };

/// Runs `work` in a child process and kills it with SIGKILL when it is about to make its system
/// call number `calls` (from 0), or lets it finish when it makes fewer. What a process does to
/// files it does by system calls, so the numbers 0, 1, 2… until it finishes are all the moments at
/// which others can find it dead. Nothing where processes cannot be traced here (ptrace(2)).
/// Throws when `work` fails. Call it while the program has one thread.
std::optional<ChildEnd> run_until_call(int calls, const std::function<void()>& work);

}  // namespace sotto::testing
