#include "providers/aws/transcribe/event_stream.hpp"

#include <algorithm>
#include <type_traits>

#include "base/overloaded.hpp"

namespace sotto::providers::aws {

namespace {

constexpr std::size_t prelude_size = 12, frame_size = 16;
constexpr std::size_t longest_name = 127, longest_value = 32'767;

enum class Type : std::uint8_t {
  true_value,
  false_value,
  int8,
  int16,
  int32,
  int64,
  bytes,
  text,
  timestamp,
  uuid
};

constexpr auto crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1U ^ (value & 1U ? 0xEDB88320U : 0U);
    table[i] = value;
  }
  return table;
}();

template <class Number>
void put(std::string& out, Number number) {
  const auto bits = static_cast<std::make_unsigned_t<Number>>(number);
  for (std::size_t i = sizeof(Number); i-- > 0;)
    out += static_cast<char>(static_cast<std::uint64_t>(bits) >> (8 * i) & 0xFFU);
}

// Of the first bytes of `in`, which must be there.
template <class Number>
Number get(std::string_view in) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    bits = bits << 8U | static_cast<unsigned char>(in[i]);
  return static_cast<Number>(static_cast<std::make_unsigned_t<Number>>(bits));
}

tl::unexpected<Error> wrong(std::string what, std::string field) {
  return fail(ErrorCode::invalid_argument, "event stream: " + std::move(what), std::move(field));
}

void put_sized(std::string& out, Type type, std::string_view value) {
  put(out, static_cast<std::uint8_t>(type));
  put(out, static_cast<std::uint16_t>(value.size()));
  out += value;
}

void put_value(std::string& out, const EventValue& value) {
  const auto number = [&](Type type, auto of_type) {
    put(out, static_cast<std::uint8_t>(type));
    put(out, of_type);
  };
  const auto view = [](const auto& bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  std::visit(Overloaded{
                 [&](bool yes) {
                   put(out, static_cast<std::uint8_t>(yes ? Type::true_value : Type::false_value));
                 },
                 [&](std::int8_t one) { number(Type::int8, one); },
                 [&](std::int16_t one) { number(Type::int16, one); },
                 [&](std::int32_t one) { number(Type::int32, one); },
                 [&](std::int64_t one) { number(Type::int64, one); },
                 [&](const EventBytes& bytes) { put_sized(out, Type::bytes, view(bytes)); },
                 [&](const std::string& text) { put_sized(out, Type::text, text); },
                 [&](UtcTime time) {
                   number(Type::timestamp,
                          static_cast<std::int64_t>(time.time_since_epoch().count()));
                 },
                 [&](const EventUuid& uuid) {
                   put(out, static_cast<std::uint8_t>(Type::uuid));
                   out += view(uuid);
                 },
             },
             value);
}

std::size_t value_size(const EventValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size();
  if (const auto* bytes = std::get_if<EventBytes>(&value)) return bytes->size();
  return 0;
}

bool has_name(std::span<const EventHeader> headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const EventHeader& header) { return header.name == name; });
}

// How many bytes a value of that type takes, at the beginning of `in`, with its length where it has
// one; nothing for an unknown type or a length that is not there yet.
std::optional<std::size_t> size_of(Type type, std::string_view in) {
  switch (type) {
    case Type::true_value:
    case Type::false_value: return 0;
    case Type::int8: return 1;
    case Type::int16: return 2;
    case Type::int32: return 4;
    case Type::int64:
    case Type::timestamp: return 8;
    case Type::uuid: return 16;
    case Type::bytes:
    case Type::text:
      if (in.size() < 2) return std::nullopt;
      return 2 + std::size_t{get<std::uint16_t>(in)};
  }
  return std::nullopt;
}

// `in` is what size_of() said.
EventValue value_of(Type type, std::string_view in) {
  switch (type) {
    case Type::true_value: return true;
    case Type::false_value: return false;
    case Type::int8: return get<std::int8_t>(in);
    case Type::int16: return get<std::int16_t>(in);
    case Type::int32: return get<std::int32_t>(in);
    case Type::int64: return get<std::int64_t>(in);
    case Type::bytes: return EventBytes(in.begin() + 2, in.end());
    case Type::text: return std::string(in.substr(2));
    case Type::timestamp: return UtcTime{milliseconds{get<std::int64_t>(in)}};
    case Type::uuid: break;
  }
  EventUuid uuid{};
  std::copy(in.begin(), in.end(), uuid.begin());
  return uuid;
}

Result<std::vector<EventHeader>> parse_headers(std::string_view in) {
  std::vector<EventHeader> headers;
  while (!in.empty()) {
    const std::size_t length = get<std::uint8_t>(in);
    if (length == 0 || in.size() < length + 2)
      return wrong("a header's name is empty or does not fit", "header");
    std::string name(in.substr(1, length));
    const auto type = static_cast<Type>(get<std::uint8_t>(in.substr(length + 1)));
    in.remove_prefix(length + 2);
    const auto size = size_of(type, in);
    if (!size || *size > in.size())
      return wrong("a header is of an unknown type, or its value does not fit", "header");
    if (has_name(headers, name)) return wrong("a header comes twice", "header");
    headers.push_back({std::move(name), value_of(type, in.substr(0, *size))});
    in.remove_prefix(*size);
  }
  return headers;
}

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t crc) {
  crc = ~crc;
  for (const char c : bytes)
    crc = crc_table[(crc ^ static_cast<unsigned char>(c)) & 0xFFU] ^ crc >> 8U;
  return ~crc;
}

std::string_view EventMessage::text(std::string_view name) const {
  for (const EventHeader& header : headers)
    if (header.name == name)
      if (const auto* value = std::get_if<std::string>(&header.value)) return *value;
  return {};
}

Result<std::string> encode_event(std::span<const EventHeader> headers, std::string_view payload) {
  std::string out;
  out.reserve(frame_size + payload.size() + 64 * headers.size());
  out.resize(prelude_size);
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto& [name, value] = headers[i];
    if (name.empty() || name.size() > longest_name)
      return wrong("a header's name has 1 to 127 bytes", name.substr(0, longest_name));
    if (value_size(value) > longest_value)
      return wrong("a header's value has at most 32,767 bytes", name);
    if (has_name(headers.first(i), name)) return wrong("a header may come once", name);
    put(out, static_cast<std::uint8_t>(name.size()));
    out += name;
    put_value(out, value);
  }
  const std::size_t headers_size = out.size() - prelude_size;
  if (headers_size > largest_event_headers)
    return wrong("headers have at most 128 KiB", "headers_length");
  if (payload.size() > largest_event - headers_size - frame_size)
    return wrong("a message has at most 16 MiB", "total_length");
  std::string prelude;
  put(prelude, static_cast<std::uint32_t>(headers_size + payload.size() + frame_size));
  put(prelude, static_cast<std::uint32_t>(headers_size));
  put(prelude, crc32(prelude));
  out.replace(0, prelude_size, prelude);
  out += payload;
  put(out, crc32(out));
  return out;
}

EventDecoder::EventDecoder(std::size_t largest) : largest_(std::min(largest, largest_event)) {}

void EventDecoder::feed(std::string_view bytes) {
  if (error_) return;
  if (begin_ > buffer_.size() / 2) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  buffer_ += bytes;
}

Result<std::optional<EventMessage>> EventDecoder::next() {
  if (error_) return tl::unexpected(*error_);
  const std::string_view in = std::string_view(buffer_).substr(begin_);
  if (in.size() < prelude_size) return std::nullopt;
  if (auto error = check_prelude(in)) return broken(std::move(*error));
  const std::size_t total = get<std::uint32_t>(in), headers_size = get<std::uint32_t>(in.substr(4));
  if (in.size() < total) return std::nullopt;
  if (crc32(in.substr(0, total - 4)) != get<std::uint32_t>(in.substr(total - 4)))
    return broken(wrong("the checksum of a message is wrong", "message_crc").value());
  auto headers = parse_headers(in.substr(prelude_size, headers_size));
  if (!headers) return broken(std::move(headers.error()));
  EventMessage message{
      std::move(*headers),
      std::string(in.substr(prelude_size + headers_size, total - frame_size - headers_size))};
  begin_ += total;
  return message;
}

std::optional<Error> EventDecoder::check_prelude(std::string_view prelude) const {
  if (crc32(prelude.substr(0, 8)) != get<std::uint32_t>(prelude.substr(8)))
    return wrong("the checksum of a message's lengths is wrong", "prelude_crc").value();
  const std::size_t total = get<std::uint32_t>(prelude);
  const std::size_t headers_size = get<std::uint32_t>(prelude.substr(4));
  if (total < frame_size || total > largest_)
    return wrong("a message of " + std::to_string(total) + " bytes, which has 16 to " +
                     std::to_string(largest_),
                 "total_length")
        .value();
  if (headers_size > total - frame_size || headers_size > largest_event_headers)
    return wrong("headers of " + std::to_string(headers_size) + " bytes in a message of " +
                     std::to_string(total),
                 "headers_length")
        .value();
  return std::nullopt;
}

Result<std::optional<EventMessage>> EventDecoder::broken(Error error) {
  error_ = std::move(error);
  buffer_.clear();
  begin_ = 0;
  return tl::unexpected(*error_);
}

Result<> EventDecoder::finish() const {
  if (error_) return tl::unexpected(*error_);
  if (buffer_.size() == begin_) return {};
  return fail(ErrorCode::unavailable, "event stream: it ended in the middle of a message",
              "total_length");
}

}  // namespace sotto::providers::aws
