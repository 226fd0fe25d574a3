#include "providers/apertium/pair_worker.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

namespace sotto::providers::apertium {

namespace {

void signal_event(const UniqueFd& event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event.get(), &one, sizeof one);
}

void drain_event(const UniqueFd& event) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(event.get(), &count, sizeof count);
}

UniqueFd make_event() { return UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int poll_timeout(milliseconds wait) {
  return static_cast<int>(std::clamp<milliseconds::rep>(wait.count(), 0, 1'000'000'000));
}

tl::unexpected<Error> shutting_down() {
  return fail(ErrorCode::unavailable, "the translator is shutting down");
}

/// A write into a dead pipeline must be an error, not the end of the process.
void block_sigpipe() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

PairWorker::PairWorker(const Settings& settings, PipelineSource source)
    : settings_(settings),
      source_(std::move(source)),
      stop_(make_event()),
      wake_(make_event()),
      queue_(settings.max_queued),
      back_off_(settings.first_back_off, settings.largest_back_off),
      breaker_(settings.failures_to_open, settings.open_for) {}

PairWorker::~PairWorker() {
  request_stop();
  if (thread_.joinable()) thread_.join();
}

void PairWorker::submit(PreparedText text, ports::Translator::Completion done) {
  std::optional<Request> refused;
  Error reason{ErrorCode::resource_exhausted,
               std::to_string(settings_.max_queued) +
                   " texts are waiting for Apertium already; send fewer, or later",
               ""};
  {
    const std::lock_guard lock(mutex_);
    refused = queue_.push({std::move(text), std::move(done)});
    if (!refused && !thread_.joinable()) {
      try {
        thread_ = std::thread([this] { run(); });
      } catch (const std::system_error&) {
        refused = queue_.pop();
        reason.message = "no thread left for Apertium; raise the limit of tasks";
      }
    }
  }
  if (refused) {
    refused->done(tl::unexpected(std::move(reason)));
  } else {
    signal_event(wake_);
  }
}

void PairWorker::request_stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  signal_event(stop_);
}

std::optional<pid_t> PairWorker::process_group() const {
  const pid_t group = group_.load();
  if (group == 0) return std::nullopt;
  return group;
}

void PairWorker::run() {
  block_sigpipe();
  while (auto request = next()) request->done(answer(request->text));
  drop_pipeline();
  for (;;) {
    std::optional<Request> open;
    {
      const std::lock_guard lock(mutex_);
      open = queue_.pop();
    }
    if (!open) return;
    open->done(shutting_down());
  }
}

std::optional<PairWorker::Request> PairWorker::next() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return std::nullopt;
      if (auto request = queue_.pop()) return request;
    }
    idle();
  }
}

void PairWorker::idle() {
  std::array<pollfd, 3> fds{{{stop_.get(), POLLIN, 0},
                             {wake_.get(), POLLIN, 0},
                             {pipeline_ ? pipeline_->output() : -1, POLLIN, 0}}};
  const int count =
      ::poll(fds.data(), fds.size(), pipeline_ ? poll_timeout(settings_.idle_stop) : -1);
  if (count < 0) return;
  drain_event(wake_);
  if (count == 0) drop_pipeline();
  if (fds[2].revents != 0) note_failure();
}

Result<std::string> PairWorker::answer(const PreparedText& text) {
  if (!text.needs_engine) return text.text;
  Result<std::string> result;
  for (int attempts = 0; attempts < 2; ++attempts) {
    const auto now = std::chrono::steady_clock::now();
    if (!breaker_.allows(now)) {
      if (attempts > 0) return result;
      return fail(ErrorCode::unavailable, "Apertium keeps failing; the next try is in " +
                                              std::to_string(breaker_.remaining(now).count()) +
                                              " ms");
    }
    result = attempt(text.text);
    if (result) {
      breaker_.succeeded();
      back_off_.reset();
      return finish(*result, text);
    }
    if (stop_seen_within(milliseconds{0})) return shutting_down();
    note_failure();
  }
  return result;
}

Result<std::string> PairWorker::attempt(const std::string& text) {
  if (!pipeline_) {
    const auto wait =
        std::chrono::ceil<milliseconds>(start_allowed_at_ - std::chrono::steady_clock::now());
    if (wait > milliseconds{0} && stop_seen_within(wait)) return shutting_down();
  }
  const WaitLimit limit{std::chrono::steady_clock::now() + settings_.deadline, stop_.get()};
  if (const auto running = ensure_running(limit); !running) return tl::unexpected(running.error());
  std::string translation;
  for (const std::string_view piece : pieces(text)) {
    const auto part = pipeline_->exchange(piece, limit);
    if (!part) return tl::unexpected(part.error());
    if (!translation.empty()) translation.push_back(' ');
    translation += *part;
  }
  return translation;
}

Result<> PairWorker::ensure_running(WaitLimit limit) {
  if (pipeline_) return {};
  if (command_.empty()) {
    auto command =
        read_mode_command(source_.mode_program, source_.mode_file, source_.environment, limit);
    if (!command) return tl::unexpected(command.error());
    command_ = std::move(*command);
  }
  auto pipeline = Pipeline::start(command_, source_.environment);
  if (!pipeline) return tl::unexpected(pipeline.error());
  pipeline_.emplace(std::move(*pipeline));
  group_ = pipeline_->group();
  return {};
}

void PairWorker::note_failure() {
  drop_pipeline();
  const auto now = std::chrono::steady_clock::now();
  breaker_.failed(now);
  start_allowed_at_ = now + back_off_.next();
}

void PairWorker::drop_pipeline() {
  group_ = 0;
  pipeline_.reset();
}

bool PairWorker::stop_seen_within(milliseconds wait) const {
  pollfd stop{stop_.get(), POLLIN, 0};
  return ::poll(&stop, 1, poll_timeout(wait)) > 0;
}

}  // namespace sotto::providers::apertium
