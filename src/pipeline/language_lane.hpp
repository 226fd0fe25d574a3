#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/result.hpp"
#include "pipeline/caption.hpp"
#include "pipeline/segment_log.hpp"

namespace sotto::pipeline {

/// One language of one session: takes the engine's captions, has them translated one at a time,
/// once however many listen, and hands the results to every listener. Finals wait in a bounded
/// queue and never drop silently: past the bound, and when translation fails, the source text is
/// shown, marked. Of an open segment only the newest revision waits. Not thread-safe; lives on the
/// session's strand.
class LanguageLane {
 public:
  /// Translates and calls back on the strand, exactly once; may call back at once.
  using Translate =
      std::function<void(const std::string& text, std::function<void(Result<std::string>)>)>;
  /// Told of every caption that was sent, and of the source text it translates.
  using Sent = std::function<void(const Caption& caption, const std::string& source)>;

  /// `translate` empty: this is the source language and text goes out as it is.
  LanguageLane(Language language, Translate translate, Sent sent);

  /// Adds a listener and sends it the segments of `backlog`; those not translated yet are
  /// translated for it.
  void add(std::shared_ptr<Listener> listener, const std::vector<SettledSegment>& backlog);

  /// Removes a listener; with the last one all waiting work is dropped.
  void remove(const Listener* listener);

  /// An open segment's new text; `seq` is the session's last.
  void show(const engine::ShowCaption& caption, std::uint64_t seq);

  /// A segment that has ended, or was corrected or removed.
  void settle(const SettledSegment& segment);

  /// Tells every listener.
  void tell(SessionState state);

  std::size_t listeners() const { return listeners_.size(); }
  bool has(const Listener* listener) const {
    return std::any_of(listeners_.begin(), listeners_.end(),
                       [&](const auto& known) { return known.get() == listener; });
  }

  /// Whether nothing waits and nothing is being translated.
  bool idle() const { return !busy_ && settled_.empty() && !open_; }

  static constexpr std::size_t max_settled = 4096;

 private:
  struct Job {
    std::uint64_t seq = 0;
    engine::SegmentId segment{};
    bool final = false;
    std::string source;
    std::size_t stable_bytes = 0;
    SessionTime start{}, end{};
    std::weak_ptr<Listener> only_for;  ///< a late comer's backlog
    bool for_one = false;
  };

  void enqueue(Job job);
  void work();
  void finished(Job job, Result<std::string> translation);
  void send(const Job& job, std::string text, bool translated);
  bool takes_back_too_much(const Job& job, const std::string& text) const;
  void mark_provisional(const Job& job, Caption& caption);

  const Language language_;
  const Translate translate_;
  const Sent sent_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  BoundedQueue<Job> settled_{max_settled};
  std::optional<Job> open_;
  bool busy_ = false;     ///< a translation is under way
  bool working_ = false;  ///< work() is running
  std::map<engine::SegmentId, SharedCaption>
      log_;                            ///< settled captions as sent, bounded as SegmentLog is
  engine::SegmentId shown_segment_{};  ///< the open segment's last translation
  std::string shown_text_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::pipeline
