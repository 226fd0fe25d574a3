#include "tests/support/insights_tokens.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sotto::testing::insights {

namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool begins_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '@';
}
bool continues_name(char c) { return begins_name(c) || is_digit(c) || c == '.'; }

// Where blanks and comments end.
std::size_t skip_blanks(std::string_view query, std::size_t at) {
  while (at < query.size() && (is_space(query[at]) || query[at] == '#')) {
    if (query[at] == '#') at = std::min(query.find('\n', at), query.size());
    if (at < query.size()) ++at;
  }
  return at;
}

// What stands from `at` on up to the same character once more, where a backslash can keep it from
// ending there. In a regular expression a backslash before others stays.
Result<Token> enclosed(std::string_view query, std::size_t at, TokenKind kind) {
  const char mark = query[at];
  Token token{kind, {}, at, at + 1};
  while (token.end < query.size() && query[token.end] != mark) {
    if (query[token.end] == '\\' && token.end + 1 < query.size()) {
      const char escaped = query[token.end + 1];
      if (escaped != mark && (kind == TokenKind::regex || escaped != '\\')) token.text += '\\';
      token.text += escaped;
      token.end += 2;
    } else {
      token.text += query[token.end++];
    }
  }
  if (token.end == query.size())
    return fail(ErrorCode::invalid_argument,
                std::string("the query has no second ") + mark + " for " +
                    std::string(query.substr(at, 20)),
                "query");
  ++token.end;
  return token;
}

Token run_of(std::string_view query, std::size_t at, TokenKind kind, bool (*continues)(char)) {
  std::size_t end = at + 1;
  while (end < query.size() && continues(query[end])) ++end;
  return {kind, std::string(query.substr(at, end - at)), at, end};
}

Result<Token> token_at(std::string_view query, std::size_t at) {
  const char c = query[at];
  if (c == '"' || c == '\'') return enclosed(query, at, TokenKind::text);
  if (c == '/') return enclosed(query, at, TokenKind::regex);
  if (c == '`') return enclosed(query, at, TokenKind::quoted_name);
  if (begins_name(c)) return run_of(query, at, TokenKind::name, continues_name);
  if (is_digit(c) || (c == '-' && at + 1 < query.size() && is_digit(query[at + 1])))
    return run_of(query, at, TokenKind::number, [](char d) { return is_digit(d) || d == '.'; });
  constexpr std::array<std::string_view, 14> symbols = {"!=", "<=", ">=", "=~", "=", "<", ">",
                                                        "(",  ")",  "[",  "]",  ",", "|", "*"};
  for (const std::string_view symbol : symbols)
    if (query.substr(at).starts_with(symbol))
      return Token{TokenKind::symbol, std::string(symbol), at, at + symbol.size()};
  return fail(ErrorCode::invalid_argument,
              "the query cannot have " + std::string(query.substr(at, 20)) +
                  " there; a name with other characters than letters, digits, _ @ . needs "
                  "backticks",
              "query");
}

}  // namespace

Result<std::vector<Token>> tokens_of(std::string_view query) {
  std::vector<Token> tokens;
  std::size_t at = skip_blanks(query, 0);
  while (at < query.size()) {
    auto token = token_at(query, at);
    if (!token) return tl::unexpected(token.error());
    at = skip_blanks(query, token->end);
    tokens.push_back(*std::move(token));
  }
  tokens.push_back({TokenKind::end, {}, query.size(), query.size()});
  return tokens;
}

}  // namespace sotto::testing::insights
