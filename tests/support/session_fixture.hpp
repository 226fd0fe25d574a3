#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "pipeline/session/session.hpp"
#include "tests/support/events.hpp"
#include "tests/support/fakes.hpp"

namespace sotto::testing {

/// A listener that remembers.
struct Reader : pipeline::Listener {
  void on_caption(const pipeline::SharedCaption& caption) override {
    const Segment& segment = caption->segment;
    lines.push_back((caption->final ? "" : "~") + segment.text +
                    (segment.provisional.empty() ? "" : "|" + segment.provisional) +
                    (caption->translated ? "" : " (source)"));
    seqs.push_back(segment.seq);
  }
  void on_state(pipeline::SessionState state) override {
    states.push_back(std::string(pipeline::to_string(state)));
  }

  std::vector<std::string> lines;
  std::vector<std::uint64_t> seqs;
  std::vector<std::string> states;
};

/// Everything on the test's thread: poll() runs what is ready, time moves when told to.
class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    recogniser.calibration_.emplace();
    for (auto& row : recogniser.calibration_->survival) row.fill(1.0f);
    pipeline::SessionParts parts;
    parts.executor = io.get_executor();
    parts.recogniser = &recogniser;
    parts.translator = &translator;
    parts.cache = &cache;
    parts.timekeeper = [this](boost::asio::any_io_executor) {
      auto made = std::make_unique<pipeline::ManualTimekeeper>();
      clock = made.get();
      return made;
    };
    pipeline::SessionConfig config;
    config.id = SessionId{"golden-eagle-427"};
    config.language = Language{"en"};
    config.max_listeners = 3;
    config.voters_listened = {};
    adjust(config, parts);
    auto started = pipeline::Session::start(config, parts, observers(config));
    ASSERT_TRUE(started) << started.error().message;
    session = *started;
  }

  /// What a test wants otherwise.
  virtual void adjust(pipeline::SessionConfig&, pipeline::SessionParts&) {}
  virtual pipeline::SessionObservers observers(const pipeline::SessionConfig&) { return {}; }

  void poll() {
    io.restart();
    io.poll();
  }
  void at(milliseconds::rep ms) {
    while (!clock->advance_to(at_ms(ms))) poll();
    poll();
  }
  void say(transcript::Event event) {
    recogniser.say(std::move(event));
    poll();
  }
  std::shared_ptr<Reader> listen(const char* language, std::optional<std::uint64_t> since = {}) {
    auto reader = std::make_shared<Reader>();
    session->subscribe(Language{language}, since, reader,
                       [&](Result<> result) { last_answer = result; });
    poll();
    return reader;
  }
  void answer() {
    translator.answer();
    poll();
  }
  pipeline::SessionFigures figures() {
    pipeline::SessionFigures figures;
    session->figures([&](const pipeline::SessionFigures& got) { figures = got; });
    poll();
    return figures;
  }

  boost::asio::io_context io;
  testing::FakeRecogniser recogniser;
  testing::FakeTranslator translator;
  pipeline::TranslationCache cache;
  pipeline::ManualTimekeeper* clock = nullptr;
  std::shared_ptr<pipeline::Session> session;
  Result<> last_answer;
};

}  // namespace sotto::testing
