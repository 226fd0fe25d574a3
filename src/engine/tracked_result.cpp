#include "engine/tracked_result.hpp"

#include <algorithm>
#include <utility>

#include "engine/alignment.hpp"

namespace sotto::engine {

namespace {

// An ordinary result's size; memory beyond it is given back.
constexpr std::size_t usual_words = 64;
constexpr std::size_t usual_bytes = 512;

// To the letter, and with the same flags: the same words with more of them stable say more.
bool says_the_same(const WordList& words, const WordList& heard) {
  if (words.size() != heard.size() || words.common_words(heard) != words.size()) return false;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i].flag != heard[i].flag) return false;
  return true;
}

}  // namespace

void OpenSegment::begin(SegmentId new_id, SessionTime last_translated) {
  std::string kept = std::move(text);
  kept.clear();
  *this = OpenSegment{};
  text = std::move(kept);
  exists = true;
  id = new_id;
  translated_at = last_translated;
  translated = true;  // there is nothing to translate yet
}

void TrackedResult::begin(const transcript::RecognitionResult& heard, std::uint32_t number_of_it,
                          SessionTime now) {
  state = State::partial;
  id = heard.id;
  channel = heard.channel;
  number = number_of_it;
  start = heard.start;
  end = heard.end;
  last_heard = now;
  window_end = {};
  undecided = false;
  held_since.reset();
  hold_due.reset();
  translated_at = at_ms(-60'000);
  words.clear();
  words.shrink(usual_words, usual_bytes);
  committed = closed_words = 0;
  closed.clear();
  if (closed.capacity() > usual_words) closed.shrink_to_fit();
  open.exists = false;
  if (open.text.capacity() > usual_bytes) open.text = {};
  forgotten = false;
}

bool TrackedResult::take_hypothesis(WordList& heard, SessionTime heard_to, WordList& scratch,
                                    std::vector<std::uint32_t>& place) {
  std::size_t kept = closed_words, after = closed_words;
  const std::size_t same = carry_agreement(words, 0, heard, 0);
  if (heard_to == end && same == words.size() && says_the_same(words, heard)) return false;
  end = heard_to;
  if (same >= committed) {
    if (words.text(0, closed_words) == heard.text(0, closed_words)) {
      std::swap(words, heard);
      return true;
    }
  } else {
    align(words, committed, heard, place);
    kept = committed;
    after = place.back();
    carry_agreement(words, kept, heard, after);
  }
  scratch.clear();
  scratch.append(words, 0, kept);
  scratch.append(heard, after, heard.size() - after);
  std::swap(words, scratch);
  return true;
}

void TrackedResult::take_final(WordList& heard, const std::vector<std::uint32_t>& place) {
  std::size_t first = 0;
  for (ClosedSegment& segment : closed) {
    const std::size_t last = first + segment.words;
    segment.words = place[last] - place[first];
    first = last;
  }
  closed_words = place[first];
  committed = place[committed];
  std::swap(words, heard);
}

}  // namespace sotto::engine
