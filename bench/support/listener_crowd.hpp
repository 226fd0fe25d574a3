// A crowd of WebSocket listeners, in a process of its own, that notes when each caption arrives.
#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sotto::bench {

/// What the crowd has seen. Captions carry `#NUMBER@NANOSECONDS` in their text: a number that
/// grows by one from 1, and when the caption was made (CLOCK_MONOTONIC).
struct CrowdReport {
  std::uint64_t connected = 0;
  std::uint64_t received = 0;                 ///< captions, of all listeners together
  std::uint64_t missing = 0;                  ///< captions that a listener did not get
  std::uint64_t unexpected = 0;               ///< captions twice, out of order or without a number
  std::uint64_t closed = 0;                   ///< listeners that the server cut off
  std::uint64_t resumed = 0;                  ///< listeners that came back with `since` after that
  double p50_ms = 0, p99_ms = 0, max_ms = 0;  ///< from made to read; without who stalls
};

/// Listeners that connect to 127.0.0.1 and read until they are told to report.
class ListenerCrowd {
 public:
  struct Plan {
    std::uint16_t port = 0;
    std::size_t listeners = 0;
    std::string path;         ///< of the captions socket
    std::size_t stalled = 0;  ///< of the listeners: do not read until told to resume
    int core = -1;            ///< to run on; -1: any
    bool tls = false;         ///< whatever the certificate; each with a handshake of its own
  };

  /// Forks: before this process has threads.
  ListenerCrowd();
  ~ListenerCrowd();
  ListenerCrowd(const ListenerCrowd&) = delete;
  ListenerCrowd& operator=(const ListenerCrowd&) = delete;

  /// Connects everybody; returns once all are connected and have read the first status.
  void connect(const Plan& plan);
  /// The stalled read again; those who were cut off come back with `since`.
  void resume();
  /// Waits until every listener has had caption number `last`, or `patience_ms` have passed, then
  /// says what was seen, closes all and forgets it.
  CrowdReport report(std::uint64_t last, int patience_ms);

 private:
  pid_t pid_ = 0;
  int commands_ = -1, answers_ = -1;
};

}  // namespace sotto::bench
