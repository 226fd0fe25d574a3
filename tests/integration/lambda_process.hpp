#pragma once

// The function as AWS Lambda runs it, for its tests: `bootstrap` as a process, and what it is
// given.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/file_content.hpp"
#include "tests/support/kinesis_stream.hpp"
#include "tests/support/lambda_fixture.hpp"
#include "tests/support/runtime_api.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto {

namespace fs = std::filesystem;
namespace js = boost::json;
using Environment = std::map<std::string, std::string>;

using testing::content_of;

// Sees `root` as the whole file system; as another user where this one may not.
inline bool enter(const fs::path& root) {
  if (::chroot(root.c_str()) != 0 && (::unshare(CLONE_NEWUSER) != 0 || ::chroot(root.c_str()) != 0))
    return false;
  return ::chdir("/") == 0;
}

// A process of the function, killed when it goes.
class Instance {
 public:
  /// `root`: an empty folder to see as the whole file system; empty: the machine's.
  Instance(const std::string& program, Environment environment, const fs::path& output,
           const fs::path& root = {}) {
    std::vector<std::string> texts;
    for (const auto& [name, value] : environment) texts.push_back(name + "=" + value);
    std::vector<char*> variables;
    for (std::string& text : texts) variables.push_back(text.data());
    variables.push_back(nullptr);
    const std::string out = (output / "stdout").string(), err = (output / "stderr").string();
    std::string path = program;
    char* const arguments[] = {path.data(), nullptr};
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644), STDERR_FILENO);
    if (!root.empty() && !enter(root)) ::_exit(99);
    ::execve(path.c_str(), arguments, variables.data());
    ::_exit(98);
  }
  ~Instance() { kill(); }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  pid_t pid() const { return pid_; }

  void kill() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    (void)wait();
  }
  /// Its exit code; nothing where it was killed.
  std::optional<int> wait() {
    int status = 0;
    if (pid_ <= 0 || ::waitpid(std::exchange(pid_, -1), &status, 0) < 0) return std::nullopt;
    return WIFEXITED(status) ? std::optional(WEXITSTATUS(status)) : std::nullopt;
  }

 private:
  pid_t pid_ = -1;
};

class LambdaTest : public ::testing::Test {
 protected:
  Environment environment() const {
    return {{"AWS_LAMBDA_RUNTIME_API", api.address()},
            {"SOTTO_CHECKPOINTS", "file:" + (folder.path() / "checkpoints").string()},
            {"SOTTO_DECISIONS", "file:" + decisions().string()},
            {"ROLLOUT_PERCENTAGE", "100"}};
  }
  std::unique_ptr<Instance> start() {
    return std::make_unique<Instance>(SOTTO_BOOTSTRAP, environment(), folder.path());
  }
  fs::path decisions() const { return folder.path() / "decisions.jsonl"; }

  // Variables for AWS, which is at a place of our own.
  static Environment at_aws(const std::string& endpoint) {
    return {{"AWS_ENDPOINT_URL", endpoint},
            {"AWS_REGION", "eu-west-1"},
            {"AWS_ACCESS_KEY_ID", "testing"},
            {"AWS_SECRET_ACCESS_KEY", "testing"}};
  }

  // What a reader keeps that drops numbers it has seen, and lines that a death cut off.
  testing::Decisions kept() const {
    return kept_of(testing::lines_of(content_of(decisions())), false);
  }
  // The same of a stream's reader, who sees no half lines.
  static testing::Decisions kept_in(const testing::KinesisStream& stream) {
    std::vector<std::string> lines;
    for (const auto& record : stream.records())
      for (std::string& line : testing::lines_of(record.data)) {
        EXPECT_EQ(record.key, std::string(js::parse(line).at("session_id").as_string()));
        lines.push_back(std::move(line));
      }
    return kept_of(lines, true);
  }
  static testing::Decisions kept_of(const std::vector<std::string>& lines, bool all_whole) {
    testing::Decisions all;
    std::map<std::string, std::uint64_t> last;
    for (const std::string& line : lines) {
      js::error_code error;
      const js::value decision = js::parse(line, error);
      EXPECT_FALSE(error && all_whole) << line;
      if (error) continue;
      const std::string session(decision.at("session_id").as_string());
      const auto number = decision.at("number").to_number<std::uint64_t>();
      const auto [known, is_new] = all.try_emplace({SessionId{session}, number}, line);
      EXPECT_EQ(known->second, line) << "the same number, the same decision";
      if (!is_new) continue;
      EXPECT_EQ(number, last[session] + 1) << session << ": the new ones are in order";
      last[session] = number;
    }
    return all;
  }

  js::value answer_to(const std::string& payload) {
    api.invoke(payload);
    const auto answer = api.answer();
    EXPECT_TRUE(answer);
    if (!answer) return {};
    EXPECT_THAT(answer->path, ::testing::EndsWith("/response")) << answer->body;
    return js::parse(answer->body);
  }

  // Whether that invocation was answered. An answer of one before it, whose process died as soon as
  // it had said it, is passed over.
  bool is_answered(const std::string& id, milliseconds patience) {
    while (const auto answer = api.answer(patience)) {
      if (answer->path != "invocation/" + id + "/response") continue;
      EXPECT_EQ(answer->body, R"({"batchItemFailures":[]})");
      return true;
    }
    return false;
  }

  testing::TemporaryFolder folder;
  testing::RuntimeApi api;
};

}  // namespace sotto
