#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/translator.hpp"
#include "providers/chain/chain_translator.hpp"
#include "tests/contract/translator_answers.hpp"

/// A chain of translators that a test plays, in time that it moves.
namespace sotto::providers::chain {

inline const LanguagePair to_spanish{Language{"en"}, Language{"es"}};
inline const LanguagePair to_catalan{Language{"en"}, Language{"ca"}};

/// Time that stands still until told to move.
struct PlayedTime {
  supervision::SupervisionTime now{std::chrono::hours{1}};
  std::multimap<supervision::SupervisionTime, std::function<void()>> calls;

  void pass(milliseconds time) {
    const auto end = now + time;
    while (!calls.empty() && calls.begin()->first <= end) {
      const auto call = calls.extract(calls.begin());
      now = std::max(now, call.key());
      call.mapped()();
    }
    now = end;
  }
};

class PlayedDeadlines : public Deadlines {
 public:
  explicit PlayedDeadlines(std::shared_ptr<PlayedTime> time) : time_(std::move(time)) {}
  ~PlayedDeadlines() override { time_->calls.clear(); }
  supervision::SupervisionTime now() const override { return time_->now; }
  void call_at(supervision::SupervisionTime when, std::function<void()> passed) override {
    time_->calls.emplace(when, std::move(passed));
  }

 private:
  const std::shared_ptr<PlayedTime> time_;
};

/// What a played translator has been asked, and how it answers: when told to, or at once.
struct Play {
  struct Open {
    std::string text;
    ports::Translator::Completion done;
  };

  /// Answers the oldest open text, or the one in that place.
  void answer(Result<std::string> with, std::size_t place = 0) {
    Open next = std::move(open.at(place));
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(place));
    next.done(std::move(with));
  }
  void refuse(ErrorCode code = ErrorCode::unavailable) { answer(fail(code, "it is down")); }

  std::vector<LanguagePair> pairs{to_spanish, to_catalan};
  std::deque<Open> open;
  std::vector<std::string> asked;
  std::vector<ports::TranslationContext> contexts;
  std::optional<ErrorCode> fails_at_once;
  bool answers_at_once = false;
  bool answers_at_end = true;  ///< with an error, as it is destroyed
};

class PlayedTranslator : public ports::Translator {
 public:
  PlayedTranslator(std::string name, std::shared_ptr<Play> play)
      : name_(std::move(name)), play_(std::move(play)) {}
  ~PlayedTranslator() override {
    while (play_->answers_at_end && !play_->open.empty()) play_->refuse();
  }
  std::vector<LanguagePair> pairs() const override { return play_->pairs; }
  std::string name() const override { return name_; }
  void translate_in_context(const LanguagePair& pair, std::string text,
                            ports::TranslationContext context, Completion done) override {
    play_->contexts.push_back(std::move(context));
    translate(pair, std::move(text), std::move(done));
  }
  void translate(const LanguagePair&, std::string text, Completion done) override {
    play_->asked.push_back(text);
    if (play_->fails_at_once) return done(fail(*play_->fails_at_once, "it is down"));
    if (play_->answers_at_once) return done(name_ + ": " + text);
    play_->open.push_back({std::move(text), std::move(done)});
  }

 private:
  const std::string name_;
  const std::shared_ptr<Play> play_;
};

/// A chain of `First` and `Second`, its answers in order, and what its notices say, as
/// `First translated`, `First passed over: it is down`, `First returned`.
class PlayedChain {
 public:
  explicit PlayedChain(Settings settings = {}) {
    std::vector<Link> links;
    links.push_back({"First", std::make_unique<PlayedTranslator>("First", first)});
    links.push_back({"Second", std::make_unique<PlayedTranslator>("Second", second)});
    chain = ChainTranslator::create(std::move(links), std::move(settings), notices(),
                                    std::make_unique<PlayedDeadlines>(time))
                .value();
  }

  void ask(std::string text, const LanguagePair& pair = to_spanish) {
    chain->translate(pair, text, [this, text](const Result<std::string>& result) {
      answers.push_back(result ? *result : std::string(to_string(result.error().code)));
    });
  }

  std::shared_ptr<PlayedTime> time = std::make_shared<PlayedTime>();
  std::shared_ptr<Play> first = std::make_shared<Play>(), second = std::make_shared<Play>();
  std::vector<std::string> answers, told;
  std::unique_ptr<ChainTranslator> chain;

 private:
  Notices notices() {
    return {[this](const std::string& link, Outcome outcome) {
              told.push_back(link + " " + std::string(to_string(outcome)));
            },
            [this](const std::string& link, const LanguagePair&, const Error& reason) {
              told.push_back(link + " passed over: " + reason.message);
            },
            [this](const std::string& link, const LanguagePair&) {
              told.push_back(link + " returned");
            }};
  }
};

}  // namespace sotto::providers::chain
