#include "pipeline/captions/caption_track.hpp"

#include <utility>

#include "engine/word_text.hpp"

namespace sotto::pipeline {

namespace {

std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != ' ' && (i == 0 || text[i - 1] == ' ')) ++words;
  return words;
}

}  // namespace

CaptionTrack::CaptionTrack(Language language, Translate translate, Sent sent, Made made)
    : language_(std::move(language)),
      translate_(std::move(translate)),
      sent_(std::move(sent)),
      made_(std::move(made)),
      known_(language_) {}

const Caption* CaptionTrack::settled(SegmentId segment) const {
  const auto known = log_.find(segment);
  return known == log_.end() ? nullptr : known->second.get();
}

void CaptionTrack::add(std::shared_ptr<Listener> listener, const std::vector<Segment>& backlog) {
  std::vector<Segment> missed = backlog;
  std::sort(missed.begin(), missed.end(),
            [](const Segment& one, const Segment& other) { return one.seq < other.seq; });
  Follower follower{std::move(listener)};
  for (const Segment& segment : missed) {
    if (comes_to_all(segment)) continue;
    follower.missed.push_back({segment.id, segment.seq});
    const bool made = under_way_ && under_way_->id == segment.id && under_way_->seq == segment.seq;
    const auto known = log_.find(segment.id);
    if (!made && (known == log_.end() || known->second->segment.seq < segment.seq))
      missed_[segment.id] = segment;
  }
  listeners_.push_back(std::move(follower));
  catch_up(listeners_.back());
  work();
}

// Whether a settled segment is in the line of what is said now: whoever joins gets it from there.
bool CaptionTrack::comes_to_all(const Segment& segment) {
  if (under_way_ && !under_way_->catching_up && under_way_->id == segment.id &&
      under_way_->seq == segment.seq)
    return true;
  return std::any_of(settled_.begin(), settled_.end(), [&](const Job& job) {
    return job.caption.segment.id == segment.id && job.caption.segment.seq == segment.seq;
  });
}

void CaptionTrack::remove(const Listener* listener) {
  std::erase_if(listeners_, [&](const auto& known) { return known.listener.get() == listener; });
  if (!listeners_.empty()) return;
  settled_.clear();
  open_.reset();
  missed_.clear();
}

CaptionTrack::Job CaptionTrack::job_of(const Caption& source) const {
  Job job{source, whole_text(source.segment)};
  job.caption.language = language_;
  return job;
}

void CaptionTrack::show(const Caption& source, bool worth_translating) {
  if (listeners_.empty() || !(worth_translating || !translate_)) return;
  open_ = job_of(source);
  work();
}

void CaptionTrack::settle(const Caption& source) {
  if (listeners_.empty()) return;
  if (open_ && open_->caption.segment.id == source.segment.id) open_.reset();
  missed_.erase(source.segment.id);  // this says more
  if (std::optional<Job> refused = settled_.push(job_of(source))) {
    std::string text = refused->source;
    send(std::move(*refused), std::move(text), false);
  }
  work();
}

void CaptionTrack::tell(SessionState state) {
  for (const Follower& follower : listeners_) follower.listener->on_state(state);
}

// Finals first, in order; then the newest of the open segment; what is missed at every other turn,
// and where there is nothing else.
std::optional<CaptionTrack::Job> CaptionTrack::next_job() {
  const bool of_now = !settled_.empty() || open_;
  if (!of_now || said_now_) {
    said_now_ = false;
    if (std::optional<Job> job = missed_job()) return job;
  }
  said_now_ = of_now;
  if (std::optional<Job> job = settled_.pop()) return job;
  return std::exchange(open_, std::nullopt);
}

std::optional<CaptionTrack::Job> CaptionTrack::missed_job() {
  if (missed_.empty()) return std::nullopt;
  // What the first of those who wait needs next; all that is missed is in somebody's line.
  auto next = missed_.begin();
  for (const Follower& follower : listeners_)
    if (!follower.missed.empty()) {
      const auto wanted = missed_.find(follower.missed.front().id);
      if (wanted != missed_.end()) next = wanted;
      break;
    }
  Caption source;
  source.segment = std::move(next->second);
  source.final = true;
  source.reuse_bytes = source.segment.text.size();  // as the others have it
  missed_.erase(next);
  Job job = job_of(source);
  job.catching_up = true;
  return job;
}

void CaptionTrack::work() {
  if (std::exchange(working_, true)) return;  // a translation that was known called back at once
  while (!busy_) {
    std::optional<Job> job = next_job();
    if (!job) break;
    if (!translate_ || job->source.empty()) {
      std::string text = job->source;
      send(std::move(*job), std::move(text), true);
      continue;
    }
    job->known = known_.find(job->caption.segment.id, job->source, job->caption.reuse_bytes);
    if (job->known.bytes == job->source.size()) {
      std::string text = job->known.translation;
      if (made_) made_(job->source, text, true);
      finished(std::move(*job), std::move(text));
    } else {
      translate(std::move(*job));
    }
  }
  working_ = false;
}

void CaptionTrack::translate(Job job) {
  busy_ = true;
  if (const Segment& segment = job.caption.segment; job.caption.final)
    under_way_ = Revision{segment.id, segment.seq, job.catching_up};
  const std::string rest = job.source.substr(
      std::min(job.source.find_first_not_of(' ', job.known.bytes), job.source.size()));
  translate_(rest, [this, alive = std::weak_ptr(alive_),
                    job = std::move(job)](Result<std::string> translation) mutable {
    if (alive.expired()) return;
    busy_ = false;
    under_way_.reset();
    if (translation) {
      const SegmentId segment = job.caption.segment.id;
      *translation = known_.add(segment, job.source, job.known, std::move(*translation));
      if (job.caption.final && job.known.bytes > 0 && made_) made_(job.source, *translation, false);
    }
    finished(std::move(job), std::move(translation));
    work();
  });
}

void CaptionTrack::finished(Job job, Result<std::string> translation) {
  const bool final = job.caption.final;
  // An open segment that was closed meanwhile: its final translation follows at once.
  if (!final && std::any_of(settled_.begin(), settled_.end(), [&](const Job& next) {
        return next.caption.segment.id == job.caption.segment.id;
      }))
    return;
  if (translation && !final && takes_back_too_much(job, *translation)) return;
  if (translation) return send(std::move(job), std::move(*translation), true);
  if (!final) return;  // the next revision, or the final, tries again
  std::string source = job.source;
  send(std::move(job), std::move(source), false);
}

// A translation reorders as its sentence grows. A reader is better served by one that stands and
// grows than by the newest: what would take back more than this waits for a revision that does not,
// or for the segment's end.
bool CaptionTrack::takes_back_too_much(const Job& job, const std::string& text) const {
  constexpr std::size_t most_taken_back = 2;  // words
  if (shown_segment_ != job.caption.segment.id) return false;
  const std::string_view shown = shown_text_;
  return count_words(shown.substr(engine::common_words(shown, text))) > most_taken_back;
}

// The source's provisional words are the engine's; a translation's are those that its last revision
// did not have (local agreement, Liu et al. 2020, "Low-latency sequence-to-sequence speech
// translation").
void CaptionTrack::mark_provisional(const Job& job, Segment& segment) {
  std::size_t stands = job.caption.segment.text.size();
  if (translate_) {
    stands = shown_segment_ == segment.id ? engine::common_words(segment.text, shown_text_) : 0;
    shown_segment_ = segment.id;
    shown_text_ = segment.text;
  }
  segment.provisional = segment.text.substr(stands);
  segment.text.resize(stands);
}

void CaptionTrack::send(Job job, std::string text, bool translated) {
  Caption caption = job.caption;
  caption.segment.text = std::move(text);
  caption.segment.provisional.clear();
  caption.translated = translated;
  if (translate_) caption.source = job.source;
  if (!caption.final) mark_provisional(job, caption.segment);
  const SharedCaption encoded = encode(std::move(caption));
  sent_(*encoded, job.source, job.catching_up);
  if (encoded->final) return settled(encoded, job.catching_up);
  for (const Follower& follower : listeners_) follower.listener->on_caption(encoded);
}

// An older revision of what is known already helps nobody.
void CaptionTrack::settled(const SharedCaption& caption, bool catching_up) {
  const SegmentId id = caption->segment.id;
  SharedCaption& known = log_[id];
  if (!known || known->segment.seq <= caption->segment.seq) known = caption;
  if (log_.size() > SegmentLog::max_segments) log_.erase(log_.begin());
  for (Follower& follower : listeners_) {
    if (!follower.missed.empty()) {
      if (!catching_up) follower.missed.push_back({id, caption->segment.seq});
      catch_up(follower);
    } else if (!catching_up) {
      follower.listener->on_caption(caption);
    }
  }
}

// Sends what it has missed and is known, up to the first that is still to be translated.
void CaptionTrack::catch_up(Follower& follower) {
  while (!follower.missed.empty()) {
    const auto [id, seq, catching_up] = follower.missed.front();
    if (missed_.contains(id) || (under_way_ && under_way_->id == id && under_way_->catching_up))
      return;
    follower.missed.pop_front();
    // A later revision stands further behind in the line.
    const auto known = log_.find(id);
    if (known != log_.end() && known->second->segment.seq == seq)
      follower.listener->on_backlog(known->second);
  }
}

}  // namespace sotto::pipeline
