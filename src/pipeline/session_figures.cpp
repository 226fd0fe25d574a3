#include "pipeline/session_figures.hpp"

#include <algorithm>

namespace sotto::pipeline {

namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace

void ErasureMeter::shown(engine::SegmentId segment, std::string_view text) {
  std::string& before = lines_[segment];
  const auto old_words = split(before), new_words = split(text);
  const auto differ =
      std::mismatch(old_words.begin(), old_words.end(), new_words.begin(), new_words.end());
  erased_ += static_cast<std::uint64_t>(old_words.end() - differ.first);
  before = text;
  if (lines_.size() <= max_lines) return;
  older_words_ += split(lines_.begin()->second).size();
  lines_.erase(lines_.begin());
}

double ErasureMeter::value() const {
  std::uint64_t words = older_words_;
  for (const auto& [segment, text] : lines_) words += split(text).size();
  return words == 0 ? 0 : static_cast<double>(erased_) / static_cast<double>(words);
}

void WordLatencyMeter::shown(SessionTime end, SessionTime now) {
  while (!expected_.empty() && expected_.front().end <= end) {
    sketch_.record(static_cast<std::uint64_t>(
        std::max<milliseconds::rep>(0, (now - expected_.front().at).count())));
    expected_.pop_front();
  }
  if (shown_.empty() || end > shown_.back().end) shown_.push_back({end, now});
}

void WordLatencyMeter::expect(Place word) {
  const auto covered = std::find_if(shown_.begin(), shown_.end(),
                                    [&](const Place& place) { return place.end >= word.end; });
  if (covered == shown_.end()) {
    expected_.push_back(word);
  } else {
    sketch_.record(static_cast<std::uint64_t>(
        std::max<milliseconds::rep>(0, (covered->at - word.at).count())));
  }
}

void WordLatencyMeter::forget_before(SessionTime end) {
  while (shown_.size() > 1 && shown_[1].end <= end) shown_.pop_front();
}

}  // namespace sotto::pipeline
