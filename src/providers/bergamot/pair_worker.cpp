#include "providers/bergamot/pair_worker.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sotto::providers::bergamot {

using supervision::SupervisionTime;

namespace {

SupervisionTime now() { return std::chrono::steady_clock::now(); }

milliseconds time_until(SupervisionTime moment) {
  return std::chrono::ceil<milliseconds>(moment - now());
}

tl::unexpected<Error> unavailable(const std::string& why, milliseconds next_try) {
  return fail(ErrorCode::unavailable, std::string(engine) + " " + why + "; the next try is in " +
                                          std::to_string(next_try.count()) + " ms");
}

}  // namespace

PairWorker::PairWorker(const Settings& settings, WorkerProgram program, Route route)
    : settings_(settings),
      program_(std::move(program)),
      route_(std::move(route)),
      requests_(settings.max_queued),
      back_off_(settings.first_back_off, settings.largest_back_off),
      breaker_(settings.failures_to_open, settings.open_for) {}

PairWorker::~PairWorker() { requests_.join(); }

void PairWorker::submit(PreparedText text, ports::Translator::Completion done) {
  auto refused = requests_.submit({std::move(text), std::move(done), now()}, [this] { run(); });
  if (!refused) return;
  refused->request.done(
      tl::unexpected(supervision::refusal_error(refused->reason, settings_.max_queued, engine)));
}

std::optional<pid_t> PairWorker::process_group() const {
  const pid_t group = group_.load();
  if (group == 0) return std::nullopt;
  return group;
}

void PairWorker::run() {
  supervision::block_sigpipe();
  while (auto request = requests_.next([this] { idle(); })) request->done(answer(*request));
  drop_process();
  while (auto open = requests_.take_open()) open->done(supervision::shutting_down(engine));
}

/// Waits for something to do. A process that is loading its model is watched meanwhile.
void PairWorker::idle() {
  if (!process_) {
    requests_.wait();
    return;
  }
  const milliseconds left =
      loaded_ ? settings_.idle_stop : time_until(started_at_ + settings_.load_deadline);
  const auto woken = requests_.wait(process_->output(), std::max(left, milliseconds{0}));
  if (woken.timed_out && loaded_) return drop_process();
  if (woken.timed_out) return note_failure();
  if (!woken.other) return;
  if (loaded_) return note_failure();  // it has nothing to say unasked
  const auto ready = process_->look_ready();
  if (!ready) return note_failure();
  loaded_ = *ready;
}

Result<std::string> PairWorker::answer(const Request& request) {
  if (!request.text.needs_engine) return request.text.text;
  Result<std::string> result =
      fail(ErrorCode::deadline_exceeded,
           std::string(engine) + " had too many texts to translate before this one; send fewer");
  for (int attempts = 0; attempts < 2; ++attempts) {
    if (now() + settings_.deadline > request.submitted + settings_.answer_within) return result;
    if (!trying_ && !breaker_.allows(now())) {
      if (attempts > 0) return result;
      return unavailable("keeps failing", breaker_.remaining(now()));
    }
    trying_ = true;
    Attempt made = attempt(request.text.text);
    result = std::move(made.result);
    if (result) {
      trying_ = false;
      breaker_.succeeded();
      back_off_.reset();
      return translation_in(*result, request.text.text);
    }
    if (requests_.stopping()) return supervision::shutting_down(engine);
    if (!made.engine_failed) return result;
    note_failure();
  }
  return result;
}

PairWorker::Attempt PairWorker::attempt(const std::string& text) {
  const SupervisionTime deadline = now() + settings_.deadline;
  if (auto started = ensure_started(deadline); !started.result) return started;
  if (auto loaded = wait_until_loaded(deadline); !loaded.result) return loaded;
  auto translation = process_->translate(text, {deadline, requests_.stop_fd(), engine});
  const bool failed = !translation;
  return {std::move(translation), failed};
}

PairWorker::Attempt PairWorker::ensure_started(SupervisionTime deadline) {
  if (process_) return {"", false};
  const milliseconds wait = time_until(start_allowed_at_);
  if (start_allowed_at_ > deadline) return {unavailable("has failed", wait), false};
  if (wait > milliseconds{0} && requests_.stop_seen_within(wait))
    return {supervision::shutting_down(engine), false};
  auto process = WorkerProcess::start(program_, route_);
  if (!process) return {tl::unexpected(process.error()), true};
  process_.emplace(std::move(*process));
  group_ = process_->group();
  started_at_ = now();
  loaded_ = false;
  return {"", false};
}

/// Until `deadline`, but not once the process has had that long: the texts that come then are
/// answered at once rather than late.
PairWorker::Attempt PairWorker::wait_until_loaded(SupervisionTime deadline) {
  const SupervisionTime patience = std::min(deadline, started_at_ + settings_.deadline);
  while (!loaded_) {
    const auto ready = process_->look_ready();
    if (!ready) return {tl::unexpected(ready.error()), true};
    loaded_ = *ready;
    if (loaded_) break;
    const auto heard =
        supervision::wait_ready(process_->output(), -1, {patience, requests_.stop_fd(), engine});
    if (heard) continue;
    if (heard.error().code != ErrorCode::deadline_exceeded)
      return {tl::unexpected(heard.error()), false};
    const milliseconds left = time_until(started_at_ + settings_.load_deadline);
    if (left <= milliseconds{0})
      return {fail(ErrorCode::deadline_exceeded, "Bergamot's model took too long to load"), true};
    return {fail(ErrorCode::unavailable, "Bergamot is still loading its model; try again"), false};
  }
  return {"", false};
}

void PairWorker::note_failure() {
  drop_process();
  trying_ = false;
  breaker_.failed(now());
  start_allowed_at_ = now() + back_off_.next();
}

void PairWorker::drop_process() {
  group_ = 0;
  process_.reset();
  loaded_ = false;
}

}  // namespace sotto::providers::bergamot
