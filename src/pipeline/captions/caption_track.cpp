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

CaptionTrack::CaptionTrack(Language language, Translate translate, Sent sent)
    : language_(std::move(language)), translate_(std::move(translate)), sent_(std::move(sent)) {}

void CaptionTrack::add(std::shared_ptr<Listener> listener, const std::vector<Segment>& backlog) {
  listeners_.push_back(listener);
  for (const Segment& segment : backlog) {
    const auto known = log_.find(segment.id);
    if (known != log_.end() && known->second->segment.seq >= segment.seq) {
      listener->on_backlog(known->second);
      continue;
    }
    Caption source;
    source.segment = segment;
    source.final = true;
    Job job = job_of(source);
    job.only_for = listener;
    job.catching_up = true;
    enqueue(std::move(job));
  }
}

void CaptionTrack::remove(const Listener* listener) {
  std::erase_if(listeners_, [&](const auto& known) { return known.get() == listener; });
  if (!listeners_.empty()) return;
  settled_.clear();
  open_.reset();
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
  enqueue(job_of(source));
}

void CaptionTrack::tell(SessionState state) {
  for (const auto& listener : listeners_) listener->on_state(state);
}

void CaptionTrack::enqueue(Job job) {
  if (std::optional<Job> refused = settled_.push(std::move(job))) {
    std::string source = refused->source;
    send(std::move(*refused), std::move(source), false);
  }
  work();
}

// Finals first, in order; then the newest of the open segment.
void CaptionTrack::work() {
  if (std::exchange(working_, true)) return;  // a translation that was known called back at once
  while (!busy_) {
    std::optional<Job> job = settled_.pop();
    if (!job) job = std::exchange(open_, std::nullopt);
    if (!job) break;
    if (!translate_ || job->source.empty()) {
      std::string text = job->source;
      send(std::move(*job), std::move(text), true);
      continue;
    }
    busy_ = true;
    const std::string source = job->source;
    translate_(source, [this, alive = std::weak_ptr(alive_),
                        job = std::move(*job)](Result<std::string> translation) mutable {
      if (alive.expired()) return;
      busy_ = false;
      finished(std::move(job), std::move(translation));
      work();
    });
  }
  working_ = false;
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
  if (encoded->final) {
    log_[encoded->segment.id] = encoded;
    if (log_.size() > SegmentLog::max_segments) log_.erase(log_.begin());
  }
  sent_(*encoded, job.source, job.catching_up);
  if (job.catching_up) {
    if (const auto listener = job.only_for.lock()) listener->on_backlog(encoded);
    return;
  }
  for (const auto& listener : listeners_) listener->on_caption(encoded);
}

}  // namespace sotto::pipeline
