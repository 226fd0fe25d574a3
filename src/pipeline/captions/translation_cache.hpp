#pragma once

#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/ids.hpp"

namespace sotto::pipeline {

/// Translations of whole segments, least recently used out first, each good for a while. Shared by
/// all sessions. Thread-safe.
class TranslationCache {
 public:
  using Clock = std::chrono::steady_clock;

  /// Holds up to `capacity` (at least 1) translations, each for `ttl`.
  explicit TranslationCache(std::size_t capacity = 10'000,
                            Clock::duration ttl = std::chrono::hours{1})
      : capacity_(capacity), ttl_(ttl) {}

  /// The translation, if it is known and not older than the time to live at `now`.
  std::optional<std::string> find(const LanguagePair& pair, const std::string& text,
                                  Clock::time_point now);

  /// Keeps a translation made at `now`.
  void store(const LanguagePair& pair, const std::string& text, std::string translation,
             Clock::time_point now);

  /// Forgets all of them: a better translator is there.
  void clear();

  std::size_t size() const;

 private:
  struct Entry {
    std::string key;
    std::string translation;
    Clock::time_point made;
  };

  static std::string key_of(const LanguagePair& pair, const std::string& text);

  // constant after construction
  std::size_t capacity_;
  Clock::duration ttl_;

  // guarded by mutex_
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  ///< most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;
};

}  // namespace sotto::pipeline
