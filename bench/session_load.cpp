// What talks cost: one live talk, then four and eight at once, at real speed through the whole
// pipeline, all processes counted.
//
//   session_load [FOLDER] [SECONDS]
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "composition/engines.hpp"
#include "composition/talk.hpp"
#include "support/speech.hpp"
#include "telemetry/process_usage.hpp"

namespace {

using namespace sotto;

int complain(const Error& error) {
  std::fprintf(stderr, "session_load: %s\n", error.message.c_str());
  return 1;
}

int run(const std::string& folder, double seconds, std::size_t talks) {
  auto engines = composition::embedded_engines({}, talks);
  if (!engines) return complain(engines.error());
  std::vector<composition::TalkOptions> options(talks);
  for (std::size_t i = 0; i < talks; ++i) {
    const auto file = std::filesystem::temp_directory_path() /
                      ("sotto-session-load-" + std::to_string(i) + ".wav");
    const auto speech = bench::join_speech(folder, seconds, i * 12, file);
    if (!speech) return complain(speech.error());
    options[i].recording = speech->file;
    options[i].targets = {Language{"es"}};
    options[i].real_time = true;
  }
  const double cpu_before = telemetry::process_tree_usage().cpu_seconds;
  std::atomic<bool> over{false};
  std::uint64_t most = 0;
  std::thread watcher([&] {
    while (!over) {
      most = std::max(most, telemetry::process_tree_usage().memory_bytes);
      std::this_thread::sleep_for(std::chrono::seconds{2});
    }
  });
  std::mutex mutex;
  QuantileSketch lag, words;
  double audio = 0;
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (const composition::TalkOptions& option : options)
    threads.emplace_back([&, option] {
      const auto talk = composition::play_talk(option, *engines);
      if (!talk) {
        failed = complain(talk.error());
        return;
      }
      const std::lock_guard lock(mutex);
      lag.merge(talk->figures.recogniser_lag);
      talk->figures.word_lag.visit(
          [&](std::uint64_t ms, std::uint32_t times) { words.record(ms, times); });
      audio += talk->audio_seconds;
    });
  for (std::thread& thread : threads) thread.join();
  over = true;
  watcher.join();
  const double cpu = telemetry::process_tree_usage().cpu_seconds - cpu_before;
  std::printf("%5zu %12.2f %12.0f %12.3f %12.3f %12.2f %12.2f\n", talks, cpu / audio,
              static_cast<double>(most) / 1e6, lag.quantile(0.5) / 1000, lag.quantile(0.95) / 1000,
              words.quantile(0.5) / 1000, words.quantile(0.95) / 1000);
  std::fflush(stdout);
  for (const composition::TalkOptions& option : options) std::filesystem::remove(option.recording);
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "/usr/share/pocketsphinx/test/data/librivox";
  const double seconds = argc > 2 ? std::stod(argv[2]) : 60;
  std::printf(
      "English to Spanish at real speed; wanted for four talks: lag p95 1.0 s and 1,000 MB in "
      "all\n\n");
  std::printf(
      "talks      CPU s/s    memory MB    lag p50 s    lag p95 s   word p50 s   word p95 s\n");
  for (const std::size_t talks : {std::size_t{1}, std::size_t{4}, std::size_t{8}})
    if (const int failed = run(folder, seconds, talks)) return failed;
  return 0;
}
