#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "ports/translator.hpp"
#include "providers/web_translators/pair_lines.hpp"
#include "providers/web_translators/service.hpp"
#include "providers/web_translators/settings.hpp"

namespace sotto::providers::web_translators {

struct ChatSettings {
  /// Of the server, such as `http://localhost:8080`: `/v1/chat/completions` is added, or only what
  /// of it is missing after a path that ends in `/v1` or is another one.
  std::string url;
  std::string model;  ///< its name on the server, 1 to 200 printable characters
  std::string key;    ///< sent as a bearer token; empty: none
  Formality formality = Formality::as_is;
  /// What the model is good at; empty: all pairs of named_languages().
  std::vector<LanguagePair> pairs;
  /// `max_batch` is not used: a call has one text, and texts of two sessions never meet.
  Limits limits;
};

/// Translates with a chat model behind any server that has OpenAI's chat completions: llama.cpp,
/// vLLM, Ollama. The prompt has the languages, the formality and what the same session said before;
/// temperature 0. What is no translation, refuses or runs on is dropped: `unavailable`.
/// Thread-safe; never destroy it from a completion. Its destructor waits for calls under way, at
/// most `limits.deadline`.
class ChatTranslator : public ports::Translator {
 public:
  /// Calls nothing yet. Errors: `invalid_argument`, naming the setting in `field`.
  static Result<std::unique_ptr<ChatTranslator>> create(ChatSettings settings,
                                                        Dependencies dependencies);
  ~ChatTranslator() override;

  std::vector<LanguagePair> pairs() const override { return {pairs_.begin(), pairs_.end()}; }
  std::string name() const override { return "Chat model"; }
  void translate(const LanguagePair& pair, std::string text, Completion done) override;
  void translate_in_context(const LanguagePair& pair, std::string text,
                            ports::TranslationContext context, Completion done) override;

 private:
  ChatTranslator(ChatSettings settings, Service::Config config, Dependencies dependencies);
  Result<std::string> ask(const LanguagePair& pair, const LineRequest& request);

  const ChatSettings settings_;
  const std::set<LanguagePair> pairs_;
  Service service_;
  PairLines lines_;  // last: its threads use the rest
};

}  // namespace sotto::providers::web_translators
