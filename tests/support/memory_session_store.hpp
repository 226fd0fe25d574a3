#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ports/session_store.hpp"

namespace sotto::testing {

/// A session store in memory that a test can break, or make hold its acknowledgements back.
/// Contract: ports::SessionStore; a `done` is called before append() returns unless it is held.
/// Also `not_found` where something is added to a session that was never begun.
class MemorySessionStore : public ports::SessionStore {
 public:
  explicit MemorySessionStore(std::size_t most_feedback = max_feedback)
      : most_feedback_(most_feedback) {}

  Result<> begin(const ports::StoredSession& session) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return tl::unexpected(*broken_);
    if (known(session.id)) return fail(ErrorCode::already_exists, "begun already", "id");
    sessions_.push_back(session);
    return {};
  }

  Result<> decide(const SessionId& id, bool partial_results, const std::string& reason,
                  std::uint64_t flag_version) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return tl::unexpected(*broken_);
    ports::StoredSession* session = known(id);
    if (!session) return unknown();
    session->partial_results = partial_results;
    session->reason = reason;
    session->flag_version = flag_version;
    return {};
  }

  /// Does nothing while it is broken.
  void end(const SessionId& id, UtcTime at) override {
    const std::lock_guard lock(mutex_);
    ports::StoredSession* session = known(id);
    if (!broken_ && session && !session->ended_at) session->ended_at = at;
  }

  void append(const SessionId& id, ports::StoredCaption caption,
              std::function<void(Result<>)> done) override {
    Result<> result;
    {
      const std::lock_guard lock(mutex_);
      result = put(id, std::move(caption));
      if (held_) {
        waiting_.push_back([done = std::move(done), result] { done(result); });
        return;
      }
    }
    done(std::move(result));
  }

  Result<std::optional<ports::StoredSession>> find(const SessionId& id) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return tl::unexpected(*broken_);
    const ports::StoredSession* session = known(id);
    return session ? std::optional(*session) : std::nullopt;
  }

  Result<std::vector<ports::StoredSession>> open_sessions() override {
    const std::lock_guard lock(mutex_);
    if (broken_) return tl::unexpected(*broken_);
    std::vector<ports::StoredSession> open;
    for (const auto& session : sessions_)
      if (!session.ended_at) open.push_back(session);
    std::stable_sort(open.begin(), open.end(), [](const auto& one, const auto& other) {
      return one.created_at < other.created_at;
    });
    return open;
  }

  Result<std::vector<ports::StoredCaption>> captions(const SessionId& id,
                                                     const Language& language) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return tl::unexpected(*broken_);
    std::vector<ports::StoredCaption> found;
    for (const auto& [key, caption] : captions_)
      if (std::get<0>(key) == id && std::get<1>(key) == language) found.push_back(caption);
    return found;
  }

  Result<bool> feedback(const SessionId& id, const ports::StoredFeedback& feedback) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return tl::unexpected(*broken_);
    if (!known(id)) return unknown();
    auto& listeners = feedback_[id];
    const bool replaces = listeners.contains(feedback.listener);
    if (!replaces && listeners.size() >= most_feedback_)
      return fail(ErrorCode::resource_exhausted, "enough feedback", "listener");
    listeners[feedback.listener] = feedback;
    return replaces;
  }

  Result<bool> forget(const SessionId& id) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return tl::unexpected(*broken_);
    return std::erase_if(sessions_, [&](const auto& session) {
             if (session.id != id || !session.ended_at) return false;
             clear(id);
             return true;
           }) > 0;
  }

  Result<> prune(UtcTime before) override {
    const std::lock_guard lock(mutex_);
    if (broken_) return tl::unexpected(*broken_);
    std::erase_if(sessions_, [&](const auto& session) {
      if (!session.ended_at || *session.ended_at >= before) return false;
      clear(session.id);
      return true;
    });
    return {};
  }

  /// Every call fails so from here on; nothing: it works again.
  void break_with(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    broken_ = std::move(error);
  }

  /// From here on captions are kept, but not acknowledged until release().
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }

  /// Acknowledges what was held, in order, and holds nothing more.
  void release() {
    for (;;) {
      std::vector<std::function<void()>> waiting;
      {
        const std::lock_guard lock(mutex_);
        waiting.swap(waiting_);
        if (waiting.empty()) {
          held_ = false;
          return;
        }
      }
      for (const auto& acknowledge : waiting) acknowledge();
    }
  }

  /// How many acknowledgements are held.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

  /// What a listener thinks of a session.
  std::optional<ports::StoredFeedback> feedback_of(const SessionId& id,
                                                   const std::string& listener) const {
    const std::lock_guard lock(mutex_);
    const auto listeners = feedback_.find(id);
    if (listeners == feedback_.end()) return std::nullopt;
    const auto found = listeners->second.find(listener);
    return found == listeners->second.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  ports::StoredSession* known(const SessionId& id) {
    const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                    [&](const auto& session) { return session.id == id; });
    return found == sessions_.end() ? nullptr : &*found;
  }

  void clear(const SessionId& id) {
    std::erase_if(captions_, [&](const auto& entry) { return std::get<0>(entry.first) == id; });
    feedback_.erase(id);
  }

  static tl::unexpected<Error> unknown() { return fail(ErrorCode::not_found, "never begun", "id"); }

  Result<> put(const SessionId& id, ports::StoredCaption caption) {
    if (broken_) return tl::unexpected(*broken_);
    if (!known(id)) return unknown();
    ports::StoredCaption& kept = captions_[{id, caption.language, caption.segment.id}];
    if (caption.segment.seq > kept.segment.seq) kept = std::move(caption);
    return {};
  }

  const std::size_t most_feedback_;

  mutable std::mutex mutex_;  // guards the rest
  std::vector<ports::StoredSession> sessions_;
  std::map<std::tuple<SessionId, Language, SegmentId>, ports::StoredCaption> captions_;
  std::map<SessionId, std::map<std::string, ports::StoredFeedback>> feedback_;
  std::vector<std::function<void()>> waiting_;
  std::optional<Error> broken_;
  bool held_ = false;
};

}  // namespace sotto::testing
