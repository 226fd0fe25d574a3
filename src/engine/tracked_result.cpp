#include "engine/tracked_result.hpp"

#include <algorithm>
#include <utility>

#include "engine/alignment.hpp"

namespace sotto::engine {

void OpenSegment::begin(SegmentId new_id, SessionTime last_translated) {
  std::string left_over = std::move(text);
  const std::size_t left_over_words = words;
  *this = OpenSegment{};
  text = std::move(left_over);
  words = left_over_words;
  exists = true;
  id = new_id;
  translated_at = last_translated;
  translated = text.empty();
}

void OpenSegment::end_after(std::string_view ended_text, std::size_t ended_words) {
  exists = false;
  if (begins_with(ended_text) && words > ended_words) {
    text.erase(0, ended_text.size() + 1);
    words -= ended_words;
  } else {
    text.clear();
    words = 0;
  }
}

bool OpenSegment::begins_with(std::string_view beginning) const {
  if (!text.starts_with(beginning)) return false;
  return beginning.empty() || text.size() == beginning.size() || text[beginning.size()] == ' ';
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
  words.reserve(usual_words / 2, usual_bytes / 2);
  closed.reserve(4);
  committed = closed_words = 0;
  closed.clear();
  if (closed.capacity() > usual_words) closed.shrink_to_fit();
  open.exists = false;
  open.text.clear();
  open.words = 0;
  if (open.text.capacity() > usual_bytes) open.text = {};
  open.text.reserve(usual_bytes / 4);
  forgotten = false;
}

bool TrackedResult::take_hypothesis(const transcript::RecognitionResult& heard,
                                    const ReadLimit& limit, Scratch& scratch) {
  WordList& rest = scratch.heard;
  if (read_words_after(heard, words.text(0, committed), committed, limit, rest)) {
    const std::size_t same = carry_agreement(words, committed, rest, 0);
    if (is_unchanged(rest, same, heard.end)) return false;
    words.truncate(committed);
    words.append(rest, 0, rest.size());
    end = heard.end;
    return true;
  }
  read_words(heard, limit, scratch.heard);
  std::size_t kept = closed_words, after = closed_words;
  if (carry_agreement(words, 0, scratch.heard, 0) < committed) {
    align(words, committed, scratch.heard, scratch.place);
    kept = committed;
    after = scratch.place.back();
    carry_agreement(words, kept, scratch.heard, after);
  }
  scratch.merged.clear();
  scratch.merged.append(words, 0, kept);
  scratch.merged.append(scratch.heard, after, scratch.heard.size() - after);
  std::swap(words, scratch.merged);
  end = heard.end;
  return true;
}

// To the letter, and with the same flags: the same words with more of them stable say more.
bool TrackedResult::is_unchanged(const WordList& rest, std::size_t same,
                                 SessionTime heard_to) const {
  const std::size_t count = words.size() - committed;
  if (heard_to != end || rest.size() != count || same != count) return false;
  if (words.text(committed, count) != rest.text(0, count)) return false;
  for (std::size_t i = 0; i < count; ++i)
    if (words[committed + i].flag != rest[i].flag) return false;
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
