#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fnv1a.hpp"
#include "base/session_time.hpp"
#include "engine/word_text.hpp"
#include "transcript/event.hpp"

namespace sotto::engine {

/// How much audio two stretches share; negative where they are apart.
inline milliseconds overlap(SessionTime a_start, SessionTime a_end, SessionTime b_start,
                            SessionTime b_end) {
  return std::min(a_end, b_end) - std::max(a_start, b_start);
}

/// Fingerprints of the last finals. They identify a repeated final, and a partial result that comes
/// after its final. Fixed size. Text is compared by 64-bit hashes of what is spoken,
/// ids and channels by FNV-1a: snapshots keep the hashes. Not thread-safe.
class RecentFinals {
 public:
  /// Remembers a final, heard at `now`, under `id` as well as under its own.
  void add(const transcript::RecognitionResult& heard, std::string_view id, SessionTime now) {
    const std::uint64_t text = spoken_hash(heard.transcript);
    put(heard, heard.id, text, now);
    if (id != heard.id) put(heard, id, text, now);
  }

  /// The same words over the same audio: ever under the same id, within `ttl` under any.
  bool has_text(const transcript::RecognitionResult& heard, SessionTime now,
                milliseconds ttl) const {
    const std::uint64_t id = fnv1a(heard.id);
    return any(heard, [&](const Final& known) {
      if (!same_audio(known, heard, id) || known.text != spoken_hash(heard.transcript))
        return false;
      return (!heard.id.empty() && known.id == id) || now - known.at <= ttl;
    });
  }

  /// A final of this id over the same audio.
  bool has_id(const transcript::RecognitionResult& heard) const {
    if (heard.id.empty()) return false;
    const std::uint64_t id = fnv1a(heard.id);
    return any(heard, [&](const Final& known) {
      return known.id == id && heard.start <= known.end && known.start <= heard.end;
    });
  }

  /// Whether at least half of the audio that `heard` is about is settled by one of the finals.
  bool cover(const transcript::RecognitionResult& heard) const {
    return any(heard, [&](const Final& known) {
      const milliseconds shared = overlap(known.start, known.end, heard.start, heard.end);
      return shared > milliseconds{0} && 2 * shared >= heard.end - heard.start;
    });
  }

 private:
  friend class EngineState;  // snapshot.hpp

  struct Final {
    std::uint64_t id = 0, channel = 0, text = 0;
    SessionTime start{}, end{}, at{};
  };

  static bool same_audio(const Final& known, const transcript::RecognitionResult& heard,
                         std::uint64_t id) {
    if (known.start == heard.start && known.end == heard.end)
      return known.end > SessionTime{} || known.id == id;
    return overlap(known.start, known.end, heard.start, heard.end) > milliseconds{0};
  }

  void put(const transcript::RecognitionResult& heard, std::string_view id, std::uint64_t text,
           SessionTime now) {
    finals_[next_++ % finals_.size()] = {
        fnv1a(id), fnv1a(heard.channel), text, heard.start, heard.end, now};
  }

  template <class Predicate>
  bool any(const transcript::RecognitionResult& heard, Predicate predicate) const {
    const std::uint64_t channel = fnv1a(heard.channel);
    const auto last =
        finals_.begin() + static_cast<std::ptrdiff_t>(std::min(next_, finals_.size()));
    return std::any_of(finals_.begin(), last, [&](const Final& known) {
      return known.channel == channel && predicate(known);
    });
  }

  std::array<Final, 16> finals_{};
  std::size_t next_ = 0;
};

}  // namespace sotto::engine
