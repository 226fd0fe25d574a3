#include "providers/web_translators/request_line.hpp"

#include <algorithm>
#include <system_error>

namespace sotto::providers::web_translators {

RequestLine::RequestLine(Bounds bounds, std::string service, Work work)
    : bounds_(bounds), service_(std::move(service)), work_(std::move(work)) {}

RequestLine::~RequestLine() {
  request_stop();
  for (std::thread& thread : threads_) thread.join();
}

Error RequestLine::stopped_error() const {
  return {ErrorCode::unavailable, service_ + " is asked no more: shutting down", {}};
}

void RequestLine::submit(LineRequest request, Completion done) {
  add(std::make_shared<Slot>(Slot{std::move(request), std::move(done), false, {}}));
}

void RequestLine::submit_known(Result<std::string> answer, Completion done) {
  add(std::make_shared<Slot>(Slot{{}, std::move(done), true, std::move(answer)}));
}

void RequestLine::add(SharedSlot slot) {
  std::unique_lock lock(mutex_);
  const bool full = slots_.size() >= bounds_.max_queued;
  if (stopping_ || full) {
    lock.unlock();
    if (!full) return slot->done(tl::unexpected(stopped_error()));
    return slot->done(fail(ErrorCode::resource_exhausted, std::to_string(bounds_.max_queued) +
                                                              " requests wait for " + service_ +
                                                              "; try again later"));
  }
  const bool needs_call = !slot->answer;
  slots_.push_back(std::move(slot));
  if (!needs_call) return deliver(lock);
  ++untaken_;
  start_thread_if_needed();
  if (threads_.empty()) {  // the system has none left: nobody would ever answer
    for (const SharedSlot& open : slots_)
      if (!open->answer)
        open->answer = fail(ErrorCode::resource_exhausted, "no thread is left for " + service_);
    untaken_ = 0;
    return deliver(lock);
  }
  changed_.notify_one();
}

void RequestLine::start_thread_if_needed() {
  if (idle_threads_ >= untaken_ || threads_.size() >= bounds_.threads) return;
  try {
    threads_.emplace_back([this] { run(); });
  } catch (const std::system_error&) {
    // Those that run will do.
  }
}

void RequestLine::request_stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (const SharedSlot& slot : slots_)
    if (!slot->taken && !slot->answer) slot->answer = tl::unexpected(stopped_error());
  untaken_ = 0;
  changed_.notify_all();
  deliver(lock);
}

void RequestLine::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_threads_;
    changed_.wait(lock, [this] { return stopping_ || untaken_ > 0; });
    --idle_threads_;
    if (stopping_) return;
    const std::vector<SharedSlot> batch = take_batch();
    lock.unlock();
    std::vector<LineRequest> requests;
    for (const SharedSlot& slot : batch) requests.push_back(std::move(slot->request));
    std::vector<Result<std::string>> answers = work_(requests);
    answers.resize(batch.size(), fail(ErrorCode::unavailable, service_ + " left texts out"));
    lock.lock();
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i]->answer = std::move(answers[i]);
    deliver(lock);
  }
}

std::vector<RequestLine::SharedSlot> RequestLine::take_batch() {
  std::vector<SharedSlot> batch;
  std::size_t bytes = 0;
  for (const SharedSlot& slot : slots_) {
    if (slot->taken) continue;
    bytes += slot->request.text.size();
    const bool fits =
        batch.empty() || (batch.size() < bounds_.max_batch && bytes <= bounds_.max_batch_bytes &&
                          slot->request.context == batch.front()->request.context);
    if (!fits) break;
    slot->taken = true;
    --untaken_;
    batch.push_back(slot);
  }
  return batch;
}

// One thread at a time hands out what is answered at the head of the line. A completion may ask
// again.
void RequestLine::deliver(std::unique_lock<std::mutex>& lock) {
  if (delivering_) return;
  delivering_ = true;
  while (!slots_.empty() && slots_.front()->answer) {
    const SharedSlot slot = std::move(slots_.front());
    slots_.pop_front();
    lock.unlock();
    slot->done(std::move(*slot->answer));
    lock.lock();
  }
  delivering_ = false;
}

}  // namespace sotto::providers::web_translators
