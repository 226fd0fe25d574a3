// Fuzzes the decoder of AWS event streams. The first byte says how the rest is cut into pieces, its
// high bit that every frame's checksums are made right, so that what lies behind them is reached.
// Whatever comes, nothing crashes, the pieces decode as the whole does, and what is decoded is
// encoded to what decodes to the same.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "providers/aws/transcribe/event_stream.hpp"

namespace {

using namespace sotto;
using namespace sotto::providers::aws;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

struct Outcome {
  std::vector<EventMessage> messages;
  std::string error;  // its field
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome decode(std::string_view stream, std::size_t piece) {
  Outcome outcome;
  EventDecoder decoder(64 * 1024);
  while (!stream.empty()) {
    const std::string_view some = stream.substr(0, piece);
    stream.remove_prefix(some.size());
    decoder.feed(some);
    for (;;) {
      auto message = decoder.next();
      if (!message || !*message) break;
      outcome.messages.push_back(std::move(**message));
    }
  }
  if (const auto finished = decoder.finish(); !finished) outcome.error = finished.error().field;
  return outcome;
}

void put(std::string& stream, std::size_t at, std::uint32_t number) {
  for (std::size_t i = 0; i < 4; ++i)
    stream[at + i] = static_cast<char>(number >> (24 - 8 * i) & 0xFFU);
}

std::uint32_t get(std::string_view stream, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number = number << 8U | static_cast<unsigned char>(stream[at + i]);
  return number;
}

// Puts right checksums wherever a frame begins that fits.
void mend(std::string& stream) {
  for (std::size_t at = 0; at + 16 <= stream.size();) {
    put(stream, at + 8, crc32(std::string_view(stream).substr(at, 8)));
    const std::size_t total = get(stream, at);
    if (total < 16 || total > stream.size() - at) return;
    put(stream, at + total - 4, crc32(std::string_view(stream).substr(at, total - 4)));
    at += total;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] & 0x80U) mend(stream);
  const Outcome whole = decode(stream, std::max<std::size_t>(stream.size(), 1));
  require(decode(stream, 1 + (data[0] & 0x7FU)) == whole, "pieces decode as the whole does");
  for (const EventMessage& message : whole.messages) {
    const auto encoded = encode_event(message.headers, message.payload);
    if (!encoded) continue;  // the encoder allows less than the decoder
    const Outcome again = decode(*encoded, encoded->size());
    require(again.error.empty() && again.messages == std::vector{message},
            "a decoded message survives encoding");
  }
  return 0;
}
