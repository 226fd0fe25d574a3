#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/result.hpp"
#include "pipeline/session/session.hpp"

namespace sotto::server {

/// The samples of some recordings one after the other at 16 kHz mono, with a second of silence
/// after each. Errors: those of audio::WavReader.
Result<std::vector<std::int16_t>> load_recordings(const std::vector<std::filesystem::path>& files);

/// Plays samples into a session in a loop at real speed, until stopped or until the session ends.
class DemoTalk : public std::enable_shared_from_this<DemoTalk> {
 public:
  DemoTalk(const boost::asio::any_io_executor& executor, std::shared_ptr<pipeline::Session> session,
           std::vector<std::int16_t> samples);
  ~DemoTalk();

  /// Begins; call it once.
  void start();

  /// Thread-safe.
  void stop();

 private:
  struct Impl;
  void play();

  const std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::server
