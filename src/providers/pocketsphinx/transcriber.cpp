#include "providers/pocketsphinx/transcriber.hpp"

#include <algorithm>
#include <string>

#include "base/sample_clock.hpp"

namespace sotto::providers::pocketsphinx {
namespace {

audio::EndpointerSettings in_frames(audio::EndpointerSettings settings) {
  settings.frame = length_of(audio::frame_samples);
  return settings;
}

}  // namespace

Transcriber::Transcriber(DecoderPool::Lease decoder, const TranscriberSettings& settings)
    : settings_(settings),
      chunk_samples_(std::max(audio::frame_samples, samples_in(settings.chunk))),
      adaptation_samples_(samples_in(settings.adaptation)),
      history_samples_(samples_in(settings.endpoints.pre_roll + settings.endpoints.onset) +
                       audio::frame_samples),
      decoder_(std::move(decoder)),
      voice_activity_(settings.voice_activity),
      endpointer_(in_frames(settings.endpoints)) {}

Result<> Transcriber::feed(std::span<const std::int16_t> samples, const Emit& emit) {
  unframed_.insert(unframed_.end(), samples.begin(), samples.end());
  std::size_t used = 0;
  for (; unframed_.size() - used >= audio::frame_samples; used += audio::frame_samples) {
    const audio::Frame frame(&unframed_[used], audio::frame_samples);
    if (auto heard = on_frame(frame, emit); !heard) return heard;
  }
  unframed_.erase(unframed_.begin(), unframed_.begin() + static_cast<std::ptrdiff_t>(used));
  if (!endpointer_.open()) return {};
  if (!adapted_ && pending_.size() < adaptation_samples_) return {};
  return decode_pending(emit);
}

Result<> Transcriber::finish(const Emit& emit) {
  framed_ += unframed_.size();
  if (!endpointer_.open()) return {};
  pending_.insert(pending_.end(), unframed_.begin(), unframed_.end());
  return close_utterance(emit);
}

std::uint64_t Transcriber::samples_done() const { return framed_ - pending_.size(); }

Result<> Transcriber::on_frame(audio::Frame frame, const Emit& emit) {
  const audio::Endpoint endpoint =
      endpointer_.on_frame(voice_activity_.is_speech(frame), audio::level_db(frame));
  framed_ += frame.size();
  history_.insert(history_.end(), frame.begin(), frame.end());
  if (history_.size() > 2 * history_samples_) {
    history_.erase(history_.begin(),
                   history_.end() - static_cast<std::ptrdiff_t>(history_samples_));
  }
  if (endpoint.kind == audio::Endpoint::Kind::start) {
    open_utterance(endpoint.frame * audio::frame_samples);
  } else if (endpoint.kind == audio::Endpoint::Kind::end) {
    pending_.insert(pending_.end(), frame.begin(), frame.end());
    return close_utterance(emit);
  } else if (endpointer_.open()) {
    pending_.insert(pending_.end(), frame.begin(), frame.end());
  }
  return {};
}

void Transcriber::open_utterance(std::uint64_t first_sample) {
  const auto wanted = static_cast<std::size_t>(framed_ - first_sample);
  const std::size_t length = std::min(wanted, history_.size());
  pending_.assign(history_.end() - static_cast<std::ptrdiff_t>(length), history_.end());
  first_sample_ = framed_ - length;
  given_ = 0;
  ++utterance_;
  decoding_ = false;
  said_something_ = false;
}

Result<> Transcriber::close_utterance(const Emit& emit) {
  if (auto decoded = decode_pending(emit); !decoded) return decoded;
  if (auto ended = decoder_->end_utterance(); !ended) return ended;
  emit_result(false, emit);
  return {};
}

// Decodes what is pending, a chunk at a time, with a partial result after each.
Result<> Transcriber::decode_pending(const Emit& emit) {
  if (!decoding_) {
    if (auto started = start_decoding(); !started) return started;
  }
  for (std::size_t used = 0; used < pending_.size();) {
    const std::size_t length = std::min(chunk_samples_, pending_.size() - used);
    auto processed = decoder_->process(std::span(pending_).subspan(used, length));
    if (!processed) return processed;
    used += length;
    given_ += length;
    emit_result(true, emit);
  }
  pending_.clear();
  return {};
}

Result<> Transcriber::start_decoding() {
  if (!adapted_) decoder_->adapt(pending_);
  adapted_ = true;
  decoding_ = true;
  return decoder_->begin_utterance();
}

void Transcriber::emit_result(bool is_partial, const Emit& emit) {
  decoder_->words(words_);
  if (words_.empty() && (is_partial || !said_something_)) return;
  said_something_ = true;

  text_.clear();
  for (const Word& word : words_) {
    if (!text_.empty()) text_ += ' ';
    text_ += word.text;
  }
  const SessionTime start{length_of(first_sample_)};
  const SessionTime end = start + std::min(decoder_->decoded(), length_of(given_));
  transcript::Event event;
  event.begin_result({.id = "u" + std::to_string(utterance_),
                      .channel = {},
                      .transcript = text_,
                      .start = start,
                      .end = end,
                      .is_partial = is_partial});
  for (const Word& word : words_) {
    event.add_item({.content = word.text,
                    .start = std::min(start + word.start, end),
                    .end = std::min(start + word.end, end)});
  }
  emit(std::move(event));
}

}  // namespace sotto::providers::pocketsphinx
