#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "ports/translator.hpp"
#include "providers/aws/client/account.hpp"
#include "providers/chain/chain_translator.hpp"

namespace sotto::composition {

/// Which translators to use, and in which order.
struct TranslatorChoice {
  /// Names, separated by commas: each is asked where those before it have not the pair or fail.
  /// `auto` is the best that is installed, then what there is besides.
  std::string chain = "auto";
  /// Other orders, each for one pair: `en-ca=apertium en-es=bergamot,apertium`.
  std::string pairs = {};
  /// The name of the model of `openai:URL` on its server.
  std::string chat_model = {};
  /// How people are addressed, by those that know a difference: `as-is`, `formal`, `informal`.
  std::string formality = "as-is";
};

/// A choice, read: each translator once, and who is asked for what.
struct TranslatorPlan {
  struct Name {
    std::string kind;       ///< such as `apertium`
    std::string place;      ///< what stands after the kind's colon
    bool optional = false;  ///< of `auto`: goes missing where it is not installed
  };
  std::vector<Name> names;
  providers::chain::Route route;
  std::map<LanguagePair, providers::chain::Route> routes;
};

/// Reads a choice. Errors: `invalid_argument` naming the names there are, with the field
/// `translator` or `translator-pairs`.
Result<TranslatorPlan> translator_plan(const TranslatorChoice& choice);

/// What translators are made with.
struct TranslatorParts {
  /// AWS's client; called only where a translator of AWS is asked for.
  std::function<Result<std::shared_ptr<providers::aws::Client>>()> aws;
  providers::chain::Notices notices = {};
  /// How long a text may take; see providers::chain::Settings.
  milliseconds deadline = providers::chain::Settings{}.deadline;
  /// Whether a translator that needs models may do without, until some are fetched: a server's.
  bool models_may_come_later = false;
};

/// Opens AWS's client the first time that it is called, for whichever engines need it. `region`
/// empty: as AWS's SDKs find it.
std::function<Result<std::shared_ptr<providers::aws::Client>>()> aws_client(
    const std::string& region);

/// The chain, and what is called when a model of Firefox's was installed since: whether there are
/// more pairs now. It is good for as long as the translator; empty where Bergamot is not asked.
struct ChosenTranslator {
  std::unique_ptr<ports::Translator> translator;
  std::function<bool()> look_again = {};
};

/// The chain of a choice, also where it is one translator. Keys and addresses come from the
/// environment, as docs/languages.md says. Errors: translator_plan()'s; `not_found` where an engine
/// is not installed, saying what to install; `invalid_argument` for what the environment says
/// wrongly.
Result<ChosenTranslator> chosen_translator(const TranslatorChoice& choice, TranslatorParts parts);

/// Adds --translator and what belongs to it to `command`; `choice` must outlive it.
void add_translator_options(CLI::App& command, TranslatorChoice& choice);

}  // namespace sotto::composition
