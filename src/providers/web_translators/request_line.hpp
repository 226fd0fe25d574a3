#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "ports/translator.hpp"
#include "supervision/circuit_breaker.hpp"

namespace sotto::providers::web_translators {

/// A text to translate.
struct LineRequest {
  std::string text;
  ports::TranslationContext context;
  supervision::SupervisionTime deadline;
};

/// The requests for one pair: a bounded queue, the threads that take from it one batch after the
/// other, and answers in the order of the requests, whichever call ends first. A batch is what
/// waits, of one context, oldest first. Threads start when they are needed. Thread-safe; never
/// destroy it from a completion.
class RequestLine {
 public:
  using Completion = ports::Translator::Completion;
  /// Translates a batch: as many answers as requests. Blocks; called from several threads; must
  /// not throw.
  using Work = std::function<std::vector<Result<std::string>>(std::span<const LineRequest>)>;

  struct Bounds {
    std::size_t max_queued = 64;  ///< waiting or under way
    std::size_t max_batch = 1;
    std::size_t max_batch_bytes = 32 << 10;  ///< of a batch of more than one text
    std::size_t threads = 1;
  };

  RequestLine(Bounds bounds, std::string service, Work work);

  /// As request_stop(); waits for the calls that are under way.
  ~RequestLine();
  RequestLine(const RequestLine&) = delete;
  RequestLine& operator=(const RequestLine&) = delete;

  /// Answers `done` exactly once, in turn; or at once with `resource_exhausted` where too many
  /// wait, `unavailable` after request_stop().
  void submit(LineRequest request, Completion done);

  /// The same for what needs no call: `answer`, in its turn.
  void submit_known(Result<std::string> answer, Completion done);

  /// Answers with `unavailable` what waits and what comes, without waiting for calls under way.
  void request_stop();

 private:
  struct Slot {
    LineRequest request;
    Completion done;
    bool taken = false;
    std::optional<Result<std::string>> answer;
  };
  using SharedSlot = std::shared_ptr<Slot>;

  void add(SharedSlot slot);
  void start_thread_if_needed();
  void run();
  std::vector<SharedSlot> take_batch();
  void deliver(std::unique_lock<std::mutex>& lock);
  Error stopped_error() const;

  const Bounds bounds_;
  const std::string service_;
  const Work work_;

  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::deque<SharedSlot> slots_;  // not answered yet, in order
  std::size_t untaken_ = 0;
  std::size_t idle_threads_ = 0;
  bool delivering_ = false;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sotto::providers::web_translators
