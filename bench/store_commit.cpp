// What it costs that a caption is on the disk before it is shown: a commit of one row with
// synchronous=NORMAL, as it was, beside synchronous=FULL, and what sessions wait for the store,
// each with one caption at a time, since those that wait at once share a commit.
//
//   store_commit [FOLDER]   on the disk of that folder (the present one)
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "providers/local/database.hpp"
#include "providers/local/sqlite_session_store.hpp"
#include "tests/support/stored_session.hpp"

namespace {

using namespace sotto;
using namespace sotto::providers::local;
using Clock = std::chrono::steady_clock;

constexpr int captions = 300;

void print(const char* what, std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  std::printf("%-44s p50 %6.2f ms  p95 %6.2f ms\n", what, ms[ms.size() / 2],
              ms[ms.size() * 95 / 100]);
}

double since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

void commits(const std::filesystem::path& folder, const char* synchronous) {
  auto database =
      Database::open(folder / (std::string(synchronous) + ".db"), Database::Mode::write).value();
  (void)database.use_write_ahead_log();
  (void)database.run(("PRAGMA synchronous = " + std::string(synchronous)).c_str());
  (void)database.run("CREATE TABLE caption (text TEXT)");
  std::vector<double> ms;
  for (int i = 0; i < captions; ++i) {
    const auto began = Clock::now();
    (void)database.run(
        "INSERT INTO caption VALUES ('a caption of some sixty letters, as they are')");
    ms.push_back(since(began));
  }
  print(("one row, synchronous=" + std::string(synchronous)).c_str(), std::move(ms));
}

// One session's captions, each appended once the one before is stored.
std::vector<double> follow(ports::SessionStore& store, const std::string& id) {
  std::vector<double> ms;
  std::mutex mutex;
  std::condition_variable changed;
  for (std::uint32_t i = 1; i <= captions; ++i) {
    bool stored = false;
    const auto began = Clock::now();
    store.append(SessionId{id}, testing::stored_caption(i, "a caption of some sixty letters"),
                 [&](const Result<>&) {
                   const std::lock_guard lock(mutex);
                   stored = true;
                   changed.notify_one();
                 });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return stored; });
    ms.push_back(since(began));
  }
  return ms;
}

void sessions(const std::filesystem::path& folder, int count) {
  const auto store =
      open_sqlite_session_store(folder / ("of-" + std::to_string(count) + ".db")).value();
  std::vector<std::vector<double>> waits(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < waits.size(); ++i) {
    const std::string id = "talk-" + std::to_string(i);
    (void)store->begin(testing::stored_session(id));
    threads.emplace_back([&store, &wait = waits[i], id] { wait = follow(*store, id); });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<double> all;
  for (const auto& wait : waits) all.insert(all.end(), wait.begin(), wait.end());
  print(("a caption of " + std::to_string(count) + " sessions at once").c_str(), std::move(all));
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder = std::filesystem::path(argc > 1 ? argv[1] : ".") /
                                       ("store_commit-" + std::to_string(::getpid()));
  commits(folder, "NORMAL");
  commits(folder, "FULL");
  for (const int count : {1, 8, 32}) sessions(folder, count);
  std::filesystem::remove_all(folder);
  return 0;
}
