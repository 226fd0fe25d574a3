#pragma once

#include <string_view>

namespace sotto::rollout {

/// How many buckets there are.
inline constexpr int bucket_count = 100;

/// A session's bucket, 0 to 99: the first four bytes of SHA-256 (FIPS 180-4) of its id, big-endian,
/// modulo 100. The remainder favours the lowest 96 buckets by 2.3e-8 of their share. With a salt,
/// of `SALT:ID` instead, so that another experiment picks other sessions. Allocates nothing after a
/// thread's first call. Thread-safe.
int bucket_of(std::string_view session_id, std::string_view salt = {});

}  // namespace sotto::rollout
