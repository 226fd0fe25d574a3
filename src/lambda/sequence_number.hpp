#pragma once

#include <algorithm>
#include <string_view>

namespace sotto::lambda {

/// Whether it has the form of a record's sequence number: `0`, or 1 to 129 decimal digits without a
/// leading zero. Source: `SequenceNumber` in
/// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html
inline bool is_sequence_number(std::string_view text) {
  const bool digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && !text.empty() && text.size() <= 129 && (text.front() != '0' || text == "0");
}

/// Whether sequence number `a` comes before `b`, as numbers: they are far larger than 64 bits. An
/// empty one comes before all others.
inline bool comes_before(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace sotto::lambda
