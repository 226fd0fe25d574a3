#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"

/// AWS's event stream encoding, `application/vnd.amazon.eventstream` (Amazon Transcribe Developer
/// Guide, "Event stream encoding"; Smithy, "Amazon Event Stream Specification"). Big-endian: total
/// length (4), length of the headers (4), CRC-32 of those 8 bytes (4), headers, payload, CRC-32 of
/// everything before it (4).
namespace sotto::providers::aws {

using EventBytes = std::vector<std::uint8_t>;
using EventUuid = std::array<std::uint8_t, 16>;

/// A header's value, in the ten types of the wire (true and false are two of them). Times are in
/// milliseconds since 1970.
using EventValue = std::variant<bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                                EventBytes, std::string, UtcTime, EventUuid>;

struct EventHeader {
  std::string name = {};
  EventValue value = {};
  friend bool operator==(const EventHeader&, const EventHeader&) = default;
};

struct EventMessage {
  std::vector<EventHeader> headers = {};
  std::string payload = {};
  friend bool operator==(const EventMessage&, const EventMessage&) = default;

  /// The text of a header such as `:event-type`; empty where there is none of that name and type.
  std::string_view text(std::string_view name) const;
};

/// The wire's limits on a message, with its frame, and on its headers.
inline constexpr std::size_t largest_event = 16 << 20, largest_event_headers = 128 << 10;
/// What a decoder takes unless told otherwise: a hundred times what Transcribe sends.
inline constexpr std::size_t usual_largest_event = 1 << 20;

/// One message as it goes out. Pure. Errors: `invalid_argument`, the header's name as the field,
/// for a name of 0 or more than 127 bytes, a text or bytes of more than 32,767, or a name that
/// comes twice; and for headers or a message beyond the limits.
Result<std::string> encode_event(std::span<const EventHeader> headers, std::string_view payload);

/// CRC-32 as zlib's and as Ethernet's (polynomial 0xEDB88320), continued from `crc`.
std::uint32_t crc32(std::string_view bytes, std::uint32_t crc = 0);

/// Takes a stream apart, however it is cut. Not thread-safe.
class EventDecoder {
 public:
  /// `largest`: the largest message taken, with its frame; at most largest_event.
  explicit EventDecoder(std::size_t largest = usual_largest_event);

  /// More of the stream. It is kept until next() has taken it.
  void feed(std::string_view bytes);

  /// The next whole message; nothing until more is fed. Errors: `invalid_argument`, the field one
  /// of `prelude_crc`, `message_crc`, `total_length`, `headers_length`, `header`. After an error
  /// there is no way back into the stream: it is the answer from then on.
  Result<std::optional<EventMessage>> next();

  /// The stream has ended: an error (`unavailable`, field `total_length`) where it ended within a
  /// message, or next()'s where that had one.
  Result<> finish() const;

 private:
  Result<std::optional<EventMessage>> broken(Error error);
  std::optional<Error> check_prelude(std::string_view prelude) const;

  const std::size_t largest_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what is not taken yet
  std::optional<Error> error_;
};

}  // namespace sotto::providers::aws
