#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "pipeline/captions/caption.hpp"

namespace sotto::pipeline {

/// The settled captions of a language that were shown with their source text because the translator
/// failed or was late, and when to try them again: at once when it answers something else, and
/// every few seconds meanwhile. One that fails while others do not waits by itself, twice as long
/// each time, and holds up no other. Bounded: past `most` the oldest stay as they are. Not
/// thread-safe.
class Untranslated {
 public:
  static constexpr std::size_t most = 512;  ///< half an hour of talk or more
  static constexpr milliseconds first_wait{5'000}, longest_wait{60'000};
  static constexpr milliseconds longest_wait_alone{300'000};  ///< of one that fails by itself

  /// `source` was shown as it is, at `now`.
  void add(Caption source, SessionTime now) {
    const SegmentId id = source.segment.id;
    entries_[id] = {std::move(source)};
    if (entries_.size() > most) entries_.erase(entries_.begin());
    failed(now + wait_);
  }

  /// It is shown in its language, or reads otherwise.
  void erase(SegmentId id) { entries_.erase(id); }
  void clear() {
    entries_.clear();
    due_ = answers_ = false;
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
    due_ = answers_ = true;
  }

  /// One that was tried has failed once more.
  void failed(SegmentId id, SessionTime now) {
    if (const auto known = entries_.find(id); known != entries_.end()) {
      Entry& entry = known->second;
      entry.tried = ++tries_;
      if (answers_) {  // it is this text that cannot be translated
        entry.not_before = now + entry.wait;
        entry.wait = std::min(2 * entry.wait, longest_wait_alone);
      }
    }
    wait_ = std::min(2 * wait_, longest_wait);
    failed(now + wait_);
  }

  /// When tick() is wanted, and next() after it, unless one is being tried; it may be past.
  std::optional<SessionTime> next_tick() const {
    std::optional<SessionTime> next;
    for (const auto& [id, entry] : entries_) {
      if (entry.translation) continue;
      const SessionTime at = due_ ? entry.not_before : std::max(entry.not_before, retry_at_);
      next = next ? std::min(*next, at) : at;
    }
    return next;
  }
  void tick(SessionTime now) {
    if (now >= retry_at_) due_ = true;
  }

  /// The one to try now, or null: of those that were tried longest ago the first.
  const Caption* next(SessionTime now) const {
    if (!due_) return nullptr;
    const Entry* found = nullptr;
    for (const auto& [id, entry] : entries_)
      if (!entry.translation && entry.not_before <= now && (!found || entry.tried < found->tried))
        found = &entry;
    return found ? &found->source : nullptr;
  }

 private:
  struct Entry {
    Caption source;
    std::optional<std::string> translation = std::nullopt;
    SessionTime not_before{};  ///< it has failed where others had not
    milliseconds wait = first_wait;
    std::uint64_t tried = 0;  ///< the number of its last try
  };

  void failed(SessionTime retry_at) {
    due_ = answers_ = false;
    retry_at_ = retry_at;
  }

  std::map<SegmentId, Entry> entries_;
  milliseconds wait_ = first_wait;
  SessionTime retry_at_{};
  std::uint64_t tries_ = 0;
  bool due_ = false;
  bool answers_ = false;  ///< the last that the translator was asked came back
};

}  // namespace sotto::pipeline
