#pragma once

#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace sotto::transcript {

/// A place in a JSON text, at one of its tokens: a bracket, comma, colon, string, or other scalar.
/// A small value that functions take and give back, so that it stays in registers: simdjson's
/// On-Demand iterator lives in memory, and writing it there for each token costs more than reading
/// the token. Behind the last token every question is answered as for a text that is not JSON.
class JsonCursor {
 public:
  /// `tokens` are the places of the text's tokens and, once more than needed, of its end; there the
  /// text goes on with zero bytes.
  JsonCursor(const char* text, const std::uint32_t* tokens) : text_(text), token_(tokens) {}

  /// The token's first character; 0 behind the last token.
  char kind() const { return text_[token_[0]]; }
  bool at(char kind_wanted) const { return kind() == kind_wanted; }

  /// The place behind this token.
  JsonCursor next() const { return {text_, token_ + 1}; }

  /// The token's text, without the white space behind it.
  std::string_view token() const {
    std::string_view token{text_ + token_[0], token_[1] - token_[0]};
    while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ')
      token.remove_suffix(1);
    return token;
  }

  /// Whether a member's name and a colon stand here; then name() is the name as written, behind its
  /// opening quote, and value() the place of its value.
  bool at_member() const { return at('"') && text_[token_[1]] == ':'; }
  const char* name() const { return text_ + token_[0] + 1; }
  JsonCursor value() const { return {text_, token_ + 2}; }

  /// The place behind the value that stands here, whatever it is. Of a container only the brackets
  /// are looked at, whichever they are. The same place where no value stands here.
  JsonCursor behind_value() const {
    const char first = kind();
    if (first == ',' || first == ':' || first == '}' || first == ']' || first == '\0') return *this;
    JsonCursor place = next();
    if (first != '{' && first != '[') return place;
    for (std::size_t depth = 1; depth > 0; place = place.next()) {
      const char c = place.kind();
      if (c == '\0') return place;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
    }
    return place;
  }

  friend bool operator==(const JsonCursor&, const JsonCursor&) = default;

 private:
  const char* text_;
  const std::uint32_t* token_;
};

/// Finds the tokens of a JSON text with simdjson's first stage, which knows strings, escapes and
/// UTF-8. Keeps its memory between texts. Not thread-safe.
class JsonTokens {
 public:
  /// Looks through `text`, which must be followed by SIMDJSON_PADDING readable bytes of zero and
  /// outlive the cursors. False: it is empty or no UTF-8, or has a string without an end or with a
  /// control character. Throws std::bad_alloc.
  bool find(std::string_view text) {
    if (!stage_ || text.size() > capacity_) grow(text.size());
    text_ = text.data();
    return stage_->stage1(reinterpret_cast<const std::uint8_t*>(text_), text.size(),
                          simdjson::stage1_mode::regular) == simdjson::SUCCESS;
  }

  JsonCursor first() const { return {text_, tokens()}; }
  JsonCursor last() const { return {text_, tokens() + stage_->n_structural_indexes - 1}; }

 private:
  static constexpr std::size_t usual_bytes = 4096;

  const std::uint32_t* tokens() const { return stage_->structural_indexes.get(); }

  void grow(std::size_t bytes) {
    const std::size_t larger = std::max({bytes, 2 * capacity_, usual_bytes});
    capacity_ = 0;
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(larger, 1, stage_))
      throw std::bad_alloc();
    capacity_ = larger;
  }

  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage_;
  std::size_t capacity_ = 0;
  const char* text_ = nullptr;
};

}  // namespace sotto::transcript
