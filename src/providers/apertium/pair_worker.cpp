#include "providers/apertium/pair_worker.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace sotto::providers::apertium {

using supervision::WaitLimit;

namespace {

constexpr std::string_view engine = "Apertium";

}  // namespace

PairWorker::PairWorker(const Settings& settings, PipelineSource source)
    : settings_(settings),
      source_(std::move(source)),
      requests_(settings.max_queued),
      back_off_(settings.first_back_off, settings.largest_back_off),
      breaker_(settings.failures_to_open, settings.open_for) {}

PairWorker::~PairWorker() { requests_.join(); }

void PairWorker::submit(PreparedText text, ports::Translator::Completion done) {
  auto refused = requests_.submit({std::move(text), std::move(done)}, [this] { run(); });
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
  while (auto request = requests_.next([this] { idle(); })) request->done(answer(request->text));
  drop_pipeline();
  while (auto open = requests_.take_open()) open->done(supervision::shutting_down(engine));
}

void PairWorker::idle() {
  const auto woken =
      pipeline_ ? requests_.wait(pipeline_->output(), settings_.idle_stop) : requests_.wait();
  if (woken.timed_out) drop_pipeline();
  if (woken.other) note_failure();
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
    if (requests_.stopping()) return supervision::shutting_down(engine);
    note_failure();
  }
  return result;
}

Result<std::string> PairWorker::attempt(const std::string& text) {
  if (!pipeline_) {
    const auto wait =
        std::chrono::ceil<milliseconds>(start_allowed_at_ - std::chrono::steady_clock::now());
    if (wait > milliseconds{0} && requests_.stop_seen_within(wait)) {
      return supervision::shutting_down(engine);
    }
  }
  const WaitLimit limit{std::chrono::steady_clock::now() + settings_.deadline, requests_.stop_fd(),
                        engine};
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

Result<> PairWorker::ensure_running(const WaitLimit& limit) {
  if (pipeline_) return {};
  if (command_.empty()) {
    auto command =
        read_mode_command(source_.mode_program, source_.mode_file, source_.surroundings, limit);
    if (!command) return tl::unexpected(command.error());
    command_ = std::move(*command);
  }
  auto pipeline = Pipeline::start(command_, source_.surroundings);
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

}  // namespace sotto::providers::apertium
