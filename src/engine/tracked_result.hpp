#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/command.hpp"
#include "engine/translation_budget.hpp"
#include "engine/word_list.hpp"

namespace sotto::engine {

/// An ordinary result's size; memory beyond it is given back.
inline constexpr std::size_t usual_words = 64;
inline constexpr std::size_t usual_bytes = 512;

/// A segment that has ended, and how many of its result's words it has.
struct ClosedSegment {
  SegmentId id{};
  std::uint32_t words = 0;
  /// Its words have had other case or marks since its caption was shown.
  bool relettered = false;
};

/// The segment that still grows, where there is one: what was shown and translated of it. Its words
/// are its result's from `closed_words` on.
struct OpenSegment {
  bool exists = false;
  bool shown = false;  ///< listeners were told of it
  SegmentId id{};
  std::string text;  ///< as shown; before it exists, what the last segment showed beyond its end
  std::size_t stable_bytes = 0;
  std::size_t words = 0;
  std::size_t translated_words = 0;
  bool translated = false;  ///< the words as shown were sent to translation
  bool relettered = false;  ///< but with other case or marks
  SessionTime translated_at{};
  SessionTime start{};
  SessionTime end{};
  std::optional<SessionTime> committed_at;  ///< when its first word was committed
  float stability = 1;
  TranslatedParts parts;

  /// Begins a segment, with what the last one showed beyond its end.
  void begin(SegmentId new_id, SessionTime last_translated);

  /// Ends the segment after its first `ended_words` words, which read `ended_text`.
  void end_after(std::string_view ended_text, std::size_t ended_words);

  /// Whether the text as shown begins with `beginning`, up to the end of a word.
  bool begins_with(std::string_view beginning) const;

  /// Whether the text as shown begins with the words of `beginning`: others, the same to the
  /// letter, or the same with other case or marks, which it then takes. With `mark_unknown` nobody
  /// knows what stands behind the last of them, and what is shown there stays.
  enum class Beginning : std::uint8_t { other, same, relettered };
  Beginning take_letters(std::string_view beginning, bool mark_unknown);

  /// Whether `ended_text`, to the letter, went to translation last, and in one piece.
  bool is_translated_whole(std::string_view ended_text) const {
    return translated && !relettered && parts.parts().size() == 1 && text == ended_text;
  }

  /// The text as shown goes to translation, from byte `from` on.
  void translate(SessionTime now, std::size_t from);
};

/// Memory that the results of a session share while they change.
struct Scratch {
  WordList heard;
  WordList merged;
  std::vector<std::uint32_t> place;
};

/// One result of the recogniser, from its first hypothesis to some time after its final: the words
/// committed so far, followed by what the newest hypothesis says comes after them. Data with the
/// two changes that keep it consistent; the engine decides.
struct TrackedResult {
  enum class State : std::uint8_t {
    unused,
    partial,   ///< has had no final yet
    waiting,   ///< its final was heard, and waits for an earlier result
    flushed,   ///< done without a final, which may come after all
    finished,  ///< done with its final
  };

  State state = State::unused;
  std::string id;  ///< under which it was first heard
  std::string channel;
  std::uint32_t number = 0;  ///< counts results; breaks ties in audio order
  SessionTime start{};
  SessionTime end{};         ///< how far into the audio its newest hypothesis reaches
  SessionTime last_heard{};  ///< on the session's clock, as are all below
  SessionTime window_end{};  ///< no decision on its channel's partial results before this
  bool undecided = false;    ///< heard since the last decision
  std::optional<SessionTime> held_since;  ///< stable words wait for an earlier result since then
  std::optional<SessionTime> hold_due;    ///< a word without a score becomes stable then
  SessionTime translated_at{};            ///< when any of its segments was last translated

  WordList words;
  std::size_t committed = 0;     ///< of `words`, the first so many
  std::size_t closed_words = 0;  ///< of those, the words of closed segments
  std::vector<ClosedSegment> closed;
  OpenSegment open;
  bool forgotten = false;  ///< finished, and its words were given up for their size

  bool in_use() const { return state != State::unused; }
  bool done() const { return state == State::flushed || state == State::finished; }

  /// Whether it lies before the other in the audio.
  bool before(const TrackedResult& other) const {
    return start != other.start ? start < other.start : number < other.number;
  }

  /// The quiet since its last word, at `now`.
  milliseconds silence(SessionTime now) const {
    return words.empty() ? milliseconds{0} : end - words.back().end + (now - last_heard);
  }

  /// Makes it a new result and keeps its memory, up to what an ordinary result needs.
  void begin(const transcript::RecognitionResult& heard, std::uint32_t number_of_it,
             SessionTime now);

  /// Takes a newer hypothesis that reaches to `heard.end`: committed words stay the words that were
  /// committed, with the hypothesis's case and marks where it has them all; what it has after them
  /// replaces the rest. The marks behind its very last word are withheld, while a segment is open
  /// there: they often change with the next word. Costs what lies behind the committed words,
  /// unless these have changed. False: it says nothing new, and nothing changed.
  bool take_hypothesis(const transcript::RecognitionResult& heard, const ReadLimit& limit,
                       Scratch& scratch);

  /// Nothing follows the newest hypothesis any more: its last word has its marks.
  void release_last_marks();

  /// Takes the words of the final, in which the committed words end each at its `place` (as align()
  /// gives it): segments keep their ids and cover the words that stand in their place.
  void take_final(WordList& heard, const std::vector<std::uint32_t>& place);

 private:
  void reletter_committed(WordList& heard);
  void merge_committed(Scratch& scratch) const;
  bool is_unchanged(const WordList& rest, std::size_t same, SessionTime heard_to) const;
};

}  // namespace sotto::engine
