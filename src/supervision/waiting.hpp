#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "supervision/child_process.hpp"
#include "supervision/circuit_breaker.hpp"

namespace sotto::supervision {

/// Until when to wait for an engine, and the descriptor that becomes readable when waiting is to be
/// given up. `engine` names it in messages and outlives the limit.
struct WaitLimit {
  SupervisionTime deadline;
  int stop_fd = -1;
  std::string_view engine;
};

/// What poll() saw on a child's pipes.
struct Ready {
  bool readable = false;
  bool writable = false;
};

/// Waits until `output` is readable (or at its end) or `input`, unless -1, writable (or closed by
/// its reader). Errors: `deadline_exceeded`, and `unavailable` when `limit.stop_fd` said stop.
Result<Ready> wait_ready(int output, int input, const WaitLimit& limit);

/// Waits for at most `wait`; whether `fd` is readable.
bool readable_within(int fd, milliseconds wait);

/// Waits until `child` has ended and returns its exit code, or 128 and the signal's number. It is
/// not reaped. Errors as wait_ready().
Result<int> wait_for_end(const ChildProcess& child, const WaitLimit& limit);

/// Whether a read() or write() that returned `result` only came too early.
bool would_block(ssize_t result);

/// Sends what `child` takes of `text` now, and its end with the last of it. False where it has
/// closed its stdin. Who calls has SIGPIPE blocked.
bool send_some(ChildProcess& child, std::string_view& text);

/// Appends what `fd` has now, 16 kB at the most. False at its end.
bool read_some(int fd, std::string& into);

/// The answer to what is still open when its engine is no longer asked: `unavailable`.
tl::unexpected<Error> shutting_down(std::string_view engine);

/// `wait` as poll() takes it; negative is none.
int poll_timeout(milliseconds wait);

/// For the calling thread: a write to a dead child is then an error, not the end of the process.
void block_sigpipe();

}  // namespace sotto::supervision
