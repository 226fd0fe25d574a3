#pragma once

#include <chrono>

namespace sotto {

using std::chrono::milliseconds;

/// The clock of one session: milliseconds since its audio began. It has no now(): whoever drives a
/// session says what time it is, so replay, tests and production run the same code.
struct SessionClock {
  using rep = milliseconds::rep;
  using period = milliseconds::period;
  using duration = milliseconds;
  using time_point = std::chrono::time_point<SessionClock, milliseconds>;
  static constexpr bool is_steady = true;
};

/// A moment of a session, either a place in its audio or a reading of its injected clock.
using SessionTime = SessionClock::time_point;

/// The moment `ms` milliseconds after the session's audio began.
constexpr SessionTime at_ms(milliseconds::rep ms) { return SessionTime{milliseconds{ms}}; }

/// Seconds since the session's audio began, for JSON and for people.
constexpr double to_seconds(SessionTime t) {
  return static_cast<double>(t.time_since_epoch().count()) / 1000.0;
}

/// A length in seconds, for JSON and for people.
constexpr double to_seconds(milliseconds d) { return static_cast<double>(d.count()) / 1000.0; }

}  // namespace sotto
