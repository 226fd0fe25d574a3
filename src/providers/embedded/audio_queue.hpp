#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <vector>

#include "base/session_time.hpp"
#include "ports/recogniser.hpp"

namespace sotto::providers::embedded {

/// The audio of one stream that waits to be recognised, bounded. Thread-safe, but for next() and
/// given(), which are for the thread that recognises.
class AudioQueue {
 public:
  /// `piece`: how many samples next() gives at a time, at least 1. `most`: how many may wait.
  AudioQueue(std::size_t piece, std::size_t most) : piece_(piece), most_(most) {}

  /// As ports::RecogniserStream::push().
  ports::Pushed push(std::span<const std::int16_t> samples);

  /// No more audio follows. False where that was known before, or it is closed.
  bool finish();

  /// Drops what waits and takes nothing more.
  void close();

  /// Is there something to do: does a piece wait, or was finish() called? Not once it is closed.
  bool is_due() const;

  /// Was finish() called, and all audio given?
  bool is_at_end() const;

  /// Does a whole piece wait?
  bool has_piece() const;

  bool is_closed() const;

  /// The next samples: a piece, or what there is. They stay until the next call.
  std::span<const std::int16_t> next();

  /// How much next() has given.
  milliseconds given() const;

 private:
  const std::size_t piece_;
  const std::size_t most_;

  // Of the thread that recognises.
  std::vector<std::int16_t> given_;
  std::uint64_t samples_given_ = 0;

  mutable std::mutex mutex_;  // guards the rest
  std::deque<std::int16_t> waiting_;
  bool finishing_ = false;
  bool closed_ = false;
};

}  // namespace sotto::providers::embedded
