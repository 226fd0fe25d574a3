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

bool is_of(const Caption& caption, const Segment& segment) {
  return caption.segment.id == segment.id && caption.segment.seq == segment.seq;
}

Caption source_of(Segment segment) {
  Caption source;
  source.segment = std::move(segment);
  source.final = true;
  return source;
}

}  // namespace

CaptionTrack::CaptionTrack(Language language, Translate translate, Sent sent, Made made,
                           std::optional<Repair> repair)
    : language_(std::move(language)),
      translate_(std::move(translate)),
      sent_(std::move(sent)),
      made_(std::move(made)),
      known_(language_),
      repair_(std::move(repair)) {}

const Caption* CaptionTrack::settled(SegmentId segment) const {
  const auto known = log_.find(segment);
  return known == log_.end() ? nullptr : known->second.get();
}

bool CaptionTrack::is_to_settle(SegmentId segment) const {
  const auto is_it = [&](const Job& job) { return job.caption.segment.id == segment; };
  return missed_.contains(segment) || (under_way_ && is_it(*under_way_)) ||
         std::any_of(settled_.begin(), settled_.end(), is_it);
}

void CaptionTrack::add(std::shared_ptr<Listener> listener, const std::vector<Segment>& backlog) {
  std::vector<Segment> missed = backlog;
  for (Segment& segment : missed) {  // what only other languages have settled again
    const auto known = log_.find(segment.id);
    if (known == log_.end() || !known->second->translated) continue;
    const std::string& source = translate_ ? known->second->source : known->second->segment.text;
    if (source == whole_text(segment)) segment.seq = known->second->segment.seq;
  }
  std::sort(missed.begin(), missed.end(),
            [](const Segment& one, const Segment& other) { return one.seq < other.seq; });
  Follower follower{std::move(listener)};
  for (const Segment& segment : missed) {
    if (comes_to_all(segment)) continue;
    follower.missed.push_back({segment.id, segment.seq});
    const bool made = under_way_ && is_of(under_way_->caption, segment);
    const auto known = log_.find(segment.id);
    if (!made && (known == log_.end() || known->second->segment.seq < segment.seq))
      missed_[segment.id] = segment;
    else if (!made && repair_ && !known->second->translated && !untranslated_.has(segment.id))
      untranslated_.add(source_of(segment), now());
  }
  listeners_.push_back(std::move(follower));
  catch_up(listeners_.back());
  work();
}

// Whether a settled segment is in the line of what is said now: whoever joins gets it from there.
bool CaptionTrack::comes_to_all(const Segment& segment) {
  if (under_way_ && !under_way_->catching_up && is_of(under_way_->caption, segment)) return true;
  return std::any_of(settled_.begin(), settled_.end(),
                     [&](const Job& job) { return is_of(job.caption, segment); });
}

void CaptionTrack::remove(const Listener* listener) {
  std::erase_if(listeners_, [&](const auto& known) { return known.listener.get() == listener; });
  if (!listeners_.empty()) return;
  settled_.clear();
  open_.reset();
  stand_in_.clear();
  missed_.clear();
  untranslated_.clear();  // whoever comes next says what is wanted
}

CaptionTrack::Job CaptionTrack::job_of(const Caption& source) const {
  Job job{source, whole_text(source.segment)};
  job.caption.language = language_;
  return job;
}

void CaptionTrack::show(const Caption& source, bool worth_translating) {
  if (listeners_.empty()) return;
  if (translate_) stand_in_.says(source, worth_translating);
  if (worth_translating || !translate_) {
    open_ = job_of(source);
    work();
  }
  if (stand_in_.due(now())) stand_in();
}

// What the open segment says, in the source: of its translation there is none, or an old one.
void CaptionTrack::stand_in() {
  Caption caption = stand_in_.show();
  caption.language = language_;
  caption.translated = false;
  caption.source = whole_text(caption.segment);
  shown_segment_ = {};  // its translation takes back no translation
  const SharedCaption encoded = encode(std::move(caption));
  for (const Follower& follower : listeners_) follower.listener->on_caption(encoded);
}

void CaptionTrack::settle(const Caption& source) {
  if (listeners_.empty()) return;
  if (source.again && shown_translated(source)) return untranslated_.erase(source.segment.id);
  if (open_ && open_->caption.segment.id == source.segment.id) open_.reset();
  stand_in_.ended(source.segment.id);
  missed_.erase(source.segment.id);  // this says more
  if (!source.again) untranslated_.erase(source.segment.id);
  Job job = job_of(source);
  job.again = source.again;
  job.due = now() + patience;
  if (const auto hangs = stand_in_.owing_for(patience))
    job.due = std::clamp(*hangs, now(), job.due);
  if (std::optional<Job> refused = settled_.push(std::move(job))) show_source(std::move(*refused));
  work();
}

// Whether what settles again is known here as it should be, or as it reads otherwise by now.
bool CaptionTrack::shown_translated(const Caption& source) const {
  const auto known = log_.find(source.segment.id);
  return !translate_ || known == log_.end() || known->second->translated ||
         known->second->source != whole_text(source.segment);
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
    if (std::optional<Job> job = repair_job()) return job;
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
  return take_missed(next);
}

CaptionTrack::Job CaptionTrack::take_missed(std::map<SegmentId, Segment>::iterator missed) {
  Job job = job_of(source_of(std::move(missed->second)));
  job.caption.reuse_bytes = job.source.size();  // as the others have it
  missed_.erase(missed);
  job.catching_up = true;
  return job;
}

std::optional<CaptionTrack::Job> CaptionTrack::repair_job() {
  const Caption* const source = untranslated_.next(now());
  if (!source) return std::nullopt;
  Job job = job_of(*source);
  job.repairs = true;
  return job;
}

// Where there is nothing to translate, or it was translated before it settled again.
std::optional<std::string> CaptionTrack::known_translation(const Job& job) {
  if (!translate_ || job.source.empty()) return job.source;
  if (!job.again) return std::nullopt;
  return untranslated_.take_translation(job.caption.segment.id);
}

void CaptionTrack::work() {
  if (std::exchange(working_, true)) return;  // a translation that was known called back at once
  while (!busy_) {
    std::optional<Job> job = next_job();
    if (!job) break;
    if (std::optional<std::string> text = known_translation(*job)) {
      send(std::move(*job), std::move(*text), true);
      continue;
    }
    job->known = known_.find(job->caption.segment.id, job->source, job->caption.reuse_bytes);
    if (job->known.bytes < job->source.size()) {
      translate(std::move(*job));
    } else {
      say_known(std::move(*job));
    }
  }
  for (Follower& follower : listeners_) catch_up(follower);  // what it waited for may be gone
  working_ = false;
}

// Whether nothing newer of its segment was sent, or waits.
bool CaptionTrack::is_newest(const Job& job) const {
  const auto known = log_.find(job.caption.segment.id);
  const bool older = known != log_.end() && known->second->segment.seq > job.caption.segment.seq;
  return !older && !is_to_settle(job.caption.segment.id);
}

// Its words were translated before, in parts.
void CaptionTrack::say_known(Job job) {
  std::string text = job.known.translation;
  if (made_) made_(job.source, text, true);
  if (job.repairs) return repaired(job, std::move(text));
  send(std::move(job), std::move(text), true);
}

void CaptionTrack::translate(Job job) {
  busy_ = true;
  stand_in_.asked(now());
  if (job.caption.final && !job.repairs) under_way_ = job;
  const std::string rest = job.source.substr(
      std::min(job.source.find_first_not_of(' ', job.known.bytes), job.source.size()));
  const SegmentId id = job.caption.segment.id;
  translate_(rest, id,
             [this, alive = std::weak_ptr(alive_),
              job = std::move(job)](Result<std::string> translation) mutable {
               if (alive.expired()) return;
               busy_ = false;
               const bool waited_for = std::exchange(under_way_, std::nullopt).has_value();
               if (translation) {
                 const SegmentId segment = job.caption.segment.id;
                 *translation = known_.add(segment, job.source, job.known, std::move(*translation));
                 if (job.caption.final && job.known.bytes > 0 && made_)
                   made_(job.source, *translation, false);
               }
               finished(std::move(job), std::move(translation), waited_for);
               work();
             });
}

void CaptionTrack::finished(Job job, Result<std::string> translation, bool waited_for) {
  const bool final = job.caption.final;
  if (translation) {
    untranslated_.succeeded();
    stand_in_.succeeded();
  } else {
    stand_in_.failed(now());
  }
  if (final && !waited_for) return repaired(job, std::move(translation));
  // An open segment that was closed meanwhile: its final translation follows at once, or later
  // where its source text is shown.
  const SegmentId id = job.caption.segment.id;
  if (!final && (log_.contains(id) || is_to_settle(id))) return;
  if (translation && !final && !stand_in_.translated(id, open_.has_value(), now())) return;
  if (translation && !final && takes_back_too_much(job, *translation)) return;
  if (translation) return send(std::move(job), std::move(*translation), true);
  if (final) show_source(std::move(job));  // else the next revision, or the final, tries again
}

void CaptionTrack::show_source(Job job) {
  if (std::optional<std::string> known = known_translation(job))
    return send(std::move(job), std::move(*known), true);
  const SegmentId id = job.caption.segment.id;
  const bool is_tried_again = job.again && untranslated_.has(id);
  if (is_tried_again) return untranslated_.failed(id, now());
  if (repair_ && translate_ && is_newest(job)) untranslated_.add(job.caption, now());
  if (job.again) return;  // it is shown
  std::string text = job.source;
  send(std::move(job), std::move(text), false);
}

// The answer for a segment whose source text is shown. The next sequence number is the session's to
// give, so the segment settles again, and its translation is known by then.
void CaptionTrack::repaired(const Job& job, Result<std::string> translation) {
  const SegmentId id = job.caption.segment.id;
  const Caption* const shown = untranslated_.find(id);
  if (!shown || whole_text(shown->segment) != job.source) return;  // it reads otherwise by now
  if (!translation) return untranslated_.failed(id, now());
  untranslated_.set_translation(id, std::move(*translation));
  Caption source = *shown;
  source.again = true;
  repair_->settle_again(source);
}

std::optional<SessionTime> CaptionTrack::next_tick() {
  if (!repair_ || !translate_ || listeners_.empty()) return std::nullopt;
  std::optional<SessionTime> next;
  if (!busy_) next = untranslated_.next_tick();
  const auto also = [&](SessionTime at) { next = next ? std::min(*next, at) : at; };
  if (under_way_ && !under_way_->catching_up) also(under_way_->due);
  if (!settled_.empty()) also(settled_.begin()->due);
  if (const auto at = stand_in_.next_tick()) also(*at);
  if (const auto at = stand_in_.owing_for(patience); at && holds_up_missed()) also(*at);
  return next;
}

// In the order in which they settled: the one that is under way is the oldest.
void CaptionTrack::tick(SessionTime now) {
  if (under_way_ && !under_way_->catching_up && under_way_->due <= now) {
    Job late = std::move(*under_way_);
    under_way_.reset();
    show_source(std::move(late));
  }
  while (!settled_.empty() && settled_.begin()->due <= now) show_source(*settled_.pop());
  if (holds_up_missed() && stand_in_.owes(now, patience)) show_missed();
  if (const auto at = stand_in_.next_tick(); at && *at <= now) stand_in();
  untranslated_.tick(now);
  work();
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
  sent_(*encoded, job.source, job.catching_up || job.again);
  if (translated && is_newest(job)) untranslated_.erase(encoded->segment.id);
  if (encoded->final) return settled(encoded, job.catching_up);
  for (const Follower& follower : listeners_) follower.listener->on_caption(encoded);
}

}  // namespace sotto::pipeline
