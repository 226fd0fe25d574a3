#include "pipeline/session/spoken_pairs.hpp"

#include <algorithm>
#include <limits>

#include "engine/alignment.hpp"

namespace sotto::pipeline {

namespace {

// Of one result, from one engine: what the engine reads of a partial result.
constexpr std::size_t max_words = 2'000, max_bytes = 65'536;

// An ordinary result's size; memory beyond it is given back.
constexpr std::size_t usual_words = 64, usual_bytes = 512;

}  // namespace

void SpokenPairs::Side::add(std::string_view word, SessionTime end, milliseconds latency) {
  if (words.size() >= max_words || words.bytes() + word.size() >= max_bytes) return;
  engine::Word placed;
  placed.end = end;
  words.append(word, placed);
  latency_ms.push_back(static_cast<std::uint32_t>(std::clamp<milliseconds::rep>(
      latency.count(), 0, std::numeric_limits<std::uint32_t>::max())));
}

void SpokenPairs::Side::clear() {
  words.clear();
  words.shrink(usual_words, usual_bytes);
  latency_ms.clear();
  if (latency_ms.capacity() > usual_words) latency_ms.shrink_to_fit();
}

void SpokenPairs::Result::begin(std::string_view new_id, std::uint64_t new_number) {
  in_use = true;
  number = new_number;
  id = new_id;
}

void SpokenPairs::Result::end() {
  in_use = false;
  early.clear();
  final_only.clear();
}

SpokenPairs::Result* SpokenPairs::find(std::string_view id) {
  const auto found = std::find_if(results_.begin(), results_.end(), [&](const Result& result) {
    return result.in_use && result.id == id;
  });
  return found == results_.end() ? nullptr : &*found;
}

// Where all places are taken, the oldest result is one that finals have left out.
SpokenPairs::Result& SpokenPairs::place_for(std::string_view id) {
  if (Result* known = find(id)) return *known;
  auto place = std::find_if(results_.begin(), results_.end(),
                            [](const Result& result) { return !result.in_use; });
  if (place == results_.end() && results_.size() < max_results) {
    results_.emplace_back();
    place = std::prev(results_.end());
  } else if (place == results_.end()) {
    place = std::min_element(results_.begin(), results_.end(),
                             [](const Result& a, const Result& b) { return a.number < b.number; });
    place->end();
  }
  place->begin(id, ++last_number_);
  return *place;
}

void SpokenPairs::shown(engine::Mode mode, const engine::ShowCaption& caption, SessionTime now) {
  if (!caption.translate || caption.state == engine::ShowCaption::State::replaced) return;
  ShownWords& words = mode == engine::Mode::partial ? shown_early_ : shown_final_only_;
  words.shown(caption.segment, caption.text, now);
}

void SpokenPairs::said(engine::Mode mode, const engine::Speak& piece,
                       std::span<const SessionTime> word_ends, SessionTime now,
                       const CaptureClock& captured) {
  if (word_ends.empty()) return;
  Result& result = place_for(piece.result_id);
  Side& side = mode == engine::Mode::partial ? result.early : result.final_only;
  ShownWords& words = mode == engine::Mode::partial ? shown_early_ : shown_final_only_;
  std::string_view rest = piece.text;
  // Marks that stand alone behind a word belong to it: "va ?".
  auto spaces_within =
      std::count(rest.begin(), rest.end(), ' ') + 1 - static_cast<std::ptrdiff_t>(word_ends.size());
  for (const SessionTime end : word_ends) {
    std::size_t length = std::min(rest.find(' '), rest.size());
    while (spaces_within > 0 && length < rest.size()) {
      const std::size_t next = std::min(rest.find(' ', length + 1), rest.size());
      if (engine::is_spoken(rest.substr(length, next - length))) break;
      length = next;
      --spaces_within;
    }
    const SessionTime shown = words.said(piece.segment, rest.substr(0, length), now);
    side.add(rest.substr(0, length), end, shown - captured.captured_at(end));
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
}

void SpokenPairs::taken_back(std::string_view result_id, std::size_t words) {
  if (const Result* result = find(result_id))
    taken_back_ += std::min(words, result->early.words.size());
}

void SpokenPairs::settle() {
  for (Result& result : results_) {
    if (!result.in_use || result.final_only.words.empty()) continue;
    pair(result);
    result.end();
  }
}

void SpokenPairs::pair(Result& result) {
  const engine::WordList &early = result.early.words, &final_only = result.final_only.words;
  engine::align(early, early.size(), final_only, place_);
  for (std::size_t i = 0; i < early.size(); ++i)
    for (std::uint32_t j = place_[i]; j < place_[i + 1]; ++j) {
      if (!engine::same_word(early.text(i), final_only.text(j))) continue;
      early_.record(result.early.latency_ms[i]);
      final_only_.record(result.final_only.latency_ms[j]);
      break;
    }
}

rollout::PairedFigures SpokenPairs::figures() const {
  rollout::PairedFigures figures;
  figures.words = early_.count();
  figures.early_mean_ms = early_.mean();
  figures.early_p95_ms = early_.quantile(0.95);
  figures.final_only_mean_ms = final_only_.mean();
  figures.final_only_p95_ms = final_only_.quantile(0.95);
  figures.taken_back = taken_back_;
  return figures;
}

}  // namespace sotto::pipeline
