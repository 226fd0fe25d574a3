#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/session_time.hpp"
#include "providers/aws/credentials/identity.hpp"

namespace sotto::testing {

/// What goes wrong at a message.
struct TranscribeFault {
  enum class Kind {
    none,
    cut,           ///< the connection ends without a word
    cut_in_frame,  ///< it ends in the middle of a message
    exception,     ///< an exception message, then the end
    wrong_crc,
    oversized,  ///< a message of 2 MiB
    garbage,    ///< a TranscriptEvent that is no JSON
    close,      ///< the WebSocket is closed with 1000 without being asked to
    silence,    ///< nothing is said any more
  };
  Kind kind = Kind::none;
  std::string exception = {};  ///< BadRequestException, ...
  std::string sentence = {};
};

struct TranscribeServerSettings {
  std::string certificate, key;  ///< PEM
  std::uint16_t port = 0;        ///< 0: any
  providers::aws::Credentials credentials = {"AKIDEXAMPLE", "secret/of+a+test", {}, {}};
  std::string region = "eu-west-1";
  std::size_t words_a_segment = 3;
  milliseconds longest_wait = std::chrono::seconds{15};  ///< for audio
  milliseconds clock_ahead{0};                           ///< its clock less this machine's
  /// Asked before each message: the connection's number from 0, whether the message came (else it
  /// is to go out), and its number among those, from 0.
  std::function<TranscribeFault(int connection, bool came, int number)> fault = {};
};

/// Amazon Transcribe streaming over WebSockets as its Developer Guide documents it, on this machine
/// and of marked audio (see TranscribeHearing): checks the presigned query and its signature, the
/// parameters and the audio's messages, and answers with hypotheses and finals. A thread a
/// connection.
class TranscribeServer {
 public:
  explicit TranscribeServer(TranscribeServerSettings settings);
  ~TranscribeServer();

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  int connections() const { return connections_; }
  int open_connections() const { return open_; }

  /// The targets of the upgrades so far.
  std::vector<std::string> targets() const;
  /// What was wrong with messages that came: nothing, of a client that keeps to the protocol.
  std::vector<std::string> complaints() const;
  /// How many samples each connection got.
  std::vector<std::uint64_t> samples() const;

 private:
  class Talk;
  void accept();

  const TranscribeServerSettings settings_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0, open_ = 0;

  mutable std::mutex mutex_;
  std::vector<std::string> targets_, complaints_;  // guarded by mutex_
  std::vector<std::uint64_t> samples_;             // guarded by mutex_
  std::vector<std::thread> threads_;               // of the accepting thread, then the destructor
  std::thread acceptance_;
};

}  // namespace sotto::testing
