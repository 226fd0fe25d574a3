#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sotto::providers::moonshine {

using TokenId = std::int64_t;

inline constexpr TokenId token_begin = 1;  ///< what decoding begins with
inline constexpr TokenId token_end = 2;    ///< what ends it

/// The texts of a model's tokens. In the file each token has its length in bytes (one byte, or two
/// where that is 128 or more: the low 7 bits and 128 times the next), then its text. Immutable.
class Vocabulary {
 public:
  /// Reads a `tokenizer.bin`. Errors: `not_found`; `unavailable` where it is cut off or is no
  /// vocabulary, naming the file.
  static Result<Vocabulary> read(const std::filesystem::path& file);

  /// The same of bytes; `name` is for errors.
  static Result<Vocabulary> parse(std::string_view bytes, const std::string& name);

  std::size_t size() const { return pieces_.size(); }

  /// What the token adds to a text, `▁` read as a space that begins a word and `<0x41>` as its
  /// byte. Empty for marks of the model's own and for what is no token.
  std::string_view piece(TokenId token) const;

 private:
  std::string text_;
  struct Piece {
    std::uint32_t first = 0;
    std::uint32_t length = 0;
  };
  std::vector<Piece> pieces_;
};

}  // namespace sotto::providers::moonshine
