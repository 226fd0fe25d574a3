#pragma once

#include <optional>
#include <utility>

#include "pipeline/captions/caption.hpp"

namespace sotto::pipeline {

/// The source text of the open segment that stands in for its translation, in one language: once
/// the translator has owed an answer for `patience`, and until one is shown. Not thread-safe; lives
/// on the session's strand.
class StandIn {
 public:
  /// Shorter than what a settled segment waits: its words were said seconds before.
  static constexpr milliseconds patience{3'000};
  /// An answer that failed says nothing any more of a translator that was not asked for so long.
  static constexpr milliseconds remembered{4'500};

  /// The translator is asked something, which it has answered, or not.
  void asked(SessionTime now) {
    asked_at_ = now;
    if (!owes_since_ || (failed_at_ && now > *failed_at_ + remembered)) owes_since_ = now;
    failed_at_.reset();
  }
  void succeeded() { owes_since_.reset(); }
  void failed(SessionTime now) { failed_at_ = now; }

  /// Whether it has owed an answer for `how_long` or more; and when it will have.
  bool owes(SessionTime now, milliseconds how_long) const {
    return owes_since_ && now >= *owes_since_ + how_long;
  }
  std::optional<SessionTime> owing_for(milliseconds how_long) const {
    if (!owes_since_) return std::nullopt;
    return *owes_since_ + how_long;
  }

  /// The open segment now says this; `wanted`: a translation of it is.
  void says(Caption source, bool wanted) {
    if (!open_ || open_->segment.id != source.segment.id) shown_ = wanted_ = false;
    open_ = std::move(source);
    wanted_ = wanted_ || wanted;
  }
  void ended(SegmentId segment) {
    if (open_ && open_->segment.id == segment) clear();
  }
  void clear() {
    open_.reset();
    shown_ = wanted_ = false;
  }

  /// Whether what the segment says now is to be shown, in this moment; and when it will be.
  bool due(SessionTime now) const { return open_ && (shown_ || (wanted_ && owes(now, patience))); }
  std::optional<SessionTime> next_tick() const {
    if (!open_ || !wanted_ || shown_) return std::nullopt;
    return owing_for(patience);
  }

  /// It is shown from here on: this.
  const Caption& show() {
    shown_ = true;
    return *open_;
  }

  /// A revision of the segment was translated, and a newer one `waits`. False: it took too long to
  /// take the place of what was said since; the newer one will.
  bool translated(SegmentId segment, bool waits, SessionTime now) {
    if (!open_ || open_->segment.id != segment) return true;
    if (shown_ && waits && now >= asked_at_ + patience) return false;
    shown_ = false;
    wanted_ = waits;
    return true;
  }

 private:
  std::optional<Caption> open_;
  bool wanted_ = false;  ///< and not translated yet
  bool shown_ = false;
  SessionTime asked_at_{};
  std::optional<SessionTime> owes_since_, failed_at_;
};

}  // namespace sotto::pipeline
