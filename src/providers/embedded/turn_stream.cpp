#include "providers/embedded/turn_stream.hpp"

namespace sotto::providers::embedded {

Result<StreamSeats::Seat> StreamSeats::take() {
  if (++taken_ > most_) {
    --taken_;
    return fail(ErrorCode::resource_exhausted,
                "all " + std::to_string(most_) + " " + engine_ +
                    " streams are in use; end a session or raise max_streams");
  }
  return Seat(this);
}

TurnStream::TurnStream(Parts parts, std::size_t piece, std::size_t most)
    : turns_(parts.turns),
      sink_(std::move(parts.sink)),
      seat_(std::move(parts.seat)),
      work_(std::move(parts.work)),
      audio_(piece, most) {
  turns_->ready(*this);  // what it needs is there before the first word
}

TurnStream::~TurnStream() {
  turns_->retire(*this);
  release();
}

ports::Pushed TurnStream::push(std::span<const std::int16_t> samples) {
  const ports::Pushed pushed = audio_.push(samples);
  if (pushed == ports::Pushed::taken && audio_.has_piece()) turns_->ready(*this);
  return pushed;
}

void TurnStream::finish() {
  if (audio_.finish()) turns_->ready(*this);
}

bool TurnStream::take_turn() {
  if (audio_.is_closed()) return false;  // it was made ready before it ended
  if (!std::exchange(begun_, true))
    if (auto begun = work_->begin(); !begun) return end(std::move(begun));
  if (!audio_.is_due()) return false;
  if (auto heard = work_->hear(audio_, sink_.on_event); !heard) return end(std::move(heard));
  const bool is_last = audio_.is_at_end();
  if (is_last)
    if (auto said = work_->finish(sink_.on_event); !said) return end(std::move(said));
  const milliseconds recognised = audio_.given();
  recognised_ms_ = recognised.count();
  if (sink_.on_progress) sink_.on_progress(recognised);
  return is_last ? end({}) : audio_.is_due();
}

bool TurnStream::end(Result<> result) {
  audio_.close();
  release();
  sink_.on_end(std::move(result));
  return false;
}

// What the engine holds goes first: whoever gets the seat may need it.
void TurnStream::release() {
  work_.reset();
  seat_.reset();
}

}  // namespace sotto::providers::embedded
