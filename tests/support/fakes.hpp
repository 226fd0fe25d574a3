#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/sample_clock.hpp"
#include "ports/recogniser.hpp"
#include "ports/synthesiser.hpp"
#include "ports/translator.hpp"

namespace sotto::testing {

/// A recogniser that says what the test tells it to, at once, on the test's thread.
class FakeRecogniser : public ports::Recogniser {
 public:
  std::vector<Language> languages() const override { return {Language{"en"}}; }

  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language& language,
                                                        ports::RecogniserSink sink) override {
    if (language != Language{"en"}) return fail(ErrorCode::not_found, "only en", "language");
    sink_ = std::move(sink);
    over_ = std::make_shared<std::atomic<bool>>(false);
    return std::make_unique<Stream>(*this, over_);
  }

  std::optional<transcript::StabilityCalibration> calibration(const Language&) const override {
    return calibration_;
  }

  void say(transcript::Event event) { sink_.on_event(std::move(event)); }
  void end(Result<> outcome = {}) {
    *over_ = true;
    sink_.on_end(std::move(outcome));
  }

  std::optional<transcript::StabilityCalibration> calibration_;
  std::optional<milliseconds> progress;  ///< how far it has recognised; none: all that was pushed
  bool full = false;
  bool finish_asked = false;

 private:
  struct Stream : ports::RecogniserStream {
    Stream(FakeRecogniser& from, std::shared_ptr<std::atomic<bool>> is_over)
        : owner(&from), over(std::move(is_over)) {}
    ports::Pushed push(std::span<const std::int16_t> samples) override {
      if (*over) return ports::Pushed::over;
      if (owner->full) return ports::Pushed::full;
      pushed += length_of(samples.size());
      place = owner->progress.value_or(pushed);
      owner->sink_.on_progress(place);
      return ports::Pushed::taken;
    }
    milliseconds recognised() const override { return place; }
    void finish() override {
      *over = true;
      owner->finish_asked = true;
    }

    FakeRecogniser* owner;
    const std::shared_ptr<std::atomic<bool>> over;
    milliseconds pushed{0}, place{0};
  };

  ports::RecogniserSink sink_;  // of the newest stream, as the next
  std::shared_ptr<std::atomic<bool>> over_;
};

/// A translator that keeps requests until the test answers them, or answers at once.
class FakeTranslator : public ports::Translator {
 public:
  struct Request {
    LanguagePair pair;
    std::string text;
    Completion done;
  };

  std::vector<LanguagePair> pairs() const override {
    return {{Language{"en"}, Language{"es"}}, {Language{"en"}, Language{"ca"}}};
  }

  void translate(const LanguagePair& pair, std::string text, Completion done) override {
    requests.push_back({pair, std::move(text), std::move(done)});
    asked.push_back(pair.target.str() + ":" + requests.back().text);
    if (at_once) answer();
  }

  void translate_in_context(const LanguagePair& pair, std::string text,
                            ports::TranslationContext context, Completion done) override {
    contexts.push_back(std::move(context.before));
    translate(pair, std::move(text), std::move(done));
  }

  /// Answers the oldest request with its text, marked with the language.
  void answer() {
    Request request = std::move(requests.front());
    requests.pop_front();
    request.done(request.pair.target.str() + " " + request.text);
  }

  void refuse() {
    Request request = std::move(requests.front());
    requests.pop_front();
    request.done(fail(ErrorCode::unavailable, "down"));
  }

  std::deque<Request> requests;
  std::vector<std::string> asked;
  std::vector<std::vector<std::string>> contexts;  ///< what was said before each
  bool at_once = false;
};

/// A synthesiser that keeps requests until the test answers them, or answers at once.
class FakeSynthesiser : public ports::Synthesiser {
 public:
  struct Request {
    Language language;
    std::string text;
    Completion done;
  };

  std::vector<Language> languages() const override { return {Language{"en"}, Language{"es"}}; }

  std::string voice(const Language& language) const override {
    return language == Language{"en"} || language == Language{"es"} ? "a fake voice" : "";
  }

  void speak(const Language& language, std::string text, Completion done) override {
    asked.push_back(language.str() + ":" + text);
    requests.push_back({language, std::move(text), std::move(done)});
    if (at_once) answer();
  }

  /// Answers the oldest request with a tenth of a second for each character.
  void answer() {
    Request request = std::move(requests.front());
    requests.pop_front();
    request.done(ports::SpokenAudio{
        22'050, std::vector<std::int16_t>(request.text.size() * 2205, std::int16_t{1000})});
  }

  void refuse() {
    Request request = std::move(requests.front());
    requests.pop_front();
    request.done(fail(ErrorCode::unavailable, "down"));
  }

  std::deque<Request> requests;
  std::vector<std::string> asked;
  bool at_once = true;
};

}  // namespace sotto::testing
