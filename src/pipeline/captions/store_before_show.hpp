#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "pipeline/captions/caption.hpp"
#include "pipeline/captions/segment_log.hpp"
#include "ports/session_store.hpp"

namespace sotto::pipeline {

/// What listeners may count on is on the disk before they see it: numbers each settled caption of
/// the source, has it stored, and hands it on once it is, or could not be. Lives on its session's
/// strand; not thread-safe.
class StoreBeforeShow {
 public:
  struct Parts {
    SessionId session;
    ports::SessionStore* store = nullptr;  ///< null: nothing is kept, and all is shown at once
    /// Runs work on the session's strand as long as the session lives; thread-safe.
    std::function<void(std::function<void()>)> post;
    std::function<void(const Caption& source)> show;
    std::function<void(const Error&)> not_stored;  ///< before it is shown all the same
  };

  /// `earlier`: what had settled in earlier runs of the session, which gave no number above
  /// `last_seq`.
  StoreBeforeShow(Parts parts, const std::vector<Segment>& earlier, std::uint64_t last_seq = 0);

  /// Takes a segment that has ended, or was corrected or removed, as a caption of the source. One
  /// that is to settle again does not where it reads otherwise by now, or is being settled.
  void settle(Caption source);

  /// Keeps a translation of a settled segment, which was shown: if that fails it can be made again.
  void keep(const Caption& translation);

  /// How many wait for the store.
  std::size_t waiting() const { return waiting_; }

  /// Where the last segment ends that is stored.
  SessionTime stored_end() const { return stored_end_; }

  /// What was shown.
  const SegmentLog& log() const { return log_; }

 private:
  bool is_outdated(const Caption& again) const;
  void stored(const Caption& source, const Result<>& kept);

  const Parts parts_;
  SegmentLog log_;
  std::uint64_t last_seq_ = 0;  ///< given to a settled caption, kept or not yet
  std::size_t waiting_ = 0;
  SessionTime stored_end_{};
  std::map<SegmentId, std::size_t> being_stored_;
};

}  // namespace sotto::pipeline
