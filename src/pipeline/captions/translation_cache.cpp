#include "pipeline/captions/translation_cache.hpp"

namespace sotto::pipeline {

std::string TranslationCache::key_of(const LanguagePair& pair, const std::string& text) {
  std::string key = pair.source.str();
  key += '\n';
  key += pair.target.str();
  key += '\n';
  key += text;
  return key;
}

std::optional<std::string> TranslationCache::find(const LanguagePair& pair, const std::string& text,
                                                  Clock::time_point now) {
  const std::string key = key_of(pair, text);
  const std::lock_guard lock(mutex_);
  const auto known = index_.find(key);
  if (known == index_.end()) return std::nullopt;
  const auto entry = known->second;
  if (now - entry->made > ttl_) {
    index_.erase(known);
    entries_.erase(entry);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->translation;
}

void TranslationCache::store(const LanguagePair& pair, const std::string& text,
                             std::string translation, Clock::time_point now) {
  std::string key = key_of(pair, text);
  const std::lock_guard lock(mutex_);
  if (const auto known = index_.find(key); known != index_.end()) {
    known->second->translation = std::move(translation);
    known->second->made = now;
    entries_.splice(entries_.begin(), entries_, known->second);
    return;
  }
  if (entries_.size() >= capacity_) {
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({std::move(key), std::move(translation), now});
  index_.emplace(entries_.front().key, entries_.begin());
}

void TranslationCache::clear() {
  const std::lock_guard lock(mutex_);
  index_.clear();
  entries_.clear();
}

std::size_t TranslationCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace sotto::pipeline
