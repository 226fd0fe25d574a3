#include "providers/chain/chain_translator.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "providers/chain/chain.hpp"

namespace sotto::providers::chain {

namespace {

tl::unexpected<Error> out_of_range(const std::string& field, const std::string& range) {
  return fail(ErrorCode::invalid_argument, field + " must be " + range, field);
}

bool names_links(const Route& route, std::size_t links) {
  return std::all_of(route.begin(), route.end(), [&](std::size_t link) { return link < links; });
}

Result<> check(const std::vector<Link>& links, const Settings& settings) {
  constexpr milliseconds none{0};
  if (links.empty()) return out_of_range("links", "at least one");
  for (const Link& link : links) {
    if (!link.translator) return out_of_range("links", "translators");
    if (link.deadline && *link.deadline <= none) return out_of_range("links", "of a deadline > 0");
  }
  if (settings.deadline <= none) return out_of_range("deadline", "positive");
  if (settings.failures_to_pass_over < 1) return out_of_range("failures_to_pass_over", "1 or more");
  if (settings.passed_over_for <= none) return out_of_range("passed_over_for", "positive");
  if (settings.max_queued < 1) return out_of_range("max_queued", "at least 1");
  if (!names_links(settings.route, links.size())) return out_of_range("route", "places of links");
  for (const auto& [pair, route] : settings.routes)
    if (!names_links(route, links.size())) return out_of_range("routes", "places of links");
  return {};
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::translated: return "translated";
    case Outcome::failed: return "failed";
    case Outcome::deadline_exceeded: return "deadline_exceeded";
    case Outcome::passed_over: return "passed_over";
  }
  return "failed";
}

Result<std::unique_ptr<ChainTranslator>> ChainTranslator::create(
    std::vector<Link> links, Settings settings, Notices notices,
    std::unique_ptr<Deadlines> deadlines) {
  if (const auto checked = check(links, settings); !checked) return tl::unexpected(checked.error());
  if (settings.route.empty()) {
    settings.route.resize(links.size());
    std::iota(settings.route.begin(), settings.route.end(), std::size_t{0});
  }
  auto chain = std::make_shared<Chain>(std::move(links), std::move(settings), std::move(notices),
                                       std::move(deadlines));
  chain->pairs();
  return std::unique_ptr<ChainTranslator>(new ChainTranslator(std::move(chain)));
}

ChainTranslator::ChainTranslator(std::shared_ptr<Chain> chain) : chain_(std::move(chain)) {}

ChainTranslator::~ChainTranslator() { chain_->close(); }

std::vector<LanguagePair> ChainTranslator::pairs() const { return chain_->pairs(); }

std::string ChainTranslator::name() const { return chain_->name(); }

std::vector<ports::TranslationOffer> ChainTranslator::offers() const { return chain_->offers(); }

void ChainTranslator::translate(const LanguagePair& pair, std::string text, Completion done) {
  chain_->translate(pair, std::move(text), {}, std::move(done));
}

void ChainTranslator::translate_in_context(const LanguagePair& pair, std::string text,
                                           ports::TranslationContext context, Completion done) {
  chain_->translate(pair, std::move(text), std::move(context), std::move(done));
}

}  // namespace sotto::providers::chain
