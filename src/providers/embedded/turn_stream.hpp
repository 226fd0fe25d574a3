#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ports/recogniser.hpp"
#include "providers/embedded/audio_queue.hpp"
#include "supervision/turns.hpp"

namespace sotto::providers::embedded {

/// How many streams a recogniser has at the same time. Thread-safe; outlives its seats.
class StreamSeats {
 public:
  /// Held by a stream; given back when it is destroyed.
  class Seat {
   public:
    explicit Seat(StreamSeats* of) : of_(of) {}
    ~Seat() {
      if (of_) --of_->taken_;
    }
    Seat(Seat&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Seat& operator=(Seat&&) = delete;

   private:
    StreamSeats* of_;
  };

  /// `engine` names it in messages.
  StreamSeats(std::size_t most, std::string_view engine) : most_(most), engine_(engine) {}

  /// Errors: `resource_exhausted` where `most` are taken.
  Result<Seat> take();

 private:
  const std::size_t most_;
  const std::string engine_;
  std::atomic<std::size_t> taken_ = 0;
};

/// What an engine does with the audio of one stream. One call at a time.
class StreamWork {
 public:
  using Emit = std::function<void(transcript::Event)>;

  virtual ~StreamWork() = default;

  /// The first call: whatever takes long before there is audio. It ends the stream where it fails,
  /// as the other calls do.
  virtual Result<> begin() { return {}; }

  /// Takes the next audio, at least a piece where there is one, and says what it brought.
  virtual Result<> hear(AudioQueue& audio, const Emit& emit) = 0;

  /// No audio follows: says the rest.
  virtual Result<> finish(const Emit& emit) = 0;
};

/// A stream whose engine works in this process, in turns with other streams. Contract:
/// ports::RecogniserStream.
class TurnStream : public ports::RecogniserStream, private supervision::TurnTaker {
 public:
  struct Parts {
    supervision::Turns* turns;  ///< outlives the stream
    StreamSeats::Seat seat;
    std::unique_ptr<StreamWork> work;
    ports::RecogniserSink sink;
  };

  /// `piece`: with how many samples it is worth a turn. `most`: how many may wait.
  TurnStream(Parts parts, std::size_t piece, std::size_t most);
  ~TurnStream() override;

  ports::Pushed push(std::span<const std::int16_t> samples) override;
  milliseconds recognised() const override { return milliseconds{recognised_ms_.load()}; }
  void finish() override;

 private:
  bool take_turn() override;
  bool end(Result<> result);
  void release();

  // Constant after construction.
  supervision::Turns* const turns_;
  const ports::RecogniserSink sink_;

  // Of the thread that has the turn. A stream that has ended may be kept for long: it has neither.
  std::optional<StreamSeats::Seat> seat_;
  std::unique_ptr<StreamWork> work_;
  bool begun_ = false;

  AudioQueue audio_;  // synchronises itself
  std::atomic<milliseconds::rep> recognised_ms_ = 0;
};

}  // namespace sotto::providers::embedded
