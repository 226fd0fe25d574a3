#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <string_view>

#include "base/session_time.hpp"
#include "engine/word_text.hpp"
#include "transcript/event.hpp"

namespace sotto::engine {

/// How much audio two stretches share; negative where they are apart.
inline milliseconds overlap(SessionTime a_start, SessionTime a_end, SessionTime b_start,
                            SessionTime b_end) {
  return std::min(a_end, b_end) - std::max(a_start, b_start);
}

/// Fingerprints of the last finals, by which one that comes again, or a partial result that comes
/// after its final, is known. Fixed size. Text is compared by 64-bit hashes of what is spoken. Not
/// thread-safe.
class RecentFinals {
 public:
  /// Remembers a final, heard at `now`, under `id` as well as under its own.
  void add(const transcript::RecognitionResult& heard, std::string_view id, SessionTime now) {
    const std::size_t text = spoken_hash(heard.transcript);
    put(heard, heard.id, text, now);
    if (id != heard.id) put(heard, id, text, now);
  }

  /// The same words over the same audio: ever under the same id, within `ttl` under any.
  bool has_text(const transcript::RecognitionResult& heard, SessionTime now,
                milliseconds ttl) const {
    return any(heard, [&](const Final& known) {
      if (!same_audio(known, heard) || known.text != spoken_hash(heard.transcript)) return false;
      return (!heard.id.empty() && known.id == hash(heard.id)) || now - known.at <= ttl;
    });
  }

  /// A final of this id over the same audio.
  bool has_id(const transcript::RecognitionResult& heard) const {
    if (heard.id.empty()) return false;
    return any(heard, [&](const Final& known) {
      return known.id == hash(heard.id) && heard.start <= known.end && known.start <= heard.end;
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
    std::size_t id = 0, channel = 0, text = 0;
    SessionTime start{}, end{}, at{};
  };

  static std::size_t hash(std::string_view text) { return std::hash<std::string_view>{}(text); }

  static bool same_audio(const Final& known, const transcript::RecognitionResult& heard) {
    if (known.start == heard.start && known.end == heard.end)
      return known.end > SessionTime{} || known.id == hash(heard.id);
    return overlap(known.start, known.end, heard.start, heard.end) > milliseconds{0};
  }

  void put(const transcript::RecognitionResult& heard, std::string_view id, std::size_t text,
           SessionTime now) {
    finals_[next_++ % finals_.size()] = {hash(id),    hash(heard.channel), text,
                                         heard.start, heard.end,           now};
  }

  template <class Predicate>
  bool any(const transcript::RecognitionResult& heard, Predicate predicate) const {
    const std::size_t channel = hash(heard.channel);
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
