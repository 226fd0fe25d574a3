#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <string>
#include <string_view>

#include "http_client/test_server.hpp"

/// Translation services as far as tests need them, written from their documents: LibreTranslate's
/// API (docs.libretranslate.com), DeepL's API reference, and chat completions as llama.cpp, vLLM
/// and OpenAI describe them. Each answers a request that its document does not allow with 400.
namespace sotto::testing {

using http_client::HttpRequest;
using http_client::testing::Reply;

/// English to something like Spanish: "the white house" is known; of the rest, each word of letters
/// gets another ending, and everything else stays.
inline std::string something_like_spanish(std::string_view text) {
  if (text == "the white house") return "la casa blanca";
  std::string all, word;
  const auto end_word = [&] {
    const bool letters = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
      return std::isalpha(static_cast<unsigned char>(c)) != 0;
    });
    all += word == "house" ? "casa" : word + (letters ? "o" : "");
    word.clear();
  };
  for (const char c : text)
    if (c == ' ')
      end_word(), all += c;
    else
      word += c;
  end_word();
  return all;
}

inline Reply json_reply(const boost::json::value& body, int status = 200) {
  return {status, boost::json::serialize(body), {{"Content-Type", "application/json"}}};
}

/// The body's object; an empty one where there is none.
inline boost::json::object body_of(const HttpRequest& request) {
  boost::json::error_code error;
  const auto value = boost::json::parse(request.body, error);
  return !error && value.is_object() ? value.as_object() : boost::json::object{};
}

inline std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return {};
}

/// `texts` is a list of texts, and has none too many.
inline bool is_list_of_texts(const boost::json::value* texts, std::size_t most) {
  return texts && texts->is_array() && !texts->as_array().empty() &&
         texts->as_array().size() <= most &&
         std::all_of(texts->as_array().begin(), texts->as_array().end(),
                     [](const auto& text) { return text.is_string(); });
}

/// LibreTranslate: English, Spanish and Portuguese, Chinese in two scripts.
inline Reply libretranslate_languages() {
  return {200,
          R"json([{"code":"en","name":"English","targets":["en","es","pt-BR","zh-Hans","zh-Hant"]},
                   {"code":"es","name":"Spanish","targets":["en","es"]},
                   {"code":"pt-BR","name":"Portuguese (Brazil)","targets":["en","pt-BR"]},
                   {"code":"zh-Hans","name":"Chinese","targets":["en"]},
                   {"code":"zh-Hant","name":"Chinese (traditional)","targets":["en"]}])json"};
}

inline Reply libretranslate_error(int status, const std::string& sentence) {
  return json_reply(boost::json::object{{"error", sentence}}, status);
}

inline Reply libretranslate(const HttpRequest& request) {
  if (request.method == "GET" && request.target == "/languages") return libretranslate_languages();
  if (request.method != "POST" || request.target != "/translate") return {404, "{}"};
  const auto body = body_of(request);
  const auto* q = body.if_contains("q");
  const auto* source = body.if_contains("source");
  const auto* format = body.if_contains("format");
  if (!is_list_of_texts(q, 1'000) || !source || *source != "en" || !format || *format != "text")
    return libretranslate_error(400, "Invalid request");
  boost::json::array translated;
  for (const auto& text : q->as_array())
    translated.emplace_back(something_like_spanish(text.as_string()));
  return json_reply(boost::json::object{{"translatedText", translated}});
}

inline Reply deepl(const HttpRequest& request) {
  if (request.method != "POST" || request.target != "/v2/translate") return {404, "{}"};
  if (!header_of(request, "Authorization").starts_with("DeepL-Auth-Key ")) return {403, ""};
  const auto body = body_of(request);
  const auto* target = body.if_contains("target_lang");
  if (!is_list_of_texts(body.if_contains("text"), 50) || !target || *target == "EN" ||
      *target == "PT" || request.body.size() > (128 << 10))
    return json_reply(boost::json::object{{"message", "Bad request"}}, 400);
  boost::json::array translations;
  for (const auto& text : body.at("text").as_array())
    translations.emplace_back(boost::json::object{
        {"detected_source_language", "EN"}, {"text", something_like_spanish(text.as_string())}});
  return json_reply(boost::json::object{{"translations", translations}});
}

/// A chat completion that says this.
inline Reply chat_says(std::string_view content, std::string_view finish_reason = "stop") {
  const boost::json::object message{{"role", "assistant"}, {"content", std::string(content)}};
  const boost::json::object choice{
      {"index", 0}, {"message", message}, {"finish_reason", std::string(finish_reason)}};
  return json_reply(boost::json::object{{"id", "chatcmpl-1"},
                                        {"object", "chat.completion"},
                                        {"choices", boost::json::array{choice}}});
}

/// What a message of a request says; an empty text where there is none.
inline std::string message_of(const HttpRequest& request, std::string_view role) {
  const auto body = body_of(request);
  const auto* messages = body.if_contains("messages");
  if (!messages || !messages->is_array()) return {};
  for (const auto& message : messages->as_array())
    if (message.as_object().at("role") == boost::json::string_view(role.data(), role.size()))
      return std::string(message.as_object().at("content").as_string());
  return {};
}

inline Reply chat(const HttpRequest& request) {
  if (request.method != "POST" || request.target != "/v1/chat/completions") return {404, "{}"};
  const auto body = body_of(request);
  const std::string asked = message_of(request, "user");
  const std::size_t begin = asked.rfind("<text"), end = asked.rfind("</text");
  const bool complete = body.if_contains("model") && body.if_contains("temperature") &&
                        body.if_contains("max_tokens") && end != std::string::npos;
  if (!complete) return json_reply(boost::json::object{{"error", "bad"}}, 400);
  const std::size_t from = asked.find('>', begin) + 1;
  return chat_says(something_like_spanish(asked.substr(from, end - from)));
}

}  // namespace sotto::testing
