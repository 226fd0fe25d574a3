// A store whose process is killed, at every moment: what was acknowledged is there.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "providers/local/session_tables.hpp"
#include "providers/local/sqlite_session_store.hpp"
#include "tests/support/crash_points.hpp"
#include "tests/support/stored_session.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::local {
namespace {

using testing::stored_caption;
using testing::stored_session;

const SessionId id{"golden-eagle-427"};

std::string text_of(std::uint32_t number) { return "caption " + std::to_string(number); }

// Numbers that a child sends, and the parent reads even when the child is dead.
class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    ::close(ends_[0]);
    close_writing();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void send(std::uint32_t number) const {
    if (::write(ends_[1], &number, sizeof number) != sizeof number) ::_exit(1);
  }
  // Nothing when all that could write has died.
  std::optional<std::uint32_t> receive() const {
    std::uint32_t number = 0;
    if (::read(ends_[0], &number, sizeof number) != sizeof number) return std::nullopt;
    return number;
  }
  void close_writing() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

 private:
  std::array<int, 2> ends_{};
};

// Opens the file, keeps one caption, says so and closes the file.
void keep(const std::filesystem::path& path, std::uint32_t number, const Pipe& acknowledged) {
  auto tables = SessionTables::open_to_write(path);
  if (!tables || !tables->start()) return;
  const auto begun = tables->add(stored_session(id.str()));
  if (!begun && begun.error().code != ErrorCode::already_exists) return;
  if (!tables->put(id, stored_caption(number, text_of(number))) || !tables->commit()) return;
  acknowledged.send(number);
}

void expect_kept(const std::filesystem::path& path, const std::vector<std::uint32_t>& acknowledged,
                 std::uint32_t tried) {
  if (acknowledged.empty()) return;
  auto tables = SessionTables::open_to_read(path);
  ASSERT_TRUE(tables) << tables.error().message;
  const auto found = tables->captions(id, Language{"en"});
  ASSERT_TRUE(found) << found.error().message;
  auto next = acknowledged.begin();
  for (const auto& caption : *found) {
    const auto segment = static_cast<std::uint32_t>(caption.segment.id);
    EXPECT_EQ(caption.segment.text, text_of(segment));
    EXPECT_LE(segment, tried);
    if (next != acknowledged.end() && *next == segment) ++next;
  }
  EXPECT_EQ(next, acknowledged.end()) << *next << " was acknowledged, and is gone";
}

TEST(Crash, SessionWriterKilledAtEverySystemCall) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "sessions.db";
  std::vector<std::uint32_t> acknowledged;
  std::uint32_t tried = 0;
  for (int calls = 0;; ++calls) {
    Pipe pipe;
    ++tried;
    const auto end = testing::run_until_call(calls, [&] { keep(path, tried, pipe); });
    if (!end) GTEST_SKIP() << "processes cannot be traced here";
    pipe.close_writing();
    if (const auto number = pipe.receive()) acknowledged.push_back(*number);
    const bool finished = *end == testing::ChildEnd::finished;
    EXPECT_TRUE(!finished || (!acknowledged.empty() && acknowledged.back() == tried));
    // Looking also mends; in between, the next writer must, and is killed while it does.
    if (finished || calls % 3 == 2) expect_kept(path, acknowledged, tried);
    if (finished || HasFailure()) break;
    ASSERT_LT(calls, 2000);
  }
  EXPECT_GT(tried, 30u);
  EXPECT_GT(acknowledged.size(), 1u) << "some were killed after they had said so";
}

// Begins a session and appends to it for ever.
[[noreturn]] void append_for_ever(const std::filesystem::path& path, const Pipe& acknowledged) {
  const auto store = open_sqlite_session_store(path);
  if (!store || !(*store)->begin(stored_session(id.str()))) ::_exit(1);
  std::counting_semaphore<> room(64);
  for (std::uint32_t number = 1;; ++number) {
    room.acquire();
    (*store)->append(id, stored_caption(number, text_of(number)),
                     [&, number](const Result<>& kept) {
                       if (!kept) ::_exit(1);
                       acknowledged.send(number);
                       room.release();
                     });
  }
}

// Kills a process when it has acknowledged `count` captions, and looks what is there.
void kill_after(std::uint32_t count) {
  SCOPED_TRACE(count);
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "sessions.db";
  Pipe pipe;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) append_for_ever(path, pipe);
  pipe.close_writing();
  std::uint32_t last = 0;
  while (last < count) {
    const auto number = pipe.receive();
    if (!number) break;
    EXPECT_EQ(*number, last + 1);
    last = *number;
  }
  EXPECT_EQ(last, count);
  ::kill(child, SIGKILL);
  while (const auto number = pipe.receive()) last = *number;
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  const auto store = open_sqlite_session_store(path);
  ASSERT_TRUE(store) << store.error().message;
  const auto found = (*store)->captions(id, Language{"en"});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_GE(found->size(), last) << "all that was acknowledged, and what was about to be";
  for (std::uint32_t i = 0; i < found->size(); ++i)
    ASSERT_EQ((*found)[i], stored_caption(i + 1, text_of(i + 1)));
  EXPECT_EQ((*store)->find(id)->has_value(), (*store)->open_sessions()->size() == 1);
}

TEST(Crash, WhatASessionStoreAcknowledgedOutlivesItsProcess) {
  for (const std::uint32_t count : {0u, 1u, 2u, 3u, 10u, 33u, 100u, 500u, 2000u, 10'000u})
    kill_after(count);
}

}  // namespace
}  // namespace sotto::providers::local
