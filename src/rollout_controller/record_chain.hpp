#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/utc_time.hpp"

/// The records of decisions as a chain of hashes. A record is a JSON object's text whose last two
/// members say its place and its hash:
///
///   {…,"chain":{"number":7,"at":"2026-01-31T12:00:00.000Z","previous":"HASH"},"hash":"HASH"}
///
/// The hash is the SHA-256 (FIPS 180-4) of all bytes before `,"hash":`, as 64 lower-case
/// hexadecimal digits, so that each byte of the record counts, whatever it means in JSON.
/// `previous` is the hash of the record before, null in the first. Records from before there were
/// hashes have neither member; the chain begins after them. All functions are pure.
namespace sotto::rollout_controller {

/// The newest record of a chain.
struct ChainHead {
  std::uint64_t number = 0;  ///< counts the records from 1; 0: there is none yet
  std::string hash;          ///< empty at number 0
  friend bool operator==(const ChainHead&, const ChainHead&) = default;
};

/// A record's place, as it says it itself.
struct ChainPlace {
  std::uint64_t number = 0;
  UtcTime at{};
  std::string previous;  ///< empty: it is the first
  std::string hash;
};

/// A record (a JSON object with members) with its place after `before` and its hash.
std::string chained(std::string_view record, const ChainHead& before, UtcTime at);

/// The place of a record; nothing where it ends in none. Whether its hash is right is another
/// question: see right_hash().
std::optional<ChainPlace> chain_place(std::string_view record);

/// The record as it was before it got its place and hash.
std::string unchained(std::string_view record);

/// The hash that a record ends in; nothing where it has none. Views the argument.
std::optional<std::string_view> stated_hash(std::string_view record);

/// The hash that a record which ends in one should have.
std::string right_hash(std::string_view record);

/// Whether a text could be a hash: 64 lower-case hexadecimal digits.
bool is_hash(std::string_view text);

}  // namespace sotto::rollout_controller
