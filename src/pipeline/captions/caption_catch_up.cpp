// The track's second half: those who have missed something.
#include <algorithm>
#include <utility>

#include "pipeline/captions/caption_track.hpp"

namespace sotto::pipeline {

// An older revision of what is known already helps nobody.
void CaptionTrack::settled(const SharedCaption& caption, bool catching_up) {
  const SegmentId id = caption->segment.id;
  SharedCaption& known = log_[id];
  if (!known || known->segment.seq <= caption->segment.seq) known = caption;
  if (log_.size() > SegmentLog::max_segments) log_.erase(log_.begin());
  for (Follower& follower : listeners_) {
    if (!follower.missed.empty()) {
      const Revision revision{id, caption->segment.seq};
      const auto after = std::upper_bound(
          follower.missed.begin(), follower.missed.end(), revision,
          [](const Revision& one, const Revision& other) { return one.seq < other.seq; });
      if (!catching_up) follower.missed.insert(after, revision);
      catch_up(follower);
    } else if (!catching_up) {
      follower.listener->on_caption(caption);
    }
  }
}

// Whether a segment with a lower number is still to be said: who has this one is taken to have it.
bool CaptionTrack::overtakes(std::uint64_t seq) const {
  const auto is_before = [&](const Job& job) { return job.caption.segment.seq < seq; };
  return (under_way_ && !under_way_->catching_up && is_before(*under_way_)) ||
         std::any_of(settled_.begin(), settled_.end(), is_before);
}

// Sends what it has missed and is known, up to the first that is still to be translated.
void CaptionTrack::catch_up(Follower& follower) {
  while (!follower.missed.empty()) {
    const auto [id, seq, catching_up] = follower.missed.front();
    if (missed_.contains(id) || overtakes(seq) ||
        (under_way_ && under_way_->caption.segment.id == id && under_way_->catching_up))
      return;
    follower.missed.pop_front();
    // A later revision stands further behind in the line.
    const auto known = log_.find(id);
    if (known != log_.end() && known->second->segment.seq == seq)
      follower.listener->on_backlog(known->second);
  }
}

// Who comes late, or back, is not kept from what is said now by a translator that hangs.
void CaptionTrack::show_missed() {
  if (catches_up()) show_source(*std::exchange(under_way_, std::nullopt));
  while (!missed_.empty()) show_source(take_missed(missed_.begin()));
}

}  // namespace sotto::pipeline
