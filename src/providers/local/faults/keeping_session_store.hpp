#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "ports/session_store.hpp"

namespace sotto::providers::local {

/// Told of what a KeepingSessionStore goes through, from threads of the store: each must return
/// soon, and may not call it.
struct KeepingNotices {
  std::function<void(const Error& why)> on_trouble;  ///< the first that could not be stored
  std::function<void(std::size_t stored)> on_recovered;
  std::function<void(std::size_t lost)> on_lost;  ///< it is destroyed, and so many are not stored
};

/// A store that can be asked whether it can be written.
class TriedStore {
 public:
  virtual ~TriedStore() = default;

  /// Writes something without a meaning, and waits for the disk. Errors: the store's. Thread-safe.
  virtual Result<> try_to_write() = 0;
};

/// Another store, in front of which nothing is dropped: a caption, an end or a decision that cannot
/// be stored is kept in memory and tried again, oldest first, until it is stored or this is
/// destroyed, which tries once more. Contract: ports::SessionStore. Beyond it:
///
/// - `done` gets the first try's error, so that whoever waits for it goes on. While something is
///   kept, what is appended is kept behind it, and `done` gets the error at once.
/// - captions() has what is kept.
/// - Of a segment in a language its latest revision is kept. So there are no more captions than the
///   sessions have that had begun when the trouble did, in the languages that they are followed in:
///   none can begin that is not stored. An hour of talk is some 2,000 segments, half a megabyte in
///   each language.
/// - What a store will never take (`not_found`, `invalid_argument`, `already_exists`) is not kept.
class KeepingSessionStore final : public ports::SessionStore {
 public:
  explicit KeepingSessionStore(std::unique_ptr<ports::SessionStore> store,
                               KeepingNotices notices = {},
                               milliseconds retry_every = std::chrono::seconds{1});
  ~KeepingSessionStore() override;

  /// How many captions, ends and decisions are kept.
  std::size_t waiting() const;
  /// Whether all is stored and, if the other store is a TriedStore, it can be written.
  Result<> health();

  Result<> begin(const ports::StoredSession& session) override;
  Result<> decide(const SessionId& id, bool partial_results, const std::string& reason,
                  std::uint64_t flag_version) override;
  void end(const SessionId& id, UtcTime at) override;
  void append(const SessionId& id, ports::StoredCaption caption,
              std::function<void(Result<>)> done) override;
  Result<std::optional<ports::StoredSession>> find(const SessionId& id) override;
  Result<std::vector<ports::StoredSession>> open_sessions() override;
  Result<std::vector<ports::StoredCaption>> captions(const SessionId& id,
                                                     const Language& language) override;
  Result<bool> feedback(const SessionId& id, const ports::StoredFeedback& feedback) override;
  Result<bool> forget(const SessionId& id) override;
  Result<> prune(UtcTime before) override;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::providers::local
