#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/result.hpp"
#include "pipeline/captions/caption.hpp"
#include "pipeline/captions/known_translations.hpp"
#include "pipeline/captions/segment_log.hpp"
#include "pipeline/captions/stand_in.hpp"
#include "pipeline/captions/untranslated.hpp"

namespace sotto::pipeline {

/// One language of one session: takes the captions of the source, has them translated one at a
/// time, once however many listen, and hands the results to every listener. Finals wait in a
/// bounded queue and never drop silently: past the bound, when translation fails, and after
/// `patience` without one, the source text is shown, marked. Once the translator answers again it
/// is corrected: the segment settles again, under a new sequence number. Of an open segment only
/// the newest revision waits, and its source text stands in while the translator hangs (StandIn).
/// Of a segment only those words go to translation whose translation is
/// not to stay (Caption::reuse_bytes).
///
/// Whoever has missed something catches up: finals reach each listener in the order of their
/// sequence numbers, so that the highest one it has says what it lacks. What is missed and was
/// never translated is, at most one segment between two of what is said now: a late listener delays
/// the others by no more than that. Not thread-safe; lives on the session's strand.
class CaptionTrack {
 public:
  /// Translates a segment's text and calls back on the strand, exactly once; may call back at once.
  using Translate = std::function<void(const std::string& text, SegmentId segment,
                                       std::function<void(Result<std::string>)>)>;
  /// Told of every caption that was sent, of the source text it translates, and whether it went to
  /// somebody who had missed it.
  using Sent =
      std::function<void(const Caption& caption, const std::string& source, bool catching_up)>;

  /// Told of the translation of a segment, now settled, that came about in parts, and of one that
  /// `was_known`, and needed nothing new.
  using Made = std::function<void(const std::string& source, const std::string& translation,
                                  bool was_known)>;

  /// What it takes to correct source text that was shown in place of a translation.
  struct Repair {
    std::function<SessionTime()> now;
    /// Has a settled source caption settle again, with Caption::again, now that its translation is
    /// known; after this has returned.
    std::function<void(const Caption& source)> settle_again;
  };

  /// How long a settled segment waits for its translation before its source text is shown; less
  /// where the translator has owed an answer already.
  static constexpr milliseconds patience{4'500};

  /// `translate` empty: this is the source language and text goes out as it is. Without `repair`
  /// source text that was shown stays.
  CaptionTrack(Language language, Translate translate, Sent sent, Made made = {},
               std::optional<Repair> repair = std::nullopt);

  /// Adds a listener that has missed `backlog`: it gets that first, and open segments meanwhile.
  void add(std::shared_ptr<Listener> listener, const std::vector<Segment>& backlog);

  /// Removes a listener; with the last one all waiting work is dropped.
  void remove(const Listener* listener);

  /// What the source now says: an open segment's new text, worth a translation or not, or a segment
  /// that has ended, or was corrected or removed.
  void show(const Caption& source, bool worth_translating);
  void settle(const Caption& source);

  /// A settled segment as it was last sent; null where it was not, or is long ago.
  const Caption* settled(SegmentId segment) const;

  /// Whether a segment that has ended is still to settle here: it waits, is translated, or somebody
  /// has missed it.
  bool is_to_settle(SegmentId segment) const;

  /// Tells every listener.
  void tell(SessionState state);

  /// When tick() is wanted next, if at all: it shows what has waited too long, and tries again what
  /// was shown untranslated.
  std::optional<SessionTime> next_tick();
  void tick(SessionTime now);

  std::size_t listeners() const { return listeners_.size(); }
  bool has(const Listener* listener) const {
    return std::any_of(listeners_.begin(), listeners_.end(),
                       [&](const auto& known) { return known.listener.get() == listener; });
  }

  /// Whether nothing waits and nothing is being translated. What was shown untranslated does not
  /// wait, unless its translation is known.
  bool idle() const {
    return !busy_ && settled_.empty() && !open_ && missed_.empty() &&
           !untranslated_.any_has_translation();
  }

  static constexpr std::size_t max_settled = 4096;

 private:
  struct Job {
    Caption caption;  ///< as it will be sent, but for its translation
    std::string source;
    bool catching_up = false;  ///< somebody has missed it
    KnownTranslations::Known known = {};
    bool again = false;    ///< it was shown untranslated
    bool repairs = false;  ///< the same, and it has not settled again yet
    SessionTime due{};     ///< when its source text is shown in its place
  };
  struct Revision {
    SegmentId id{};
    std::uint64_t seq = 0;
    bool catching_up = false;  ///< see Job
  };
  struct Follower {
    std::shared_ptr<Listener> listener;
    std::deque<Revision> missed = {};  ///< and what settled since: in the order to send
  };

  Job job_of(const Caption& source) const;
  SessionTime now() const { return repair_ ? repair_->now() : SessionTime{}; }
  bool shown_translated(const Caption& source) const;
  std::optional<Job> repair_job();
  void repaired(const Job& job, Result<std::string> translation);
  std::optional<std::string> known_translation(const Job& job);
  void show_source(Job job);
  void stand_in();
  void show_missed();
  bool holds_up_missed() const { return busy_ && (!missed_.empty() || catches_up()); }
  bool catches_up() const { return under_way_ && under_way_->catching_up; }
  std::optional<Job> next_job();
  std::optional<Job> missed_job();
  Job take_missed(std::map<SegmentId, Segment>::iterator missed);
  bool comes_to_all(const Segment& segment);
  void work();
  bool is_newest(const Job& job) const;
  void say_known(Job job);
  void translate(Job job);
  void finished(Job job, Result<std::string> translation, bool waited_for);
  void send(Job job, std::string text, bool translated);
  bool takes_back_too_much(const Job& job, const std::string& text) const;
  void mark_provisional(const Job& job, Segment& segment);
  void settled(const SharedCaption& caption, bool catching_up);
  bool overtakes(std::uint64_t seq) const;
  void catch_up(Follower& follower);

  const Language language_;
  const Translate translate_;
  const Sent sent_;
  const Made made_;
  KnownTranslations known_;
  const std::optional<Repair> repair_;
  std::vector<Follower> listeners_;
  BoundedQueue<Job> settled_{max_settled};
  std::optional<Job> open_;
  std::map<SegmentId, Segment> missed_;  ///< by somebody, and not in log_ yet
  std::optional<Job> under_way_;         ///< the settled one that is translated and waited for
  Untranslated untranslated_;
  StandIn stand_in_;
  bool said_now_ = false;                   ///< the last job was not of what is missed
  bool busy_ = false;                       ///< a translation is under way
  bool working_ = false;                    ///< work() is running
  std::map<SegmentId, SharedCaption> log_;  ///< settled, as sent; bounded as SegmentLog is
  SegmentId shown_segment_{};               ///< the open segment's last translation
  std::string shown_text_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::pipeline
