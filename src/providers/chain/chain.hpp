#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "providers/chain/chain_translator.hpp"
#include "supervision/circuit_breaker.hpp"

namespace sotto::providers::chain {

/// A chain's requests and links. Shared with the completions that links hold, so that one that
/// comes after its end is harmless. Thread-safe; see ChainTranslator for what it does.
class ChainTranslator::Chain : public std::enable_shared_from_this<Chain> {
 public:
  Chain(std::vector<Link> links, Settings settings, Notices notices,
        std::unique_ptr<Deadlines> deadlines);

  std::vector<LanguagePair> pairs();
  std::string name() const;
  std::vector<ports::TranslationOffer> offers() const;
  void translate(const LanguagePair& pair, std::string text, ports::TranslationContext context,
                 Completion done);

  /// Answers what is open and destroys the links. Nothing may be asked any more.
  void close();

 private:
  struct Request {
    LanguagePair pair;
    std::string text;
    ports::TranslationContext context;
    Completion done;
    supervision::SupervisionTime due;
    Route route;                    ///< the links that have the pair
    std::size_t next = 0;           ///< the place in the route of whom to ask next
    std::set<std::uint64_t> asked;  ///< the open questions to links that may answer it
    std::optional<Error> error;     ///< of the last link that failed
    bool empty = false;             ///< a link has answered nothing
    bool over = false;              ///< it has, or had, its answer
    std::optional<Result<std::string>> answer;
  };
  using RequestPtr = std::shared_ptr<Request>;
  /// The requests of a pair, in their order.
  struct Line {
    std::deque<RequestPtr> requests;
    bool delivering = false;  ///< a thread is calling completions
  };
  struct Health {
    supervision::CircuitBreaker breaker;
    bool passed_over = false;
  };
  /// A text for a link.
  struct Question {
    std::uint64_t number = 0;
    std::size_t link = 0;
    supervision::SupervisionTime deadline;
    bool probe = false;  ///< only to see whether the link is back
  };
  struct Plan {
    std::vector<Question> questions;
    bool over = false;  ///< the request has its answer
    Route passed_over;
  };
  /// What came of a question, for the notices.
  struct Verdict {
    Outcome outcome = Outcome::translated;
    std::optional<Error> passed_over;
    bool returned = false;
  };

  Route route_of(const LanguagePair& pair) const;
  Health& health(std::size_t link, const LanguagePair& pair);
  Plan plan(Request& request, supervision::SupervisionTime now);
  void settle(Request& request) const;
  void go_on(const RequestPtr& request);
  void ask(const RequestPtr& request, const Question& question);
  void answered(const RequestPtr& request, const Question& question, Result<std::string> result);
  bool closes(const RequestPtr& request, const Question& question);
  bool take(Request& request, Result<std::string> result, bool empty) const;
  Verdict judge(const Question& question, const LanguagePair& pair, const Result<std::string>&);
  void tell(const Question& question, const LanguagePair& pair, const Verdict& verdict) const;
  void deliver(const LanguagePair& pair);

  const Settings settings_;
  const Notices notices_;
  std::vector<Link> links_;               // constant until close()
  std::unique_ptr<Deadlines> deadlines_;  // constant until close()

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<std::set<LanguagePair>> has_;  // of each link
  std::map<LanguagePair, Line> lines_;
  std::map<std::pair<std::size_t, LanguagePair>, Health> health_;
  std::set<std::uint64_t> probes_;  // open
  std::uint64_t questions_ = 0;
  std::size_t calls_ = 0;  // into links
  bool closing_ = false;
};

}  // namespace sotto::providers::chain
