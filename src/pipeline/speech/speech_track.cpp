#include "pipeline/speech/speech_track.hpp"

#include <utility>

namespace sotto::pipeline {

SpeechTrack::SpeechTrack(Language language, Translate translate, Synthesise synthesise, Sent sent)
    : language_(std::move(language)),
      translate_(std::move(translate)),
      synthesise_(std::move(synthesise)),
      sent_(std::move(sent)) {}

void SpeechTrack::remove(const SpeechListener* listener) {
  std::erase_if(listeners_, [&](const auto& known) { return known.get() == listener; });
  if (!listeners_.empty()) return;
  open_ = {};
  ready_.clear();
}

void SpeechTrack::speak(const engine::Speak& piece, SessionTime captured) {
  if (listeners_.empty()) return;
  if (!open_.text.empty() && open_.segment != piece.segment) close_segment();
  if (!piece.text.empty()) {
    if (open_.text.empty()) {
      open_ = {piece.segment, {}, piece.start, piece.end, captured};
    } else {
      open_.text += ' ';
    }
    open_.text += piece.text;
    open_.end = piece.end;
    open_.captured = captured;
  }
  if (piece.ends != engine::CutReason::none) close_segment();
}

void SpeechTrack::close_segment() {
  if (open_.text.empty()) return;
  Words words = std::exchange(open_, {});
  if (ready_.size() < max_ready) {
    ready_.push_back(std::move(words));
  } else {
    ready_.back().text += ' ' + words.text;
    ready_.back().end = words.end;
    ready_.back().captured = words.captured;
  }
  work();
}

void SpeechTrack::work() {
  if (std::exchange(working_, true)) return;  // an answer that was known came back at once
  while (!busy_ && !ready_.empty()) {
    busy_ = true;
    Words words = std::move(ready_.front());
    ready_.pop_front();
    if (!translate_) {
      std::string text = words.text;
      translated(words, std::move(text));
      continue;
    }
    const SegmentId segment = words.segment;
    const std::string source = words.text;
    translate_(
        source, segment,
        [this, alive = std::weak_ptr(alive_), words = std::move(words)](Result<std::string> text) {
          if (!alive.expired()) translated(words, std::move(text));
        });
  }
  working_ = false;
}

// What cannot be translated is not said: a voice of one language reading another helps nobody. The
// captions have it.
void SpeechTrack::translated(const Words& words, Result<std::string> text) {
  Speech speech;
  speech.segment = words.segment;
  speech.language = language_;
  speech.text = text ? std::move(*text) : words.text;
  speech.start = words.start;
  speech.end = words.end;
  speech.captured = words.captured;
  if (!text || speech.text.empty()) return send(std::move(speech));
  const std::string said = speech.text;
  synthesise_(said, [this, alive = std::weak_ptr(alive_),
                     speech = std::move(speech)](Result<ports::SpokenAudio> audio) mutable {
    if (!alive.expired()) synthesised(std::move(speech), std::move(audio));
  });
}

void SpeechTrack::synthesised(Speech speech, Result<ports::SpokenAudio> audio) {
  if (audio) {
    speech.sample_rate = audio->sample_rate;
    speech.samples = std::move(audio->samples);
  }
  send(std::move(speech));
}

void SpeechTrack::send(Speech speech) {
  busy_ = false;
  const auto shared = std::make_shared<const Speech>(std::move(speech));
  for (const auto& listener : listeners_) listener->on_speech(shared);
  sent_(*shared);
  work();
}

void SpeechTrack::tell(SessionState state) {
  for (const auto& listener : listeners_) listener->on_state(state);
}

}  // namespace sotto::pipeline
