#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "providers/bergamot/routes.hpp"
#include "supervision/child_process.hpp"
#include "supervision/waiting.hpp"

namespace sotto::providers::bergamot {

/// The name in messages.
inline constexpr std::string_view engine = "Bergamot";

/// What a worker is run by.
struct WorkerProgram {
  std::string node;                      ///< absolute path
  std::filesystem::path script;          ///< absolute path
  std::vector<std::string> environment;  ///< all of it
  supervision::Confinement confinement;  ///< to which each worker's models are added
};

/// One running worker (workers/bergamot/worker.mjs), which translates one pair. After any error it
/// is of no more use and has to be destroyed, which ends it. Not thread-safe; the thread that
/// started it must outlive it and have SIGPIPE blocked.
class WorkerProcess {
 public:
  /// Starts a worker, which is still loading its models when this returns. Errors: `unavailable`.
  static Result<WorkerProcess> start(const WorkerProgram& program, const Route& route);

  /// Whether the models are loaded, as far as is known: reads what the worker has said of it, and
  /// waits for nothing. Errors: `unavailable` where it has ended or said something else.
  Result<bool> look_ready();

  /// Translates `text` (one prepared line) once the worker is ready; the raw translation. Errors:
  /// `deadline_exceeded` without an answer in time; `unavailable` where the worker ended, answered
  /// more than 128 kB, something that is no answer or the answer to another request, and when
  /// `limit.stop_fd` said stop.
  Result<std::string> translate(std::string_view text, const supervision::WaitLimit& limit);

  pid_t group() const { return process_.group(); }

  /// Readable when the worker has ended or is ready; later, between two texts, only when something
  /// is wrong.
  int output() const { return process_.output(); }

 private:
  explicit WorkerProcess(supervision::ChildProcess process) : process_(std::move(process)) {}

  supervision::ChildProcess process_;
  std::string heard_;
  std::uint64_t requests_ = 0;
  bool ready_ = false;
};

}  // namespace sotto::providers::bergamot
