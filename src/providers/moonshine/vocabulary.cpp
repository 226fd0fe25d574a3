#include "providers/moonshine/vocabulary.hpp"

#include <charconv>
#include <fstream>
#include <iterator>

namespace sotto::providers::moonshine {
namespace {

constexpr std::string_view word_mark = "\xE2\x96\x81";  // ▁
constexpr std::size_t most_bytes = 16 << 20;            // far more than any vocabulary has

// `<0x41>`, a byte that no other token has.
bool read_byte(std::string_view token, std::string& out) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return false;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(token.data() + 3, token.data() + 5, value, 16);
  if (error != std::errc{} || end != token.data() + 5) return false;
  out += static_cast<char>(value);
  return true;
}

// `<s>`, `<unk>`, `<<ST_7>>`: not said.
bool is_mark(std::string_view token) {
  return token.size() > 2 && token.front() == '<' && token.back() == '>';
}

void append_text(std::string_view token, std::string& out) {
  if (read_byte(token, out) || is_mark(token)) return;
  for (std::size_t at = 0; at < token.size();) {
    if (token.substr(at).starts_with(word_mark)) {
      out += ' ';
      at += word_mark.size();
    } else {
      out += token[at++];
    }
  }
}

}  // namespace

Result<Vocabulary> Vocabulary::read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::not_found, "no vocabulary " + file.string(), "model");
  std::string bytes;
  char block[65'536];
  while (in.read(block, sizeof block), in.gcount() > 0 && bytes.size() < most_bytes)
    bytes.append(block, static_cast<std::size_t>(in.gcount()));
  return parse(bytes, file.string());
}

Result<Vocabulary> Vocabulary::parse(std::string_view bytes, const std::string& name) {
  Vocabulary vocabulary;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t length = byte(at++);
    if (length >= 128 && at < bytes.size()) length = (length & 127) + 128 * byte(at++);
    if (length > bytes.size() - at)
      return fail(ErrorCode::unavailable,
                  name + " is cut off at byte " + std::to_string(bytes.size()), "model");
    const std::size_t first = vocabulary.text_.size();
    append_text(bytes.substr(at, length), vocabulary.text_);
    vocabulary.pieces_.push_back({static_cast<std::uint32_t>(first),
                                  static_cast<std::uint32_t>(vocabulary.text_.size() - first)});
    at += length;
  }
  if (vocabulary.size() <= static_cast<std::size_t>(token_end))
    return fail(ErrorCode::unavailable, name + " is not a vocabulary", "model");
  return vocabulary;
}

std::string_view Vocabulary::piece(TokenId token) const {
  if (token <= token_end || static_cast<std::size_t>(token) >= pieces_.size()) return {};
  const Piece& piece = pieces_[static_cast<std::size_t>(token)];
  return std::string_view(text_).substr(piece.first, piece.length);
}

}  // namespace sotto::providers::moonshine
