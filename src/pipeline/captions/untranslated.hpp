#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "pipeline/captions/caption.hpp"

namespace sotto::pipeline {

/// The settled captions of a language that were shown with their source text because the translator
/// failed or was late, and when to try them again: at once when it answers something else, and
/// every few seconds meanwhile. Bounded: past `most` the oldest stay as they are. Not thread-safe.
class Untranslated {
 public:
  static constexpr std::size_t most = 64;
  static constexpr milliseconds first_wait{5'000}, longest_wait{60'000};

  /// `source` was shown as it is, at `now`.
  void add(Caption source, SessionTime now) {
    const SegmentId id = source.segment.id;
    entries_[id] = {std::move(source), std::nullopt};
    if (entries_.size() > most) entries_.erase(entries_.begin());
    due_ = false;
    retry_at_ = now + wait_;
  }

  /// It is shown in its language, or reads otherwise.
  void erase(SegmentId id) { entries_.erase(id); }
  void clear() {
    entries_.clear();
    due_ = false;
  }

  bool has(SegmentId id) const { return entries_.contains(id); }
  /// As it was added, or nothing.
  const Caption* find(SegmentId id) const {
    const auto known = entries_.find(id);
    return known == entries_.end() ? nullptr : &known->second.source;
  }

  /// It has settled again, or is about to, to be shown with this translation.
  void set_translation(SegmentId id, std::string translation) {
    const auto known = entries_.find(id);
    if (known != entries_.end()) known->second.translation = std::move(translation);
  }
  /// Its translation, once.
  std::optional<std::string> take_translation(SegmentId id) {
    const auto known = entries_.find(id);
    if (known == entries_.end()) return std::nullopt;
    return std::exchange(known->second.translation, std::nullopt);
  }
  bool any_has_translation() const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [](const auto& entry) { return entry.second.translation.has_value(); });
  }

  /// The translator has answered: all may be tried.
  void succeeded() {
    wait_ = first_wait;
    due_ = !entries_.empty();
  }

  /// What was tried has failed once more.
  void failed(SessionTime now) {
    due_ = false;
    wait_ = std::min(2 * wait_, longest_wait);
    retry_at_ = now + wait_;
  }

  /// When tick() is wanted; nothing where nothing is to be tried.
  std::optional<SessionTime> next_tick() const {
    if (due_ || !first()) return std::nullopt;
    return retry_at_;
  }
  void tick(SessionTime now) {
    if (const auto at = next_tick(); at && *at <= now) due_ = true;
  }

  /// The one to try now, or null.
  const Caption* next() const { return due_ ? first() : nullptr; }

 private:
  struct Entry {
    Caption source;
    std::optional<std::string> translation;
  };

  const Caption* first() const {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [](const auto& entry) { return !entry.second.translation; });
    return found == entries_.end() ? nullptr : &found->second.source;
  }

  std::map<SegmentId, Entry> entries_;
  milliseconds wait_ = first_wait;
  SessionTime retry_at_{};
  bool due_ = false;
};

}  // namespace sotto::pipeline
