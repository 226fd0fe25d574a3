#include "rollout_controller/record_chain.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/encoding.hpp"

namespace sotto::rollout_controller {

namespace {

constexpr std::string_view before_place = ",\"chain\":{\"number\":", before_at = ",\"at\":\"",
                           before_previous = "\",\"previous\":", before_hash = ",\"hash\":\"",
                           after_hash = "\"}";
constexpr std::size_t hash_digits = std::size_t{2} * SHA256_DIGEST_LENGTH;
constexpr std::size_t ending = before_hash.size() + hash_digits + after_hash.size();

std::string sha256(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return to_hex(digest);
}

std::string place_text(std::uint64_t number, UtcTime at, std::string_view previous) {
  std::string text(before_place);
  text += std::to_string(number);
  text += before_at;
  text += format_utc(at);
  text += before_previous;
  text += previous.empty() ? "null" : '"' + std::string(previous) + '"';
  text += '}';
  return text;
}

// All that the hash is of.
std::string_view hashed(std::string_view record) {
  return record.substr(0, record.size() - std::min(record.size(), ending));
}

// Takes the text up to a separator off the front, and the separator.
std::optional<std::string_view> cut(std::string_view& text, std::string_view separator) {
  const auto end = text.find(separator);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end + separator.size());
  return taken;
}

}  // namespace

bool is_hash(std::string_view text) {
  return text.size() == hash_digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string chained(std::string_view record, const ChainHead& before, UtcTime at) {
  std::string text(record.substr(0, record.rfind('}')));
  text += place_text(before.number + 1, at, before.hash);
  const std::string hash = sha256(text);
  text += before_hash;
  text += hash;
  text += after_hash;
  return text;
}

std::optional<std::string_view> stated_hash(std::string_view record) {
  if (record.size() < ending) return std::nullopt;
  std::string_view end = record.substr(record.size() - ending);
  if (!end.starts_with(before_hash) || !end.ends_with(after_hash)) return std::nullopt;
  end = end.substr(before_hash.size(), hash_digits);
  if (!is_hash(end)) return std::nullopt;
  return end;
}

std::string right_hash(std::string_view record) { return sha256(hashed(record)); }

// One spelling only: what is read must be what would be written.
std::optional<ChainPlace> chain_place(std::string_view record) {
  const auto hash = stated_hash(record);
  if (!hash) return std::nullopt;
  const std::string_view content = hashed(record);
  const auto begin = content.rfind(before_place);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view whole = content.substr(begin);
  std::string_view rest = whole.substr(before_place.size());
  const auto number = cut(rest, before_at), at = cut(rest, before_previous);
  if (!number || !at) return std::nullopt;
  ChainPlace place;
  place.hash = *hash;
  std::from_chars(number->data(), number->data() + number->size(), place.number);
  const auto time = parse_utc(*at);
  if (!time || place.number == 0) return std::nullopt;
  place.at = *time;
  if (rest.size() == hash_digits + 3) place.previous = rest.substr(1, hash_digits);
  if (!place.previous.empty() && !is_hash(place.previous)) return std::nullopt;
  if ((place.number == 1) != place.previous.empty()) return std::nullopt;
  if (place_text(place.number, place.at, place.previous) != whole) return std::nullopt;
  return place;
}

std::string unchained(std::string_view record) {
  if (!chain_place(record)) return std::string(record);
  return std::string(record.substr(0, hashed(record).rfind(before_place))) + '}';
}

}  // namespace sotto::rollout_controller
