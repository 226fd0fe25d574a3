#pragma once

#include <cstdint>
#include <string_view>

namespace sotto {

/// FNV-1a with 64 bits (G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, "The FNV Non-Cryptographic
/// Hash Algorithm", draft-eastlake-fnv, section 5: prime 2^40 + 2^8 + 0xb3 and its offset basis):
/// the same on every machine and for ever, unlike std::hash, so what it gives may be stored. For
/// names and words; whoever wants to can make two texts with one hash.
class Fnv1a {
 public:
  /// Takes one unit: a byte, or a wider number as a unit of its own.
  constexpr void add(std::uint64_t unit) { hash_ = (hash_ ^ unit) * 0x100000001b3u; }

  /// Of all units so far.
  constexpr std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

/// The FNV-1a hash of a text's bytes.
constexpr std::uint64_t fnv1a(std::string_view text) {
  Fnv1a hash;
  for (const char c : text) hash.add(static_cast<unsigned char>(c));
  return hash.value();
}

}  // namespace sotto
