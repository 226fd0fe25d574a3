#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "ports/recogniser.hpp"

namespace sotto::server {

/// On whose behalf a session asks for a recogniser.
struct Claimant {
  std::string client = {};  ///< the address that it was started from
  /// The operator started it, or somebody with the host code: its recogniser is not taken from it
  /// while somebody speaks.
  bool trusted = false;
  bool gives_way = false;  ///< to whoever asks, as a recording that is played does
};

struct SharesConfig {
  std::size_t most = 8;  ///< recognisers in use at once, 1 at least
  /// Without audio, or without a recognised word, for so long: a session gives its recogniser to
  /// another one that has somebody who speaks.
  std::chrono::seconds quiet_after{30}, wordless_after{60};
  std::function<std::chrono::steady_clock::time_point()> clock = std::chrono::steady_clock::now;
};

/// Shares the recognisers of a server among its sessions. A session's stream takes one with its
/// first audio, not before, and may lose it to another session while nobody speaks; the stream then
/// keeps its place and takes a recogniser again when somebody does. Where none is free, the first
/// that fits gives way:
///
/// 1. a session that gives_way;
/// 2. one without audio for quiet_after, the longest first;
/// 3. one without a recognised word for wordless_after, the longest first;
/// 4. where the asker is trusted, or its client has no recogniser yet: the newest of the client
///    that holds the most, among those who are not trusted, if that client holds more than its
///    share, three quarters of all.
///
/// Thread-safe. Its streams may outlive it, but not the recogniser.
class RecogniserShares {
 public:
  RecogniserShares(SharesConfig config, ports::Recogniser* recogniser);
  ~RecogniserShares();

  /// Begins a stream without a recogniser. Its push() answers `busy`, and takes nothing, where it
  /// needs one and none is to be had. Results have ids that begin with `rN-` from the second
  /// recogniser on, and times of the whole stream. Errors: `not_found` for a language that the
  /// recogniser does not have.
  Result<std::unique_ptr<ports::RecogniserStream>> open(Claimant claimant, const Language& language,
                                                        ports::RecogniserSink sink);

  struct Use {
    std::size_t live = 0;  ///< recognisers that sessions have
    std::size_t most = 0;
  };
  Use use() const;

  class Pool;  ///< of the implementation

 private:
  const std::shared_ptr<Pool> pool_;
  ports::Recogniser* const recogniser_;
};

}  // namespace sotto::server
