// How soon the function answers after a cold start, and what memory it takes: `bootstrap`, from
// exec(2) to its first answer from the runtime API, beside what the guide's scripts load before
// they can do anything, `python3 -c 'import boto3'`. Both are started by turns in one run.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/kinesis.hpp"
#include "tests/support/runtime_api.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/transcribe_lines.hpp"

namespace {

using namespace sotto;
using Clock = std::chrono::steady_clock;

constexpr int rounds = 21;

struct Start {
  double ms = 0;
  double megabytes = 0;  // the most it had resident
};

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

pid_t run(const std::vector<std::string>& arguments, const std::vector<std::string>& variables) {
  std::vector<std::string> texts = arguments, settings = variables;
  std::vector<char*> argv, environment;
  for (std::string& text : texts) argv.push_back(text.data());
  for (std::string& text : settings) environment.push_back(text.data());
  argv.push_back(nullptr);
  environment.push_back(nullptr);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const pid_t child = ::vfork();
  if (child == 0) {
    ::dup2(nowhere, STDOUT_FILENO);
    ::execvpe(argv.front(), argv.data(), environment.data());
    ::_exit(127);
  }
  ::close(nowhere);
  return child;
}

// What it had resident at the most, and whether it ended well.
std::pair<double, bool> ended(pid_t child) {
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  return {static_cast<double>(usage.ru_maxrss) / 1024,
          WIFEXITED(status) && WEXITSTATUS(status) == 0};
}

std::optional<Start> start_bootstrap(const std::string& payload) {
  const testing::TemporaryFolder folder;
  testing::RuntimeApi api;
  api.invoke(payload);
  const auto begin = Clock::now();
  const pid_t child = run({SOTTO_BOOTSTRAP},
                          {"AWS_LAMBDA_RUNTIME_API=" + api.address(), "ROLLOUT_PERCENTAGE=100",
                           "LOG_LEVEL=error", "SOTTO_CHECKPOINTS=file:" + folder.path().string()});
  const auto answer = api.answer();
  const double ms = ms_since(begin);
  ::kill(child, SIGKILL);
  const double megabytes = ended(child).first;
  if (!answer || answer->path.find("/response") == std::string::npos) return std::nullopt;
  return Start{ms, megabytes};
}

std::optional<Start> start_python() {
  const auto begin = Clock::now();
  const auto [megabytes, well] =
      ended(run({"python3", "-c", "import boto3"}, {"PATH=/usr/local/bin:/usr/bin:/bin"}));
  if (!well) return std::nullopt;
  return Start{ms_since(begin), megabytes};
}

Start quantile(std::vector<Start> starts, double q) {
  const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(starts.size() - 1));
  Start found;
  std::sort(starts.begin(), starts.end(), [](auto& a, auto& b) { return a.ms < b.ms; });
  found.ms = starts[static_cast<std::size_t>(at)].ms;
  std::sort(starts.begin(), starts.end(),
            [](auto& a, auto& b) { return a.megabytes < b.megabytes; });
  found.megabytes = starts[static_cast<std::size_t>(at)].megabytes;
  return found;
}

void print(const char* name, const std::vector<Start>& starts) {
  const Start p50 = quantile(starts, 0.5), p95 = quantile(starts, 0.95);
  std::printf("%-36s %7.1f ms p50 %7.1f ms p95 %7.1f MB\n", name, p50.ms, p95.ms, p95.megabytes);
}

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<testing::Sent> records;
  for (const std::string& line : testing::transcribe_lines({"golden-eagle-427", 20, 1}))
    records.push_back({"golden-eagle-427", line, testing::sequence_number(records.size() + 1)});
  const std::string batch = testing::kinesis_event(records);
  std::vector<Start> tests, batches, pythons;
  for (int round = 0; round < rounds; ++round) {
    const auto test = start_bootstrap("{\"test\":true}"), first = start_bootstrap(batch);
    if (!test || !first) return std::fprintf(stderr, "bootstrap did not answer\n"), 1;
    tests.push_back(*test);
    batches.push_back(*first);
    if (const auto python = start_python()) pythons.push_back(*python);
  }
  std::printf("cold start to the first answer, %d times each by turns (wanted: 30 ms, 20 MB)\n",
              rounds);
  print("bootstrap, a test event", tests);
  print(("bootstrap, a batch of " + std::to_string(records.size()) + " records").c_str(), batches);
  if (pythons.empty())
    return std::printf("python3 with boto3: not here, nothing to compare with\n"), 0;
  print("python3 -c 'import boto3'", pythons);
  const Start ours = quantile(batches, 0.5), theirs = quantile(pythons, 0.5);
  std::printf(
      "boto3's import alone takes %.1f times as long and %.1f times the memory as the batch\n",
      theirs.ms / ours.ms, theirs.megabytes / ours.megabytes);
  return 0;
}
