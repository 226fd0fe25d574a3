#include "providers/chain/chain.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace sotto::providers::chain {

using supervision::SupervisionTime;

namespace {

constexpr const char* shutting_down = "the translators are shutting down";

Error late(const std::string& link) {
  return {ErrorCode::deadline_exceeded, link + " has not answered in its share of the time", {}};
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// What says nothing of the link: it lives, and has not this pair or cannot take this text.
bool refuses_text(const Error& error) {
  return error.code == ErrorCode::not_found || error.code == ErrorCode::invalid_argument;
}

}  // namespace

ChainTranslator::Chain::Chain(std::vector<Link> links, Settings settings, Notices notices,
                              std::unique_ptr<Deadlines> deadlines)
    : settings_(std::move(settings)),
      notices_(std::move(notices)),
      links_(std::move(links)),
      deadlines_(std::move(deadlines)) {}

std::vector<LanguagePair> ChainTranslator::Chain::pairs() {
  std::vector<std::set<LanguagePair>> has;
  for (const Link& link : links_) {
    const auto pairs = link.translator->pairs();
    has.emplace_back(pairs.begin(), pairs.end());
  }
  std::set<LanguagePair> all;
  for (const auto& of_link : has) all.insert(of_link.begin(), of_link.end());
  const std::lock_guard lock(mutex_);
  has_ = std::move(has);
  std::vector<LanguagePair> routed;
  for (const LanguagePair& pair : all)
    if (!route_of(pair).empty()) routed.push_back(pair);
  return routed;
}

std::string ChainTranslator::Chain::name() const {
  std::string name;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < links_.size(); ++i)
    if (!has_[i].empty()) name += (name.empty() ? "" : ", ") + links_[i].name;
  return name.empty() ? links_.front().name : name;
}

std::vector<ports::TranslationOffer> ChainTranslator::Chain::offers() const {
  std::map<LanguagePair, std::map<std::size_t, std::vector<ports::TranslationOffer>>> all;
  for (std::size_t i = 0; i < links_.size(); ++i)
    for (ports::TranslationOffer& offer : links_[i].translator->offers())
      all[offer.pair][i].push_back(std::move(offer));
  std::vector<ports::TranslationOffer> offers;
  for (auto& [pair, of_links] : all) {
    const auto own = settings_.routes.find(pair);
    for (const std::size_t link : own == settings_.routes.end() ? settings_.route : own->second) {
      const auto of_link = of_links.find(link);
      if (of_link == of_links.end()) continue;
      offers.insert(offers.end(), of_link->second.begin(), of_link->second.end());
    }
  }
  return offers;
}

// The links of a pair's route that have it.
Route ChainTranslator::Chain::route_of(const LanguagePair& pair) const {
  const auto own = settings_.routes.find(pair);
  Route route = own == settings_.routes.end() ? settings_.route : own->second;
  std::erase_if(route, [&](std::size_t link) { return !has_[link].contains(pair); });
  return route;
}

ChainTranslator::Chain::Health& ChainTranslator::Chain::health(std::size_t link,
                                                               const LanguagePair& pair) {
  const Health fresh{
      supervision::CircuitBreaker(settings_.failures_to_pass_over, settings_.passed_over_for)};
  return health_.try_emplace({link, pair}, fresh).first->second;
}

void ChainTranslator::Chain::translate(const LanguagePair& pair, std::string text,
                                       ports::TranslationContext context, Completion done) {
  auto request = std::make_shared<Request>();
  request->pair = pair;
  request->text = std::move(text);
  request->context = std::move(context);
  request->due = deadlines_->now() + settings_.deadline;
  std::optional<Error> refused;
  {
    const std::lock_guard lock(mutex_);
    request->route = route_of(pair);
    if (request->route.empty()) {
      refused = Error{ErrorCode::not_found,
                      "no translator has " + pair.source.str().substr(0, 35) + " to " +
                          pair.target.str().substr(0, 35),
                      "pair"};
    } else if (Line& line = lines_[pair]; line.requests.size() >= settings_.max_queued) {
      refused = Error{ErrorCode::resource_exhausted,
                      std::to_string(settings_.max_queued) +
                          " texts of this pair are being translated; try again later",
                      {}};
    } else {
      request->done = std::move(done);
      line.requests.push_back(request);
    }
  }
  if (refused) return done(tl::unexpected(std::move(*refused)));
  go_on(request);
}

// Whom to ask next, with the mutex held: the first link that is not passed over, and beside it
// those that are due for a probe. Where there are only these, all of them may answer.
ChainTranslator::Chain::Plan ChainTranslator::Chain::plan(Request& request, SupervisionTime now) {
  Plan plan;
  const auto left = std::chrono::duration_cast<milliseconds>(request.due - now);
  bool found = false;
  while (!closing_ && left > milliseconds{0} && !found && request.next < request.route.size()) {
    const std::size_t link = request.route[request.next++];
    Health& known = health(link, request.pair);
    if (!known.breaker.allows(now)) {
      plan.passed_over.push_back(link);
      continue;
    }
    const auto those_left = static_cast<int>(request.route.size() - request.next) + 1;
    const milliseconds share =
        known.passed_over ? left : std::max(left / those_left, milliseconds{1});
    const auto deadline = now + std::min(share, links_[link].deadline.value_or(share));
    plan.questions.push_back({++questions_, link, deadline, known.passed_over});
    found = !known.passed_over;
  }
  for (Question& question : plan.questions) {
    question.probe = question.probe && found;
    (question.probe ? probes_ : request.asked).insert(question.number);
  }
  calls_ += plan.questions.size();
  plan.over = plan.questions.empty();
  if (plan.over) settle(request);
  return plan;
}

// The answer where nobody is left to be asked.
void ChainTranslator::Chain::settle(Request& request) const {
  request.over = true;
  if (request.empty)
    request.answer = std::string();
  else if (closing_)
    request.answer = fail(ErrorCode::unavailable, shutting_down);
  else if (request.error)
    request.answer = tl::unexpected(*request.error);
  else
    request.answer = fail(ErrorCode::unavailable,
                          "every translator of this pair keeps failing; they are tried again soon");
}

void ChainTranslator::Chain::go_on(const RequestPtr& request) {
  Plan next;
  {
    const std::lock_guard lock(mutex_);
    next = plan(*request, closing_ ? request->due : deadlines_->now());
  }
  if (notices_.on_outcome)
    for (const std::size_t link : next.passed_over)
      notices_.on_outcome(links_[link].name, Outcome::passed_over);
  for (const Question& question : next.questions) ask(request, question);
  if (next.over) deliver(request->pair);
}

void ChainTranslator::Chain::ask(const RequestPtr& request, const Question& question) {
  const auto answer = [weak = weak_from_this(), request, question](Result<std::string> result) {
    if (const auto self = weak.lock()) self->answered(request, question, std::move(result));
  };
  const std::string& link = links_[question.link].name;
  deadlines_->call_at(question.deadline, [answer, link] { answer(tl::unexpected(late(link))); });
  links_[question.link].translator->translate_in_context(request->pair, request->text,
                                                         request->context, answer);
  const std::lock_guard lock(mutex_);
  --calls_;
  changed_.notify_all();
}

// Whether the question was still open, with the mutex held.
bool ChainTranslator::Chain::closes(const RequestPtr& request, const Question& question) {
  return (question.probe ? probes_ : request->asked).erase(question.number) > 0;
}

// Whether the request is over with this answer to one of its questions, with the mutex held.
bool ChainTranslator::Chain::take(Request& request, Result<std::string> result, bool empty) const {
  if (closing_ || (result && !empty)) {
    request.answer = std::move(result);
    request.over = true;
  } else if (empty) {
    request.empty = true;
  } else {
    request.error = std::move(result.error());
  }
  return request.over;
}

ChainTranslator::Chain::Verdict ChainTranslator::Chain::judge(const Question& question,
                                                              const LanguagePair& pair,
                                                              const Result<std::string>& result) {
  Health& known = health(question.link, pair);
  Verdict verdict;
  if (result || refuses_text(result.error())) {
    known.breaker.succeeded();
    verdict.outcome = result ? Outcome::translated : Outcome::failed;
    verdict.returned = std::exchange(known.passed_over, false);
    return verdict;
  }
  verdict.outcome = result.error().code == ErrorCode::deadline_exceeded ? Outcome::deadline_exceeded
                                                                        : Outcome::failed;
  const SupervisionTime now = deadlines_->now();
  known.breaker.failed(now);
  if (!known.passed_over && known.breaker.remaining(now) > milliseconds{0}) {
    known.passed_over = true;
    verdict.passed_over = result.error();
  }
  return verdict;
}

void ChainTranslator::Chain::tell(const Question& question, const LanguagePair& pair,
                                  const Verdict& verdict) const {
  const std::string& link = links_[question.link].name;
  if (notices_.on_outcome) notices_.on_outcome(link, verdict.outcome);
  if (verdict.passed_over && notices_.on_passed_over)
    notices_.on_passed_over(link, pair, *verdict.passed_over);
  if (verdict.returned && notices_.on_return) notices_.on_return(link, pair);
}

// The answer to a question, or its deadline, whichever comes first.
void ChainTranslator::Chain::answered(const RequestPtr& request, const Question& question,
                                      Result<std::string> result) {
  if (result && !utf8::is_valid(*result))
    result = fail(ErrorCode::unavailable,
                  links_[question.link].name + " has answered what is not UTF-8");
  const bool empty = result && is_blank(*result) && !is_blank(request->text);
  std::optional<Verdict> verdict;
  bool over = false, next = false;
  {
    const std::lock_guard lock(mutex_);
    if (!closes(request, question)) return;
    if (!closing_) {
      verdict = judge(question, request->pair, result);
      if (empty) verdict->outcome = Outcome::failed;
    }
    if (!question.probe && !request->over) {
      over = take(*request, std::move(result), empty);
      next = !over && request->asked.empty();
    }
  }
  if (verdict) tell(question, request->pair, *verdict);
  if (over) deliver(request->pair);
  if (next) go_on(request);
}

// Calls the completions of those in front that have their answer: one thread at a time, so that
// they are called in order.
void ChainTranslator::Chain::deliver(const LanguagePair& pair) {
  std::unique_lock lock(mutex_);
  Line& line = lines_[pair];
  if (std::exchange(line.delivering, true)) return;
  while (!line.requests.empty() && line.requests.front()->answer) {
    const RequestPtr request = std::move(line.requests.front());
    line.requests.pop_front();
    const Completion done = std::move(request->done);
    Result<std::string> answer = std::move(*request->answer);
    lock.unlock();
    done(std::move(answer));
    lock.lock();
  }
  line.delivering = false;
}

void ChainTranslator::Chain::close() {
  {
    std::unique_lock lock(mutex_);
    closing_ = true;
    changed_.wait(lock, [this] { return calls_ == 0; });
  }
  deadlines_.reset();  // no deadline passes any more
  // Each answers what it has. Their names may still be wanted for what one of them answers.
  for (Link& link : links_) link.translator.reset();
  std::vector<LanguagePair> pairs;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [pair, line] : lines_) {
      pairs.push_back(pair);
      for (const RequestPtr& request : line.requests)
        if (!request->over) settle(*request);
    }
  }
  for (const LanguagePair& pair : pairs) deliver(pair);
}

}  // namespace sotto::providers::chain
