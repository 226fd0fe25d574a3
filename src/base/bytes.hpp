#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sotto {

/// Writes numbers and texts as compact bytes that ByteReader reads back, on any machine. Not
/// thread-safe.
class ByteWriter {
 public:
  /// 7 bits a byte, lowest first (LEB128): small numbers are short.
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  /// The same for numbers around zero (zigzag).
  void signed_number(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    number((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }

  /// The lowest `size` bytes, lowest first: for hashes and for the bits of real numbers.
  void bits(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i, value >>= 8) bytes_ += static_cast<char>(value);
  }

  /// Its length, then its bytes.
  void text(std::string_view text) {
    number(text.size());
    bytes_ += text;
  }

  std::size_t size() const { return bytes_.size(); }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what ByteWriter wrote, and refuses everything else: once something is missing or has a
/// form that ByteWriter does not give it, ok() is false for good and each answer is 0 or empty.
/// Never reads past the end; allocates nothing. Not thread-safe.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      const std::uint64_t part = byte & 0x7f;
      if (shift == 63 && part > 1) break;  // more than 64 bits
      if (byte == 0 && shift > 0) break;   // longer than it need be
      value |= part << shift;
      if ((byte & 0x80) == 0) return value;
    }
    refuse();
    return 0;
  }

  std::int64_t signed_number() {
    const std::uint64_t coded = number();
    const std::uint64_t sign = coded & 1 ? ~std::uint64_t{0} : 0;
    return static_cast<std::int64_t>((coded >> 1) ^ sign);
  }

  std::uint64_t bits(std::size_t size) {
    if (rest_.size() < size) return refuse(), 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    rest_.remove_prefix(size);
    return value;
  }

  /// A view into the bytes that are read.
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) return refuse(), std::string_view{};
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }

  void refuse() {
    ok_ = false;
    rest_ = {};
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace sotto
