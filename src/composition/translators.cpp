#include "composition/translators.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "composition/translator_kinds.hpp"

namespace sotto::composition {

namespace chain = providers::chain;

namespace {

// What `auto` is, as far as it is installed.
constexpr std::array<std::string_view, 2> automatic{"bergamot", "apertium"};

// The parts between separators, without spaces around them; empty ones too.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.emplace_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// A user's name and password in a URL would be seen in lists of processes, and printed.
bool has_secret(std::string_view place) {
  const std::size_t scheme = place.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view host = place.substr(scheme + 3);
  return host.substr(0, host.find('/')).find('@') != std::string_view::npos;
}

/// Reads names into a plan.
class Reader {
 public:
  explicit Reader(TranslatorPlan& plan) : plan_(plan) {}

  Result<chain::Route> route(const std::string& text, const std::string& field) {
    chain::Route route;
    for (const std::string& name : split(text, ',')) {
      if (name == "auto") {
        for (const std::string_view kind : automatic)
          add(place_of({std::string(kind), "", true}), route);
        continue;
      }
      auto read = read_name(name, field);
      if (!read) return tl::unexpected(read.error());
      add(place_of(std::move(*read)), route);
    }
    return route;
  }

 private:
  Result<TranslatorPlan::Name> read_name(const std::string& name, const std::string& field) const {
    const std::size_t colon = name.find(':');
    const std::string place = colon == std::string::npos ? "" : name.substr(colon + 1);
    const TranslatorKind* const kind = find_kind(std::string_view(name).substr(0, colon));
    if (!kind)
      return fail(ErrorCode::invalid_argument,
                  "there is no translator \"" + name.substr(0, colon).substr(0, 40) +
                      "\"; there are " + known_translators(),
                  field);
    if (has_secret(place))
      return fail(ErrorCode::invalid_argument,
                  "the address of " + std::string(kind->name) +
                      " must be without a user's name and password: keys come from variables",
                  field);
    if ((kind->place == Place::none && colon != std::string::npos) ||
        (kind->place == Place::needed && place.empty() && !knows(kind->name)))
      return fail(ErrorCode::invalid_argument,
                  std::string(kind->name) +
                      (kind->place == Place::none ? " is given without a colon"
                                                  : " needs a colon and its address") +
                      "; there are " + known_translators(),
                  field);
    return TranslatorPlan::Name{std::string(kind->name), place};
  }

  bool knows(std::string_view kind) const {
    return std::any_of(plan_.names.begin(), plan_.names.end(),
                       [&](const TranslatorPlan::Name& name) { return name.kind == kind; });
  }

  // A name is one translator, wherever it stands; `kind` alone is also the one with a place that
  // was named before.
  std::size_t place_of(TranslatorPlan::Name name) {
    for (std::size_t i = 0; i < plan_.names.size(); ++i) {
      TranslatorPlan::Name& known = plan_.names[i];
      if (known.kind != name.kind || (known.place != name.place && !name.place.empty())) continue;
      known.optional = known.optional && name.optional;
      return i;
    }
    plan_.names.push_back(std::move(name));
    return plan_.names.size() - 1;
  }

  static void add(std::size_t link, chain::Route& route) {
    if (std::find(route.begin(), route.end(), link) == route.end()) route.push_back(link);
  }

  TranslatorPlan& plan_;
};

std::optional<LanguagePair> pair_named(const std::string& text) {
  const auto codes = split(text, '-');
  const auto is_code = [](const std::string& code) {
    return code.size() >= 2 && code.size() <= 3 &&
           std::all_of(code.begin(), code.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  };
  if (codes.size() != 2 || !is_code(codes[0]) || !is_code(codes[1]) || codes[0] == codes[1])
    return std::nullopt;
  return LanguagePair{Language{codes[0]}, Language{codes[1]}};
}

// Without the links that are not there.
void renumber(chain::Route& route, const std::vector<std::optional<std::size_t>>& places) {
  chain::Route left;
  for (const std::size_t link : route)
    if (places[link]) left.push_back(*places[link]);
  route = std::move(left);
}

std::string check(const TranslatorChoice& choice) {
  const auto plan = translator_plan(choice);
  return plan ? "" : plan.error().message;
}

}  // namespace

Result<TranslatorPlan> translator_plan(const TranslatorChoice& choice) {
  constexpr const char* field = "translator-pairs";
  TranslatorPlan plan;
  Reader reader(plan);
  auto everywhere = reader.route(choice.chain, "translator");
  if (!everywhere) return tl::unexpected(everywhere.error());
  plan.route = std::move(*everywhere);
  for (const std::string& item : split(choice.pairs, ' ')) {
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    const auto pair = pair_named(item.substr(0, equals));
    if (equals == std::string::npos || !pair)
      return fail(ErrorCode::invalid_argument,
                  "\"" + item.substr(0, 60) +
                      "\" is no pair and its translators, such as en-es=translate,apertium",
                  field);
    auto route = reader.route(item.substr(equals + 1), field);
    if (!route) return tl::unexpected(route.error());
    if (!plan.routes.emplace(*pair, std::move(*route)).second)
      return fail(ErrorCode::invalid_argument, item.substr(0, equals) + " is there twice", field);
  }
  return plan;
}

Result<ChosenTranslator> chosen_translator(const TranslatorChoice& choice, TranslatorParts parts) {
  auto plan = translator_plan(choice);
  if (!plan) return tl::unexpected(plan.error());
  ChosenTranslator chosen;
  std::vector<chain::Link> links;
  std::vector<std::optional<std::size_t>> places;
  std::optional<Error> missing;
  for (const TranslatorPlan::Name& name : plan->names) {
    auto made = find_kind(name.kind)->make(name.place, {choice, parts});
    if (!made && !(name.optional && made.error().code == ErrorCode::not_found))
      return tl::unexpected(made.error());
    places.push_back(made ? std::optional(links.size()) : std::nullopt);
    if (!made) {
      missing = made.error();
      continue;
    }
    if (made->look_again) chosen.look_again = std::move(made->look_again);
    std::string called = made->translator->name();
    links.push_back({std::move(called), std::move(made->translator)});
  }
  chain::Settings settings;
  settings.deadline = parts.deadline;
  renumber(plan->route, places);
  if (plan->route.empty() && missing) return tl::unexpected(*missing);
  settings.route = std::move(plan->route);
  for (auto& [pair, route] : plan->routes) renumber(route, places);
  settings.routes = std::move(plan->routes);
  auto chained =
      chain::ChainTranslator::create(std::move(links), settings, std::move(parts.notices));
  if (!chained) return tl::unexpected(chained.error());
  if (chosen.look_again)
    chosen.look_again = [look = std::move(chosen.look_again), all = chained->get()] {
      const bool more = look();
      (void)all->pairs();  // the chain asks its links
      return more;
    };
  chosen.translator = std::move(*chained);
  return chosen;
}

void add_translator_options(CLI::App& command, TranslatorChoice& choice) {
  command
      .add_option("--translator", choice.chain,
                  "Translators in the order to ask them, such as bergamot,apertium: each where "
                  "those before it fail or have not the pair. There are " +
                      explained_translators())
      ->check([](const std::string& text) { return check({.chain = text}); })
      ->envname("SOTTO_TRANSLATOR")
      ->capture_default_str();
  command
      .add_option("--translator-pairs", choice.pairs,
                  "Other translators for single pairs, such as \"en-ca=apertium en-es=translate\"")
      ->check([](const std::string& text) { return check({.pairs = text}); })
      ->envname("SOTTO_TRANSLATOR_PAIRS");
  command
      .add_option("--chat-model", choice.chat_model,
                  "The model's name on the server of --translator openai:URL")
      ->envname("SOTTO_OPENAI_MODEL");
  command
      .add_option("--formality", choice.formality,
                  "How DeepL and chat models address people: as-is, formal or informal")
      ->check(CLI::IsMember({"as-is", "formal", "informal"}))
      ->envname("SOTTO_FORMALITY")
      ->capture_default_str();
}

}  // namespace sotto::composition
