#include "providers/bergamot/worker_process.hpp"

#include <unistd.h>

#include <boost/json/value.hpp>

#include "json/members.hpp"
#include "json/text.hpp"

namespace sotto::providers::bergamot {

using supervision::ChildProcess;
using supervision::read_some;
using supervision::wait_ready;
using supervision::WaitLimit;

namespace {

constexpr std::size_t largest_answer_bytes = std::size_t{128} * 1024;

// Of JavaScript's own memory. The models are WebAssembly's, which the worker bounds to 1 GB.
constexpr std::string_view memory_limit = "--max-old-space-size=256";

tl::unexpected<Error> ended() {
  return fail(ErrorCode::unavailable,
              "Bergamot's worker ended unexpectedly; check with `sotto models verify`, and that "
              "scripts/setup has installed its package");
}

tl::unexpected<Error> nonsense() {
  return fail(ErrorCode::unavailable, "Bergamot's worker answered something else than was asked");
}

/// Whether a whole line was heard, and nothing after it. Errors as WorkerProcess::translate().
Result<bool> is_whole(const std::string& heard) {
  if (heard.size() > largest_answer_bytes)
    return fail(ErrorCode::unavailable, "Bergamot's worker answered more than 128 kB");
  const std::size_t end = heard.find('\n');
  if (end == std::string::npos) return false;
  if (end + 1 != heard.size()) return nonsense();
  return true;
}

}  // namespace

Result<WorkerProcess> WorkerProcess::start(const WorkerProgram& program, const Route& route) {
  std::vector<std::string> arguments{program.node, std::string(memory_limit),
                                     program.script.string()};
  for (const InstalledModel& model : route.models) arguments.push_back(model.folder.string());
  supervision::Confinement confinement = program.confinement;
  for (const InstalledModel& model : route.models) confinement.readable.push_back(model.folder);
  auto process = ChildProcess::start(
      {std::move(arguments), program.environment, SIGKILL, std::move(confinement)});
  if (!process) return fail(ErrorCode::unavailable, process.error().message);
  return WorkerProcess(std::move(*process));
}

Result<bool> WorkerProcess::look_ready() {
  while (!ready_) {
    if (!supervision::readable_within(process_.output(), milliseconds{0})) return false;
    if (!read_some(process_.output(), heard_)) return ended();
    const auto whole = is_whole(heard_);
    if (!whole) return tl::unexpected(whole.error());
    if (!*whole) continue;
    const auto line = json::parse_object(heard_);
    if (!line || !line->contains("ready")) return nonsense();
    heard_.clear();
    ready_ = true;
  }
  return true;
}

Result<std::string> WorkerProcess::translate(std::string_view text, const WaitLimit& limit) {
  const std::string request =
      json::to_text(boost::json::object{{"id", ++requests_}, {"text", text}}) + "\n";
  heard_.clear();
  for (std::size_t sent = 0;;) {
    const bool more = sent < request.size();
    const auto ready = wait_ready(process_.output(), more ? process_.input() : -1, limit);
    if (!ready) return tl::unexpected(ready.error());
    if (ready->writable) {
      const ssize_t wrote = ::write(process_.input(), request.data() + sent, request.size() - sent);
      if (wrote < 0 && !supervision::would_block(wrote)) return ended();
      if (wrote > 0) sent += static_cast<std::size_t>(wrote);
    }
    if (!ready->readable) continue;
    if (!read_some(process_.output(), heard_)) return ended();
    const auto whole = is_whole(heard_);
    if (!whole) return tl::unexpected(whole.error());
    if (!*whole) continue;
    const auto answer = json::parse_object(heard_);
    if (!answer || json::count_member(*answer, "id") != requests_) return nonsense();
    auto translation = json::text_member(*answer, "text");
    if (!translation) return nonsense();
    return *std::move(translation);
  }
}

}  // namespace sotto::providers::bergamot
