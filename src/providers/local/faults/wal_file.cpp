#include "providers/local/faults/wal_file.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <span>
#include <vector>

namespace sotto::providers::local {

namespace {

constexpr std::size_t header_size = 32, frame_header_size = 24, word = 4;
constexpr std::uint32_t magic = 0x377F0682;  // its last bit: the sums are over big-endian words

using Bytes = std::span<const unsigned char>;

std::uint32_t big_endian(Bytes bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | std::uint32_t{bytes[at + 3]};
}

class Sum {
 public:
  explicit Sum(bool big) : big_(big) {}

  void add(Bytes bytes) {
    for (std::size_t at = 0; at + 2 * word <= bytes.size(); at += 2 * word) {
      first_ += number(bytes, at) + second_;
      second_ += number(bytes, at + word) + first_;
    }
  }
  bool is(Bytes bytes, std::size_t at) const {
    return big_endian(bytes, at) == first_ && big_endian(bytes, at + word) == second_;
  }

 private:
  std::uint32_t number(Bytes bytes, std::size_t at) const {
    const std::uint32_t value = big_endian(bytes, at);
    return big_ ? value : __builtin_bswap32(value);
  }

  bool big_;
  std::uint32_t first_ = 0, second_ = 0;
};

bool read(std::ifstream& file, std::span<unsigned char> into) {
  file.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
  return file.gcount() == static_cast<std::streamsize>(into.size());
}

}  // namespace

std::optional<std::string> wal_damage(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<unsigned char, header_size> header{};
  // One that was just begun has no header yet, or a part of it.
  if (!file || !read(file, header)) return std::nullopt;
  const bool big = (big_endian(header, 0) & 1) != 0;
  Sum sum(big);
  sum.add(Bytes(header).first(24));
  const std::uint32_t page = big_endian(header, 8);
  const bool is_page = page >= 512 && page <= 65536 && (page & (page - 1)) == 0;
  if ((big_endian(header, 0) & ~1U) != magic || !is_page || !sum.is(header, 24))
    return "the header of its write-ahead log is damaged";
  bool broken = false;
  std::vector<unsigned char> frame(frame_header_size + page);
  while (read(file, frame)) {
    const bool of_this = big_endian(frame, 8) == big_endian(header, 16) &&
                         big_endian(frame, 12) == big_endian(header, 20);
    if (!of_this) {
      if (broken) continue;
      broken = true;  // what an earlier generation has left, or damage
      continue;
    }
    const bool is_commit = big_endian(frame, 4) != 0;
    if (broken && is_commit) return "its write-ahead log is damaged in the middle";
    if (broken) continue;
    sum.add(Bytes(frame).first(8));
    sum.add(Bytes(frame).subspan(frame_header_size));
    broken = !sum.is(frame, 16);
  }
  return std::nullopt;
}

}  // namespace sotto::providers::local
