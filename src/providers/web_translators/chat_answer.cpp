#include "providers/web_translators/chat_answer.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <initializer_list>

#include "json/members.hpp"
#include "providers/web_translators/answer_check.hpp"
#include "providers/web_translators/plain_text.hpp"

namespace sotto::providers::web_translators {

namespace {

using Phrases = std::initializer_list<std::string_view>;

bool has_any(std::string_view text, const Phrases& phrases) {
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
    return text.find(phrase) != std::string_view::npos;
  });
}

bool begins_with_any(std::string_view text, const Phrases& phrases) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return text.starts_with(phrase); });
}

// Of translating, in the languages that models introduce themselves in.
bool speaks_of_translating(std::string_view text) {
  return has_any(text, {"translat", "traduc", "traduç", "traduit", "übersetz", "vertaling",
                        "traduz", "tradotto", "перевод", "翻译", "翻訳"});
}

// "Here is the translation:", "Sure! In Spanish:", "Traducción:".
bool introduces_itself(std::string_view source, std::string_view answer) {
  const std::string_view head = answer.substr(0, 100);
  const std::size_t colon = head.find(':');
  if (colon == std::string_view::npos || speaks_of_translating(source)) return false;
  const std::string_view introduction = head.substr(0, colon);
  if (speaks_of_translating(introduction)) return true;
  const bool source_has_colon = source.find(':') != std::string_view::npos;
  return !source_has_colon &&
         begins_with_any(
             answer, {"sure",      "certainly",    "of course", "here is", "here's",   "here you",
                      "english:",  "spanish:",     "german:",   "french:", "output:",  "answer:",
                      "claro",     "por supuesto", "aquí",      "voici",   "bien sûr", "hier ist",
                      "natürlich", "ecco",         "aqui está"});
}

// Paragraphs, notes and lists: the source is one line of a talk.
bool explains_itself(std::string_view source, std::string_view said) {
  if (said.find("\n\n") != std::string_view::npos) return true;
  return has_any(said, {"(note:", "\nnote:", "note: ", "\nexplanation", "explanation:",
                        "(literally", "\n- ", "\n* ", "\n1. ", "(nota:", "nota: "}) &&
         !has_any(source, {"note", "explanation", "literally", "nota"});
}

// A refusal in words that the source has nothing of. Into English, "I'm sorry, but I can't" may be
// what was said: there it must speak of the task.
bool refuses(const LanguagePair& pair, std::string_view source, std::string_view answer) {
  if (has_any(answer, {"as an ai", "as a language model", "ai assistant", "ai language model",
                       "como modelo de lenguaje", "como una ia", "en tant qu'ia", "als ki",
                       "als sprachmodell"}))
    return !has_any(source, {"as an ai", "language model", "assistant", "modelo de lenguaje"});
  const bool in_english = begins_with_any(
      answer, {"i'm sorry", "i’m sorry", "i am sorry", "sorry, ", "i can't", "i can’t", "i cannot",
               "i'm unable", "i am unable", "i apologi", "i won't", "i'm not able"});
  if (in_english && pair.target.str() != "en") return true;
  const bool of_the_task = speaks_of_translating(answer) && !speaks_of_translating(source);
  if (in_english) return of_the_task;
  const bool in_the_target = begins_with_any(
      answer, {"lo siento", "no puedo", "disculpa", "je suis désolé", "désolé", "je ne peux pas",
               "es tut mir leid", "ich kann nicht", "leider kann ich", "mi dispiace", "non posso",
               "desculpe", "sinto muito", "não posso", "ho sento", "no puc", "het spijt me"});
  const bool source_says_so =
      has_any(source, {"sorry", "can't", "can’t", "cannot", "can not", "unable", "apolog", "excuse",
                       "regret", "forgive", "won't", "not able", "may not"});
  return in_the_target && (of_the_task || (pair.source.str() == "en" && !source_says_so));
}

// Words of letters: numbers and signs stay as they are in a translation too.
std::size_t count_lettered_words(std::string_view text) {
  const auto words = words_of(text);
  return static_cast<std::size_t>(std::count_if(words.begin(), words.end(), [](auto word) {
    return std::count_if(word.begin(), word.end(), [](char c) {
             return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
           }) >= 2;
  }));
}

bool says_the_source_again(std::string_view source, std::string_view answer) {
  constexpr std::size_t enough = 5;  // words: fewer may be a name, or words of both languages
  return one_line(source) == one_line(answer) && count_lettered_words(source) >= enough;
}

struct QuotationMarks {
  std::string_view open, close;
};

constexpr std::array quotation_marks = {QuotationMarks{"\"", "\""}, QuotationMarks{"“", "”"},
                                        QuotationMarks{"«", "»"},   QuotationMarks{"„", "“"},
                                        QuotationMarks{"'", "'"},   QuotationMarks{"`", "`"},
                                        QuotationMarks{"「", "」"}};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// `text` without `open` and `close` around it, or nothing where they are not there.
std::optional<std::string_view> inside(std::string_view text, std::string_view open,
                                       std::string_view close) {
  if (text.size() < open.size() + close.size() || !text.starts_with(open) || !text.ends_with(close))
    return std::nullopt;
  return trimmed(text.substr(open.size(), text.size() - open.size() - close.size()));
}

}  // namespace

std::optional<std::string_view> why_only_talk(const LanguagePair& pair, std::string_view source,
                                              std::string_view said) {
  const std::string lower_source = to_lower(source);
  const std::string lower = to_lower(said);
  if (refuses(pair, lower_source, lower)) return "it refuses";
  if (introduces_itself(lower_source, lower)) return "it introduces itself";
  if (explains_itself(lower_source, lower)) return "it explains itself";
  if (says_the_source_again(lower_source, lower)) return "it is the source again";
  const bool of_the_prompt =
      has_any(lower, {"<text", "</text", "<before", "</before", "<think", "</think"}) &&
      !has_any(lower_source, {"<text", "</text", "<before", "</before", "<think", "</think"});
  if (of_the_prompt) return "it has tags of the question";
  return std::nullopt;
}

std::string unwrapped(std::string_view source, std::string_view said) {
  std::string_view text = trimmed(said);
  if (text.starts_with("<think>") && !source.starts_with("<think>")) {
    const std::size_t end = text.find("</think>");
    if (end != std::string_view::npos && trimmed(text.substr(7, end - 7)).empty())
      text = trimmed(text.substr(end + 8));
  }
  if (const auto bare = inside(text, "<text>", "</text>"); bare && !source.starts_with("<text>"))
    text = *bare;
  for (const auto& [open, close] : quotation_marks) {
    const auto bare = inside(text, open, close);
    const bool other = bare && (bare->find(open) != std::string_view::npos ||
                                bare->find(close) != std::string_view::npos);
    const bool of_the_source =
        std::any_of(quotation_marks.begin(), quotation_marks.end(),
                    [&](const QuotationMarks& marks) { return source.starts_with(marks.open); });
    if (bare && !other && !bare->empty() && !of_the_source) return std::string(*bare);
  }
  return std::string(text);
}

Result<std::string> translation_in(std::string_view service, const boost::json::value& completion,
                                   const LanguagePair& pair, std::string_view source) {
  const auto refuse = [&](std::string_view reason) {
    return fail(ErrorCode::unavailable,
                std::string(service) +
                    " answered something that is no translation: " + std::string(reason));
  };
  const auto* object = completion.if_object();
  const auto* choices = object ? object->if_contains("choices") : nullptr;
  const auto* list = choices ? choices->if_array() : nullptr;
  const auto* choice = list && !list->empty() ? (*list)[0].if_object() : nullptr;
  const auto* message_value = choice ? choice->if_contains("message") : nullptr;
  const auto* message = message_value ? message_value->if_object() : nullptr;
  const auto content = message ? json::text_member(*message, "content") : std::nullopt;
  if (!content) return refuse("it has no message");
  const std::string reason = json::text_member(*choice, "finish_reason").value_or("stop");
  if (reason == "length") return refuse("it runs on");
  if (reason != "stop" && reason != "eos" && !reason.empty())
    return refuse("it did not come to its end");
  const std::string said = unwrapped(source, *content);
  if (const auto talk = why_only_talk(pair, source, said)) return refuse(*talk);
  return checked_answer(service, pair, source, said);
}

}  // namespace sotto::providers::web_translators
