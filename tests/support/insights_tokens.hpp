#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sotto::testing::insights {

enum class TokenKind : unsigned char { name, quoted_name, text, regex, number, symbol, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;       ///< without quotes, backticks or slashes
  std::size_t begin = 0;  ///< its place in the query, with them
  std::size_t end = 0;
};

/// Takes a query apart; the last token is of kind `end`. Errors: `invalid_argument`, field "query".
Result<std::vector<Token>> tokens_of(std::string_view query);

}  // namespace sotto::testing::insights
