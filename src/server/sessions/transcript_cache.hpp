#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "server/http/http_message.hpp"

namespace sotto::server {

/// Transcripts as they were written a moment ago: a hall that asks for one at the end of a talk
/// costs the store and the translators one. Holds at most max_bytes. Thread-safe.
class TranscriptCache {
 public:
  using Clock = std::chrono::steady_clock;

  std::optional<Response> find(const std::string& key, Clock::time_point now);
  /// `fresh_for`: how long it may be given to others.
  void keep(const std::string& key, const Response& transcript, Clock::time_point now,
            std::chrono::seconds fresh_for);

  static constexpr std::size_t max_bytes = std::size_t{16} << 20U;

 private:
  struct Entry {
    Response transcript;
    Clock::time_point until;
  };
  void forget_old(Clock::time_point now);

  std::mutex mutex_;  ///< guards what follows
  std::map<std::string, Entry> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace sotto::server
