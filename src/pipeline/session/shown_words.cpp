#include "pipeline/session/shown_words.hpp"

#include <algorithm>

#include "engine/word_text.hpp"

namespace sotto::pipeline {

ShownWords::Line& ShownWords::line(SegmentId id) {
  const auto known =
      std::find_if(lines_.begin(), lines_.end(), [id](const Line& line) { return line.id == id; });
  if (known != lines_.end()) return *known;
  Line& line = lines_[oldest_];
  oldest_ = (oldest_ + 1) % lines_.size();
  line.id = id;
  line.words.clear();
  line.said = 0;
  return line;
}

void ShownWords::shown(SegmentId id, std::string_view text, SessionTime now) {
  Line& of = line(id);
  std::size_t before = of.said, at = 0;
  bool same = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!engine::is_spoken(word)) continue;
    if (before > 0) {
      --before;
      continue;
    }
    const std::uint64_t spoken = engine::spoken_hash(word);
    same = same && at < of.words.size() && of.words[at].spoken == spoken;
    if (!same && at < of.words.size())
      of.words[at] = {spoken, now};
    else if (!same)
      of.words.push_back({spoken, now});
    ++at;
  }
  of.words.resize(at);
}

SessionTime ShownWords::said(SegmentId id, std::string_view word, SessionTime now) {
  Line& of = line(id);
  ++of.said;
  if (of.words.empty()) return now;
  const Word first = of.words.front();
  of.words.erase(of.words.begin());
  return first.spoken == engine::spoken_hash(word) ? std::min(first.since, now) : now;
}

}  // namespace sotto::pipeline
