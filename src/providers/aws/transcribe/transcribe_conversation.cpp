#include "providers/aws/transcribe/transcribe_conversation.hpp"

#include <algorithm>

#include "base/sample_clock.hpp"
#include "providers/aws/client/retry.hpp"
#include "providers/aws/transcribe/transcribe_request.hpp"

namespace sotto::providers::aws {

namespace {

/// Transcribe says within this what it hears; audio older than that, and no hypothesis: silence.
constexpr milliseconds settled{2'000};
constexpr milliseconds roll_over_grace = std::chrono::minutes{5};
/// A connection that served for so long has not failed at once.
constexpr milliseconds good_service = std::chrono::minutes{1};
constexpr milliseconds first_retry_wait{200};

bool may_be_tried_again(ErrorCode code) {
  return code == ErrorCode::unavailable || code == ErrorCode::deadline_exceeded ||
         code == ErrorCode::resource_exhausted;
}

}  // namespace

TranscribeConversation::TranscribeConversation(ConversationSettings settings)
    : settings_(settings),
      frame_samples_(samples_in(settings.frame)),
      audio_(samples_in(settings.most_kept)) {}

void TranscribeConversation::connected(Time now) {
  if (state_ != State::connecting) return;
  state_ = State::connected;
  decoder_.emplace();
  connected_at_ = sent_at_ = may_send_at_ = now;
  is_sending_ = end_is_sent_ = false;
  audio_.go_to(sample_at(stitch_.acknowledged()));
  stitch_.begin_connection(SessionTime{length_of(audio_.cursor())});
}

void TranscribeConversation::received(std::string_view bytes, Time now, double random) {
  if (state_ != State::connected) return;
  decoder_->feed(bytes);
  while (state_ == State::connected) {
    auto message = decoder_->next();
    if (!message)
      return break_off({ErrorCode::unavailable, "Transcribe Streaming: " + message.error().message,
                        message.error().field},
                       now, random);
    if (!*message) return;
    on_message(**message, now, random);
  }
}

void TranscribeConversation::on_message(const EventMessage& message, Time now, double random) {
  if (message.text(":message-type") != "event")
    return break_off(exception_error(message), now, random);
  if (message.text(":event-type") != "TranscriptEvent") return;
  transcript::Event heard;
  if (const auto decoded = json_.decode(message.payload, heard); !decoded)
    return break_off({ErrorCode::unavailable, decoded.error().message, decoded.error().field}, now,
                     random);
  const SessionTime acknowledged = stitch_.acknowledged();
  transcript::Event said = stitch_.take(heard);
  if (stitch_.acknowledged() > acknowledged) {
    failures_ = 0;
    audio_.forget_before(sample_at(stitch_.acknowledged()));
  }
  if (!said.empty()) commands_.push_back(Say{std::move(said)});
  note_progress();
}

// How far the talk is recognised: where a hypothesis is open, to its end; else all but the last
// seconds, of which nothing may have been said yet.
void TranscribeConversation::note_progress() {
  milliseconds to = stitch_.heard().time_since_epoch();
  if (!stitch_.is_open()) to = std::max(to, stitch_.sent_to().time_since_epoch() - settled);
  if (to <= progress_) return;
  progress_ = to;
  commands_.push_back(Progress{to});
}

void TranscribeConversation::disconnected(Error error, bool normally, Time now, double random) {
  if (state_ == State::apart || state_ == State::over) return;
  const bool is_over = end_is_sent_ && normally && !stitch_.is_open();
  if (state_ == State::connected && is_over) return end({});
  lose(std::move(error), now, random);
}

void TranscribeConversation::break_off(Error error, Time now, double random) {
  commands_.push_back(Disconnect{});
  lose(std::move(error), now, random);
}

void TranscribeConversation::lose(Error error, Time now, double random) {
  if (state_ == State::connected && now - connected_at_ >= good_service) failures_ = 0;
  state_ = State::apart;
  is_sending_ = false;
  if (finishing_ && all_is_said()) return end({});
  if (!may_be_tried_again(error.code) || ++failures_ >= settings_.attempts)
    return end(tl::unexpected(std::move(error)));
  const auto first = std::chrono::duration_cast<milliseconds>(first_retry_wait * random);
  retry_at_ = now + (failures_ == 1 ? first : retry_wait(failures_ - 1, random));
}

bool TranscribeConversation::all_is_said() const {
  return sample_at(stitch_.acknowledged()) >= samples_in(length_of(audio_.end()));
}

void TranscribeConversation::end(Result<> result) {
  state_ = State::over;
  const milliseconds all = length_of(audio_.end());
  if (result && all > progress_) commands_.push_back(Progress{all});
  commands_.push_back(End{std::move(result)});
}

std::optional<TranscribeConversation::Command> TranscribeConversation::next(Time now) {
  wake_at_.reset();
  if (commands_.empty() && state_ == State::apart) {
    if (auto command = next_apart(now)) return command;
  }
  if (commands_.empty() && state_ == State::connected) {
    if (auto command = next_connected(now)) return command;
  }
  if (commands_.empty()) return std::nullopt;
  Command command = std::move(commands_.front());
  commands_.pop_front();
  return command;
}

std::optional<TranscribeConversation::Command> TranscribeConversation::next_apart(Time now) {
  if (all_is_said()) {
    if (finishing_) end({});
    return std::nullopt;
  }
  if (now < retry_at_) {
    wake(retry_at_);
    return std::nullopt;
  }
  state_ = State::connecting;
  return Connect{};
}

std::optional<TranscribeConversation::Command> TranscribeConversation::next_connected(Time now) {
  if (auto over = roll_over(now)) return over;
  if (end_is_sent_ && now - sent_at_ >= settings_.last_words) {
    commands_.push_back(Disconnect{});
    end(fail(ErrorCode::deadline_exceeded,
             "Transcribe Streaming: the last words did not come in time"));
    return std::nullopt;
  }
  if (end_is_sent_) wake(sent_at_ + settings_.last_words);
  if (is_sending_ || end_is_sent_) return std::nullopt;
  return next_audio(now);
}

std::optional<TranscribeConversation::Command> TranscribeConversation::roll_over(Time now) {
  if (end_is_sent_) return std::nullopt;
  const Time due =
      connected_at_ + settings_.roll_over + (stitch_.is_open() ? roll_over_grace : milliseconds{0});
  if (now < due) {
    wake(due);
    return std::nullopt;
  }
  state_ = State::apart;
  is_sending_ = false;
  retry_at_ = now;
  return Disconnect{};
}

std::optional<TranscribeConversation::Command> TranscribeConversation::next_audio(Time now) {
  const bool stopped = now - sent_at_ >= settings_.keep_alive;
  const bool has_frame =
      audio_.waiting() >= frame_samples_ || (audio_.waiting() > 0 && (finishing_ || stopped));
  if (has_frame && now < may_send_at_) {
    wake(may_send_at_);
    return std::nullopt;
  }
  if (has_frame) {
    const milliseconds before = length_of(audio_.cursor());
    std::string pcm = audio_.take(frame_samples_);
    stitch_.sent(length_of(audio_.cursor()) - before);
    if (settings_.catch_up > 0)
      may_send_at_ =
          std::max(may_send_at_, now - settings_.frame) + settings_.frame / settings_.catch_up;
    sent_at_ = now;
    is_sending_ = true;
    note_progress();
    return Send{audio_event(pcm)};
  }
  if (finishing_) {
    end_is_sent_ = is_sending_ = true;
    sent_at_ = now;
    wake(now + settings_.last_words);
    return Send{audio_event({})};
  }
  if (!stopped) {
    wake(sent_at_ + settings_.keep_alive);
    return std::nullopt;
  }
  stitch_.sent_silence(settings_.frame);
  sent_at_ = now;
  is_sending_ = true;
  return Send{audio_event(std::string(frame_samples_ * 2, '\0'))};
}

}  // namespace sotto::providers::aws
