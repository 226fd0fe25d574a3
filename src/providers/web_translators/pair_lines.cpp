#include "providers/web_translators/pair_lines.hpp"

#include "base/utf8.hpp"
#include "providers/web_translators/plain_text.hpp"

namespace sotto::providers::web_translators {

PairLines::PairLines(Limits limits, std::string service,
                     std::function<supervision::SupervisionTime()> now, Work work)
    : limits_(limits), service_(std::move(service)), now_(std::move(now)), work_(std::move(work)) {}

PairLines::~PairLines() { request_stop(); }

void PairLines::request_stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  lock.unlock();
  for (const auto& [pair, line] : lines_) line->request_stop();
}

RequestLine* PairLines::line(const LanguagePair& pair) {
  const std::lock_guard lock(mutex_);
  const auto known = lines_.find(pair);
  if (known != lines_.end()) return known->second.get();
  if (stopping_ || lines_.size() >= most_pairs) return nullptr;
  RequestLine::Bounds bounds;
  bounds.max_queued = limits_.max_queued;
  bounds.max_batch = limits_.max_batch;
  bounds.threads = limits_.in_flight;
  const auto work = [this, pair](std::span<const LineRequest> batch) { return ask(pair, batch); };
  return lines_.emplace(pair, std::make_unique<RequestLine>(bounds, service_, work))
      .first->second.get();
}

// What waited for too long is not asked for any more.
std::vector<Result<std::string>> PairLines::ask(const LanguagePair& pair,
                                                std::span<const LineRequest> batch) const {
  std::vector<Result<std::string>> answers;
  for (const auto now = now_(); !batch.empty() && batch.front().deadline <= now;
       batch = batch.subspan(1))
    answers.push_back(fail(ErrorCode::deadline_exceeded,
                           service_ + " did not answer in time: earlier texts took too long"));
  if (batch.empty()) return answers;
  for (auto& answer : work_(pair, batch)) answers.push_back(std::move(answer));
  return answers;
}

void PairLines::submit(const LanguagePair& pair, const std::string& text,
                       ports::TranslationContext context,
                       const ports::Translator::Completion& done) {
  constexpr std::size_t most = ports::Translator::max_text_bytes;
  if (text.size() > most || !utf8::is_valid(text))
    return done(fail(ErrorCode::invalid_argument,
                     "a text to translate must be UTF-8 of at most " + std::to_string(most) +
                         " bytes; this one has " + std::to_string(text.size()),
                     "text"));
  RequestLine* const pair_line = line(pair);
  if (!pair_line)
    return done(
        fail(ErrorCode::unavailable, "no more languages are asked of " + service_ + " now"));
  std::string plain = one_line(text);
  if (!needs_engine(plain)) return pair_line->submit_known(std::move(plain), done);
  pair_line->submit({std::move(plain), std::move(context), now_() + limits_.deadline}, done);
}

}  // namespace sotto::providers::web_translators
