#include "pipeline/language_lane.hpp"

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

LanguageLane::LanguageLane(Language language, Translate translate, Sent sent)
    : language_(std::move(language)), translate_(std::move(translate)), sent_(std::move(sent)) {}

void LanguageLane::add(std::shared_ptr<Listener> listener,
                       const std::vector<SettledSegment>& backlog) {
  listeners_.push_back(listener);
  for (const SettledSegment& segment : backlog) {
    const auto known = log_.find(segment.id);
    if (known != log_.end() && known->second->caption.seq >= segment.seq) {
      listener->on_backlog(known->second);
      continue;
    }
    Job job{segment.seq,   segment.id,  true,     segment.text, segment.text.size(),
            segment.start, segment.end, listener, true};
    enqueue(std::move(job));
  }
}

void LanguageLane::remove(const Listener* listener) {
  std::erase_if(listeners_, [&](const auto& known) { return known.get() == listener; });
  if (!listeners_.empty()) return;
  settled_.clear();
  open_.reset();
}

void LanguageLane::show(const engine::ShowCaption& caption, std::uint64_t seq) {
  if (listeners_.empty() || !(caption.translate || !translate_)) return;
  open_ = Job{seq,
              caption.segment,
              false,
              std::string(caption.text),
              caption.stable_bytes,
              caption.start,
              caption.end,
              {},
              false};
  work();
}

void LanguageLane::settle(const SettledSegment& segment) {
  if (listeners_.empty()) return;
  if (open_ && open_->segment == segment.id) open_.reset();
  enqueue(Job{segment.seq,
              segment.id,
              true,
              segment.text,
              segment.text.size(),
              segment.start,
              segment.end,
              {},
              false});
}

void LanguageLane::tell(SessionState state) {
  for (const auto& listener : listeners_) listener->on_state(state);
}

void LanguageLane::enqueue(Job job) {
  if (std::optional<Job> refused = settled_.push(std::move(job))) {
    const std::string source = refused->source;
    send(*refused, source, false);
  }
  work();
}

// Finals first, in order; then the newest of the open segment.
void LanguageLane::work() {
  if (std::exchange(working_, true)) return;  // a translation that was known called back at once
  while (!busy_) {
    std::optional<Job> job = settled_.pop();
    if (!job) job = std::exchange(open_, std::nullopt);
    if (!job) break;
    if (!translate_ || job->source.empty()) {
      std::string text = job->source;
      send(*job, std::move(text), true);
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

void LanguageLane::finished(Job job, Result<std::string> translation) {
  // An open segment that was closed meanwhile: its final translation follows at once.
  if (!job.final && std::any_of(settled_.begin(), settled_.end(),
                                [&](const Job& next) { return next.segment == job.segment; }))
    return;
  if (translation && !job.final && takes_back_too_much(job, *translation)) return;
  if (translation) return send(job, std::move(*translation), true);
  if (!job.final) return;  // the next revision, or the final, tries again
  std::string source = job.source;
  send(job, std::move(source), false);
}

// A translation reorders as its sentence grows. A reader is better served by one that stands and
// grows than by the newest: what would take back more than this waits for a revision that does not,
// or for the segment's end.
bool LanguageLane::takes_back_too_much(const Job& job, const std::string& text) const {
  constexpr std::size_t most_taken_back = 2;  // words
  if (shown_segment_ != job.segment) return false;
  const std::string_view shown = shown_text_;
  return count_words(shown.substr(engine::common_words(shown, text))) > most_taken_back;
}

// The source's provisional words are the engine's; a translation's are those that its last revision
// did not have (local agreement, Liu et al. 2020, "Low-latency sequence-to-sequence speech
// translation").
void LanguageLane::mark_provisional(const Job& job, Caption& caption) {
  std::size_t stands = job.stable_bytes;
  if (translate_) {
    stands = shown_segment_ == job.segment ? engine::common_words(caption.text, shown_text_) : 0;
    shown_segment_ = job.segment;
    shown_text_ = caption.text;
  }
  caption.provisional = caption.text.substr(stands);
  caption.text.resize(stands);
}

void LanguageLane::send(const Job& job, std::string text, bool translated) {
  Caption caption{job.seq,   job.segment, language_, std::move(text), {},
                  job.final, translated,  job.start, job.end,         {}};
  if (translate_) caption.source = job.source;
  if (!job.final) mark_provisional(job, caption);
  const SharedCaption encoded = encode(std::move(caption));
  if (job.final) {
    log_[job.segment] = encoded;
    if (log_.size() > SegmentLog::max_segments) log_.erase(log_.begin());
  }
  sent_(encoded->caption, job.source);
  if (job.for_one) {
    if (const auto listener = job.only_for.lock()) listener->on_backlog(encoded);
    return;
  }
  for (const auto& listener : listeners_) listener->on_caption(encoded);
}

}  // namespace sotto::pipeline
