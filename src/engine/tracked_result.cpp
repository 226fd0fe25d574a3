#include "engine/tracked_result.hpp"

#include <algorithm>
#include <utility>

#include "engine/alignment.hpp"

namespace sotto::engine {

namespace {

// Calls `at_end(words so far, where the last ends)` for each spoken word until it answers false.
template <class AtEnd>
void each_word(std::string_view text, AtEnd at_end) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t to = std::min(text.find(' ', at), text.size());
    if (is_spoken(text.substr(at, to - at)) && !at_end(++count, to)) return;
    at = to + 1;
  }
}

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  each_word(text, [&](std::size_t count, std::size_t) { return words = count, true; });
  return words;
}

// Where the first `words` words of a text end.
std::size_t end_of_words(std::string_view text, std::size_t words) {
  std::size_t end = 0;
  each_word(text, [&](std::size_t count, std::size_t to) {
    if (count > words) return false;
    end = to;
    return true;
  });
  return end;
}

}  // namespace

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
  if (words > ended_words && take_letters(ended_text, false) != Beginning::other) {
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

OpenSegment::Beginning OpenSegment::take_letters(std::string_view beginning, bool mark_unknown) {
  if (begins_with(beginning)) return Beginning::same;
  const bool grows = beginning.starts_with(text) && beginning.size() > text.size() &&
                     (text.empty() || beginning[text.size()] == ' ');
  if (grows && is_spoken(beginning.substr(text.size()))) return Beginning::other;
  std::size_t same_end = same_beginning(text, beginning);
  if (same_end == std::string_view::npos) return Beginning::other;
  const std::string_view shown_so_far = std::string_view(text).substr(0, same_end);
  if (mark_unknown) same_end -= marks_behind(shown_so_far);
  if (shown_so_far.substr(0, same_end) == beginning) return Beginning::same;
  const std::size_t stable_words = count_words(std::string_view(text).substr(0, stable_bytes));
  text.replace(0, same_end, beginning);
  stable_bytes = end_of_words(text, stable_words);
  relettered = translated;
  return Beginning::relettered;
}

void OpenSegment::translate(SessionTime now, std::size_t from) {
  parts.translated(text, from);
  translated = true;
  relettered = false;
  translated_words = words;
  translated_at = now;
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
  const std::string_view known = committed == words.size() ? words.all() : words.text(0, committed);
  if (read_words_after(heard, known, committed, limit, rest)) {
    rest.withhold_last_marks();
    const std::size_t same = carry_agreement(words, committed, rest, 0);
    if (is_unchanged(rest, same, heard.end)) return false;
    if (!rest.empty() && committed == words.size()) release_last_marks();
    words.truncate(committed);
    words.append(rest, 0, rest.size());
    end = heard.end;
    return true;
  }
  read_words(heard, limit, scratch.heard);
  if (scratch.heard.size() > closed_words) scratch.heard.withhold_last_marks();
  end = heard.end;
  if (carry_agreement(words, 0, scratch.heard, 0) >= committed) {
    reletter_committed(scratch.heard);
    return true;
  }
  align(words, committed, scratch.heard, scratch.place);
  const std::size_t after = scratch.place.back();
  carry_agreement(words, committed, scratch.heard, after);
  merge_committed(scratch);
  scratch.merged.append(scratch.heard, after, scratch.heard.size() - after);
  std::swap(words, scratch.merged);
  return true;
}

// The committed words are heard again, all of them.
void TrackedResult::reletter_committed(WordList& heard) {
  std::size_t first = 0;
  for (ClosedSegment& segment : closed) {
    if (words.text(first, segment.words) != heard.text(first, segment.words))
      segment.relettered = true;
    first += segment.words;
  }
  std::swap(words, heard);
}

// The committed words as they are, but for those of the open segment that stand at their place in
// what was heard, with words behind them.
void TrackedResult::merge_committed(Scratch& scratch) const {
  const WordList& heard = scratch.heard;
  scratch.merged.clear();
  scratch.merged.append(words, 0, closed_words);
  for (std::size_t i = closed_words; i < committed; ++i) {
    const std::size_t from = scratch.place[i], to = scratch.place[i + 1];
    const bool stands =
        to > from && to < heard.size() && same_word(words.text(i), heard.text(to - 1));
    scratch.merged.append(stands ? heard.text(to - 1) : words.text(i), words[i]);
  }
}

void TrackedResult::release_last_marks() {
  if (words.release_last_marks() && closed_words == words.size() && !closed.empty())
    closed.back().relettered = true;
}

// To the letter, and with the same flags and confidence: the same words with more of them stable
// say more.
bool TrackedResult::is_unchanged(const WordList& rest, std::size_t same,
                                 SessionTime heard_to) const {
  const std::size_t count = words.size() - committed;
  if (heard_to != end || rest.size() != count || same != count) return false;
  if (words.text(committed, count) != rest.text(0, count)) return false;
  if (count > 0 && words.withheld() != rest.withheld()) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const Word& before = words[committed + i];
    if (before.flag != rest[i].flag || before.confidence != rest[i].confidence) return false;
  }
  return true;
}

void TrackedResult::take_final(WordList& heard, const std::vector<std::uint32_t>& place) {
  std::size_t first = 0;
  for (ClosedSegment& segment : closed) {
    const std::size_t last = first + segment.words;
    segment.words = place[last] - place[first];
    segment.relettered = false;
    first = last;
  }
  closed_words = place[first];
  committed = place[committed];
  std::swap(words, heard);
}

}  // namespace sotto::engine
