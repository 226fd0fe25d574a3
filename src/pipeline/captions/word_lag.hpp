#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/session_time.hpp"

namespace sotto::pipeline {

/// Finds, for moments at which words were captured, when the first caption came out that reached so
/// far. Bounded; not thread-safe.
class FirstCover {
 public:
  /// A caption of everything captured until `captured` came out at `now`.
  void shown(SessionTime captured, SessionTime now);

  /// When a caption first reached what was captured at this moment; none did yet.
  std::optional<SessionTime> of(SessionTime captured) const;

  /// Of what was captured until then it is no longer known.
  SessionTime forgotten() const { return forgotten_; }

 private:
  static constexpr std::size_t most = 256;  ///< captions that each reached further than before

  struct Reach {
    SessionTime captured, at;
  };
  std::deque<Reach> reached_;  ///< rising in both
  SessionTime forgotten_ = SessionTime::min();
};

/// The lag of each word of one language: from its end to the first caption that reaches it, and to
/// the first settled one. The words are a final's, so that none is counted that was taken back, and
/// none twice. What a caption reaches is known by time and not by its words, which a translation
/// has none of: a word that an early caption had wrong counts from there, and its correction shows
/// in the erasure. Bounded; not thread-safe.
class WordLag {
 public:
  /// A caption that reaches what was captured until `captured` was sent at `now`.
  void sent(SessionTime captured, bool settled, SessionTime now);

  /// A final's word whose end and middle were captured at these moments. Its lag is from its end;
  /// the caption that has it is the first that reaches its middle, since a recogniser may place the
  /// end of the same word a little later in its final.
  void expect(SessionTime end, SessionTime middle);

  /// Nobody follows any more: what was not shown is not waited for.
  void forget();

  /// The lags to the first caption, and to the first settled one, that were found since the last
  /// call.
  std::vector<milliseconds> take_shown() { return std::exchange(first_.found, {}); }
  std::vector<milliseconds> take_settled() { return std::exchange(settled_.found, {}); }

 private:
  static constexpr std::size_t most_waiting = 2048;  ///< words; the oldest are given up

  struct Word {
    SessionTime end, middle;
  };
  struct Side {
    FirstCover cover;
    std::deque<Word> waiting;  ///< that no caption has reached
    std::vector<milliseconds> found;

    void sent(SessionTime captured, SessionTime now);
    void expect(const Word& word);
  };
  Side first_, settled_;
};

}  // namespace sotto::pipeline
