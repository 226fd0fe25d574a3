#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/utc_time.hpp"

namespace sotto::testing {

/// AWS Lambda's runtime API as a function sees it, on a port of this machine: hands out invocations
/// and keeps what is answered. An invocation whose process has gone is not handed out again.
/// Thread-safe.
class RuntimeApi {
 public:
  RuntimeApi();
  ~RuntimeApi();
  RuntimeApi(const RuntimeApi&) = delete;
  RuntimeApi& operator=(const RuntimeApi&) = delete;

  /// AWS_LAMBDA_RUNTIME_API.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  /// The next invocation; returns its request id.
  std::string invoke(std::string payload,
                     UtcTime deadline = UtcTime{milliseconds{4'102'444'800'000}});

  struct Answer {
    std::string path;  ///< behind `/2018-06-01/runtime/`: `invocation/ID/response`, `init/error`, …
    std::string body;
    std::string error_type;  ///< Lambda-Runtime-Function-Error-Type
  };
  /// What was answered first of what nobody took yet; nothing after `patience`.
  std::optional<Answer> answer(std::chrono::milliseconds patience = std::chrono::seconds(20));

  /// Waits until somebody who is still there asks for an invocation where there is none.
  bool await_asking(std::chrono::milliseconds patience = std::chrono::seconds(20));

  /// Waits until an invocation has been handed out.
  bool await_handed_out(std::chrono::milliseconds patience = std::chrono::seconds(20));

  /// Answers are in chunks from here on.
  void set_chunked(bool chunked);
  /// Each connection is closed after an answer, without a word, from here on.
  void set_hangs_up(bool hangs_up);
  /// The status of what is posted, 202 at first.
  void set_status(int status);
  /// Connections so far.
  int connections() const;

 private:
  struct Invocation {
    std::string id, payload;
    UtcTime deadline;
  };

  void accept();
  void serve(int socket);
  bool give_next(int socket);
  bool respond(int socket, int status, const std::string& headers, const std::string& body);

  int listener_ = -1;
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::deque<Invocation> waiting_;
  std::deque<Answer> answers_;
  std::list<int> sockets_;
  std::list<std::thread> threads_;
  std::list<int> asking_;  // the sockets of those who wait for an invocation
  int next_id_ = 0, handed_out_ = 0, connections_ = 0, status_ = 202;
  bool stop_ = false, chunked_ = false, hangs_up_ = false;
  std::thread accepting_;
};

}  // namespace sotto::testing
