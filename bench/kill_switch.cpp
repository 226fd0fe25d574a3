// From the moment an operator switches partial results off to the moment the last live session uses
// finals only: 200 sessions in mid-talk, the flag in SQLite, read by the server's reader. What was
// heard and when is then replayed through fresh engines: every word must have been spoken once, in
// order, live and in the replay.
//
//   kill_switch [SESSIONS] [KILLS]
#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "base/quantile_sketch.hpp"
#include "feature_flag/acknowledgement.hpp"
#include "feature_flag/flag_operations.hpp"
#include "feature_flag/flag_reader.hpp"
#include "providers/local/sqlite_flag_store.hpp"
#include "replay/replayer.hpp"
#include "server/sessions/session_registry.hpp"
#include "tests/support/events.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using namespace sotto;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int words_a_result = 12, results = 2;
constexpr milliseconds word_length{300}, event_interval{200}, kill_after{3600}, stagger{17};
const std::string flag_name(rollout::default_parameter_name);

UtcTime utc_now() { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }

// A recogniser that says what it is told to, to all its streams.
class Script : public ports::Recogniser {
 public:
  std::vector<Language> languages() const override { return {Language{"en"}}; }
  std::optional<transcript::StabilityCalibration> calibration(const Language&) const override {
    return std::nullopt;  // its words are flagged
  }
  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language&,
                                                        ports::RecogniserSink sink) override {
    sinks.push_back(std::move(sink));
    return std::make_unique<Stream>();
  }
  std::vector<ports::RecogniserSink> sinks;

 private:
  struct Stream : ports::RecogniserStream {
    ports::Pushed push(std::span<const std::int16_t>) override { return ports::Pushed::taken; }
    milliseconds recognised() const override { return milliseconds{0}; }
    void finish() override {}
  };
};

struct Saying {
  milliseconds at{0};
  transcript::Event event;
};

// Words that no other place has, so that one lost or said twice shows.
std::vector<Saying> talk() {
  std::vector<Saying> all;
  for (int result = 0; result < results; ++result) {
    const milliseconds begins = result * words_a_result * word_length;
    const auto hypothesis = [&](int words, bool is_partial) {
      std::vector<testing::SpokenWord> spoken;
      for (int i = 0; i < words; ++i)
        spoken.push_back(
            {"w" + std::to_string(result * words_a_result + i), milliseconds{0},
             i + 3 < words ? transcript::StableFlag::stable : transcript::StableFlag::unstable});
      testing::ResultSpec spec;
      spec.id = "r" + std::to_string(result);
      spec.is_partial = is_partial;
      spec.start = SessionTime{begins};
      return testing::make_event(spoken, spec);
    };
    const milliseconds over = words_a_result * word_length;
    for (milliseconds at = word_length; at < over; at += event_interval)
      all.push_back({begins + at, hypothesis(static_cast<int>(at / word_length), true)});
    all.push_back({begins + over + milliseconds{100}, hypothesis(words_a_result, false)});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Saying& a, const Saying& b) { return a.at < b.at; });
  return all;
}

std::string expected_speech() {
  std::string text;
  for (int i = 0; i < results * words_a_result; ++i) text += "w" + std::to_string(i) + " ";
  return text;
}

void append_speech(const engine::Command& command, std::string& spoken) {
  if (const auto* speak = std::get_if<engine::Speak>(&command); speak && !speak->text.empty())
    spoken += std::string(speak->text) + " ";
}

// What went through a session; written on its strand.
struct Recording : pipeline::SessionObserver {
  void on_event(const transcript::Event& event, SessionTime now) override {
    taken.emplace_back(now, event);
  }
  void on_step(const transcript::Event*, const engine::Commands& commands,
               const observation::StepSummary&, SessionTime) override {
    for (const engine::Command& command : commands) append_speech(command, spoken);
  }
  void on_mode(engine::Mode mode, SessionTime now) override {
    taken.emplace_back(now, mode);
    spoke_before_the_kill = !spoken.empty();
    killed = Clock::now();
  }

  std::vector<std::pair<SessionTime, std::variant<transcript::Event, engine::Mode>>> taken;
  std::string spoken;
  bool spoke_before_the_kill = false;
  Clock::time_point killed;
};

std::string replay(const Recording& recording) {
  std::string spoken;
  auto replayer = replay::Replayer::create(
      {}, [&](const SessionId&, SessionTime, const engine::Commands& commands) {
        for (const engine::Command& command : commands) append_speech(command, spoken);
      });
  const SessionId id{"replayed"};
  for (const auto& [at, what] : recording.taken) {
    if (const auto* mode = std::get_if<engine::Mode>(&what))
      replayer->change_mode(id, at, *mode);
    else
      replayer->take(id, at, std::get<transcript::Event>(what));
  }
  replayer->finish();
  return spoken;
}

struct Round {
  std::vector<double> switched_ms;  // of each session
  double acknowledged_ms = 0;
  std::size_t wrong_live = 0, wrong_replayed = 0, in_mid_speech = 0;
};

// A server's sessions on two threads, with the flag that its reader follows.
class Hall {
 public:
  Hall(std::size_t count, const std::filesystem::path& flags)
      : store_(providers::local::make_sqlite_flag_store(flags)),
        reader_({{}, {}, "bench pid 1"}, {store_.get(), utc_now, [] { return 0.5; }}),
        registry_(config(count), parts(), access::secure_random()) {
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io_.run(); });
    feature_flag::FlagReaderEvents events;
    events.on_change = [this](const rollout::InForce& in_force, std::function<void()> applied) {
      registry_.apply(in_force, utc_now(),
                      [applied = std::move(applied)](std::size_t) { applied(); });
    };
    reader_.follow(events);
    const std::vector<std::int16_t> silence(160);
    for (std::size_t i = 0; i < count; ++i) {
      const auto hosted = registry_.create(
          {}, [&](const std::string& id) { return reader_.decide(id); }, Clock::now());
      (void)hosted->hosted.session->push_audio(silence);
    }
  }

  // Once no session goes on any more.
  void close() {
    for (const auto since_said = Clock::now(); !registry_.all_ended();) {
      if (Clock::now() - since_said > std::chrono::minutes{1}) {
        std::fprintf(stderr, "some sessions do not end\n");
        std::_Exit(1);  // without waiting for their threads
      }
      std::this_thread::sleep_for(milliseconds{5});
    }
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
  }

  Script& script() { return script_; }
  const std::vector<std::shared_ptr<Recording>>& recordings() const { return recordings_; }

 private:
  server::RegistryConfig config(std::size_t count) {
    server::RegistryConfig config;
    config.max_sessions = count;
    config.now = utc_now;
    config.observers = [this](const SessionId&, const rollout::Evaluation&) {
      recordings_.push_back(std::make_shared<Recording>());
      return pipeline::SessionObservers{recordings_.back()};
    };
    return config;
  }
  pipeline::SessionParts parts() {
    pipeline::SessionParts parts;
    parts.executor = io_.get_executor();
    parts.recogniser = &script_;
    parts.translator = &translator_;
    parts.cache = &cache_;
    return parts;
  }

  const std::unique_ptr<ports::FlagStore> store_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(io_);
  Script script_;
  testing::FakeTranslator translator_;
  pipeline::TranslationCache cache_;
  std::vector<std::shared_ptr<Recording>> recordings_;
  feature_flag::FlagReader reader_;
  server::SessionRegistry registry_;
  std::vector<std::thread> threads_;
};

// Each session is a little further behind than the one before it.
void speak(std::vector<ports::RecogniserSink>& sinks, Clock::time_point began) {
  const auto script_of_talk = talk();
  std::vector<std::tuple<milliseconds, std::size_t, const transcript::Event*>> due;
  for (std::size_t i = 0; i < sinks.size(); ++i)
    for (const Saying& saying : script_of_talk)
      due.emplace_back(saying.at + i * stagger % milliseconds{3000}, i, &saying.event);
  std::sort(due.begin(), due.end());
  for (const auto& [at, session, event] : due) {
    std::this_thread::sleep_until(began + at);
    sinks[session].on_event(*event);
  }
  for (auto& sink : sinks) sink.on_end({});
}

Round kill_once(std::size_t count) {
  const testing::TemporaryFolder folder;
  const auto operators = providers::local::make_sqlite_flag_store(folder.path() / "flags.db");
  rollout::FlagEdit edit;
  edit.rollout_percentage = 100;
  (void)feature_flag::change_flag(*operators, flag_name, edit, {"bench", "", utc_now()});
  Hall hall(count, folder.path() / "flags.db");
  const auto began = Clock::now();
  std::thread speaker([&] { speak(hall.script().sinks, began); });

  std::this_thread::sleep_until(began + kill_after);
  Round round;
  const auto killed = Clock::now();
  const auto since = [&](Clock::time_point at) {
    return std::chrono::duration<double, std::milli>(at - killed).count();
  };
  rollout::FlagEdit off;
  off.enabled = false;
  const auto changed =
      feature_flag::change_flag(*operators, flag_name, off, {"bench", "", utc_now()});
  const auto given = feature_flag::await_acknowledgements(
      *operators, flag_name, changed->after.revision, std::chrono::seconds{10});
  round.acknowledged_ms = since(Clock::now());
  if (given->empty() || !given->front().given) std::printf("nobody has acknowledged the kill\n");
  speaker.join();
  hall.close();

  const std::string expected = expected_speech();
  for (const auto& recording : hall.recordings()) {
    round.switched_ms.push_back(since(recording->killed));
    round.wrong_live += recording->spoken != expected ? 1U : 0U;
    round.wrong_replayed += replay(*recording) != expected ? 1U : 0U;
    round.in_mid_speech += recording->spoke_before_the_kill ? 1U : 0U;
  }
  return round;
}

// Nearest rank: of twenty values the 0.99 quantile is the largest.
double quantile(std::vector<double>& values, double q) {
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(q * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::stoul(argv[1]) : 200;
  const int kills = argc > 2 ? std::stoi(argv[2]) : 20;
  std::vector<double> switched, last, acknowledged;
  std::size_t wrong_live = 0, wrong_replayed = 0, in_mid_speech = 0;
  for (int i = 0; i < kills; ++i) {
    const Round round = kill_once(count);
    switched.insert(switched.end(), round.switched_ms.begin(), round.switched_ms.end());
    last.push_back(*std::max_element(round.switched_ms.begin(), round.switched_ms.end()));
    acknowledged.push_back(round.acknowledged_ms);
    wrong_live += round.wrong_live;
    wrong_replayed += round.wrong_replayed;
    in_mid_speech += round.in_mid_speech;
  }
  std::printf("%d kills of %zu live sessions (%zu had begun to speak), flag in SQLite\n\n", kills,
              count, in_mid_speech);
  std::printf("from the command, ms                 p50      p99      max\n");
  for (auto& [name, values] :
       {std::pair<const char*, std::vector<double>&>{"a session uses finals only", switched},
        {"the last session does", last},
        {"the operator knows it", acknowledged}})
    std::printf("%-30s %9.1f %8.1f %8.1f\n", name, quantile(values, 0.5), quantile(values, 0.99),
                quantile(values, 1));
  std::printf("\nwanted: the last session within 1000 ms, p99: %.4f of it\n",
              quantile(last, 0.99) / 1000);
  std::printf("sessions with a lost or repeated word: %zu live, %zu replayed\n", wrong_live,
              wrong_replayed);
  return wrong_live + wrong_replayed == 0 && quantile(last, 0.99) <= 1000 ? 0 : 1;
}
