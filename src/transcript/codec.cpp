#include "transcript/codec.hpp"

#include <simdjson.h>

#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include "json/text.hpp"

namespace sotto::transcript {

namespace {

namespace ondemand = simdjson::ondemand;

tl::unexpected<Error> malformed(std::string field, std::string_view expected) {
  return fail(ErrorCode::invalid_argument,
              "transcript event: " + field + " must be " + std::string(expected), field);
}

// A member's name as it stands in the JSON text, behind its opening quote.
class Name {
 public:
  explicit Name(ondemand::raw_json_string name) : raw_(name.raw()) {}
  char first() const { return *raw_; }
  template <std::size_t N>
  bool operator==(const char (&name)[N]) const {  // the text is padded, so that N bytes are there
    return std::memcmp(raw_, name, N - 1) == 0 && raw_[N - 1] == '"';
  }

 private:
  const char* raw_;
};

// As ==, but of a known length, which compiles to one comparison.
template <std::size_t N>
bool is(std::string_view token, const char (&word)[N]) {
  return token.size() == N - 1 && std::memcmp(token.data(), word, N - 1) == 0;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view token_of(ondemand::value& value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

// "12.345" as 12345; nothing where it is written otherwise or has more than nine digits before the
// point or three behind it, which the general way then reads.
std::optional<milliseconds> plain_seconds(std::string_view token) {
  std::size_t at = 0;
  std::int64_t ms = 0;
  while (at < token.size() && at < 10 && is_digit(token[at])) ms = ms * 10 + (token[at++] - '0');
  if (at == 0 || at > 9 || (token[0] == '0' && at > 1)) return std::nullopt;
  ms *= 1000;
  if (at == token.size()) return milliseconds{ms};
  if (token[at++] != '.' || at == token.size()) return std::nullopt;
  for (std::int64_t unit = 100; at < token.size() && is_digit(token[at]); ++at, unit /= 10) {
    if (unit == 0) return std::nullopt;
    ms += unit * (token[at] - '0');
  }
  return at == token.size() ? std::optional(milliseconds{ms}) : std::nullopt;
}

// Reads optional members: a null one leaves `out` alone, a wrong type is an error that names the
// member. Texts view the JSON itself, or, where they have escapes, the parser's memory.
class Reader {
 public:
  Reader() = default;
  /// `json` is the whole message: where it has no escape, no string is looked through for one.
  explicit Reader(std::string_view json)
      : escapes_(std::memchr(json.data(), '\\', json.size()) != nullptr) {}

  void text(ondemand::value value, const char* name, std::string_view& out) {
    const std::string_view token = token_of(value);
    if (is(token, "null")) return;
    if (token.size() < 2 || token.front() != '"' || token.back() != '"')
      return mark(name, "a string");
    out = token.substr(1, token.size() - 2);
    if (!escapes_ || std::memchr(out.data(), '\\', out.size()) == nullptr) return;
    std::string_view unescaped;
    if (value.get_string().get(unescaped)) return mark(name, "a string");
    out = unescaped;
  }

  void time(ondemand::value value, const char* name, SessionTime& out) {
    const std::string_view token = token_of(value);
    if (const auto ms = plain_seconds(token); ms && *ms <= max_time) {
      out = SessionTime{*ms};
      return;
    }
    if (is(token, "null")) return;
    double seconds = -1;
    if (value.get_double().get(seconds) || !(seconds >= 0 && seconds <= to_seconds(max_time)))
      return mark(name, "seconds from 0 to 10000000");
    out = SessionTime{milliseconds{std::llround(seconds * 1000)}};
  }

  // Whether there was one.
  bool flag(ondemand::value value, const char* name, bool& out) {
    const std::string_view token = token_of(value);
    out = is(token, "true");
    if (out || is(token, "false")) return true;
    if (!is(token, "null")) mark(name, "true or false");
    return false;
  }

  void number(ondemand::value value, const char* name, const char* expected, double most,
              std::optional<double>& out) {
    const std::string_view token = token_of(value);
    if (is(token, "null")) return;
    // Whole numbers, as times in milliseconds are, need no floating point to be read.
    if (std::uint32_t whole = 0; token.size() < 10) {
      const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), whole);
      if (error == std::errc() && end == token.data() + token.size() && whole <= most &&
          (token.front() != '0' || token.size() == 1)) {
        out = whole;
        return;
      }
    }
    double number = -1;
    if (value.get_double().get(number) || !(number >= 0 && number <= most))
      return mark(name, expected);
    out = number;
  }

  // Transcribe's streams have a number here, its files ("batch") the same as a string.
  void confidence(ondemand::value value, std::optional<float>& out) {
    constexpr const char *name = "Confidence", *expected = "a number from 0 to 1";
    std::string_view token = token_of(value);
    if (token.size() < 2 || token.front() != '"' || token.back() != '"') {
      std::optional<double> read;
      number(value, name, expected, 1, read);
      if (read) out = static_cast<float>(*read);
      return;
    }
    token = token.substr(1, token.size() - 2);
    float read = -1;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), read);
    if (error != std::errc() || end != token.data() + token.size() || !(read >= 0 && read <= 1))
      return mark(name, expected);
    out = read;
  }

  void mark(const char* field, const char* expected) {
    if (!field_) field_ = field, expected_ = expected;
  }
  bool failed() const { return field_ != nullptr; }
  tl::unexpected<Error> error() const { return malformed(field_, expected_); }

 private:
  static constexpr milliseconds max_time{10'000'000'000};

  bool escapes_ = true;
  const char* field_ = nullptr;
  const char* expected_ = nullptr;
};

// Hands each member of `object` to `read(Name, value)` until one is wrong.
template <class Read>
void each_member(ondemand::object object, const char* of, Reader& reader, Read read) {
  for (auto field : object) {
    ondemand::raw_json_string key;
    ondemand::value value;
    if (field.key().get(key) || field.value().get(value))
      return reader.mark(of, "well-formed JSON");
    read(Name(key), value);
    if (reader.failed()) return;
  }
}

Item read_item(ondemand::object object, Reader& reader) {
  Item item;
  each_member(object, "Items", reader, [&](Name name, ondemand::value value) {
    switch (name.first()) {
      case 'C':
        if (name == "Content") return reader.text(value, "Content", item.content);
        if (name == "Confidence") reader.confidence(value, item.confidence);
        return;
      case 'S':
        if (name == "StartTime") return reader.time(value, "StartTime", item.start);
        if (bool stable = false; name == "Stable" && reader.flag(value, "Stable", stable))
          item.stable = stable ? StableFlag::stable : StableFlag::unstable;
        return;
      case 'E':
        if (name == "EndTime") reader.time(value, "EndTime", item.end);
        return;
      case 'T':
        if (std::string_view kind; name == "Type") {
          reader.text(value, "Type", kind);
          if (is(kind, "punctuation")) item.kind = ItemKind::punctuation;
        }
        return;
      default: return;
    }
  });
  return item;
}

}  // namespace

struct Decoder::Impl {
  ondemand::parser parser{Decoder::max_bytes + simdjson::SIMDJSON_PADDING};
  Reader reader;

  Result<Envelope> decode(std::string_view json, Event& event);
  void read_envelope(ondemand::object root, Envelope& envelope, Event& event);
  void read_results(ondemand::value transcript, Event& event);
  void read_result(ondemand::object object, Event& event);
  void read_alternatives(ondemand::value alternatives, Event& event, std::string_view& transcript);
  void read_items(ondemand::value items, Event& event);
};

void Decoder::Impl::read_items(ondemand::value items, Event& event) {
  ondemand::array list;
  if (items.get_array().get(list)) return reader.mark("Items", "an array");
  for (auto element : list) {
    ondemand::object object;
    if (element.get_object().get(object)) return reader.mark("Items", "an array of objects");
    event.add_item(read_item(object, reader));
    if (reader.failed()) return;
  }
}

void Decoder::Impl::read_alternatives(ondemand::value alternatives, Event& event,
                                      std::string_view& transcript) {
  ondemand::array list;
  if (alternatives.get_array().get(list)) return reader.mark("Alternatives", "an array");
  bool first = true;
  for (auto entry : list) {
    if (!std::exchange(first, false)) continue;
    ondemand::object alternative;
    if (entry.get_object().get(alternative))
      return reader.mark("Alternatives", "an array of objects");
    each_member(alternative, "Alternatives", reader, [&](Name name, ondemand::value value) {
      if (name == "Transcript") return reader.text(value, "Transcript", transcript);
      if (name == "Items") read_items(value, event);
    });
    if (reader.failed()) return;
  }
}

void Decoder::Impl::read_result(ondemand::object object, Event& event) {
  Event::Header header;
  event.begin_result(header);
  each_member(object, "Results", reader, [&](Name name, ondemand::value value) {
    if (name == "ResultId") return reader.text(value, "ResultId", header.id);
    if (name == "ChannelId") return reader.text(value, "ChannelId", header.channel);
    if (name == "StartTime") return reader.time(value, "StartTime", header.start);
    if (name == "EndTime") return reader.time(value, "EndTime", header.end);
    if (name == "IsPartial") reader.flag(value, "IsPartial", header.is_partial);
    if (name == "Alternatives") read_alternatives(value, event, header.transcript);
  });
  event.set_header(header);
}

void Decoder::Impl::read_results(ondemand::value transcript, Event& event) {
  ondemand::object object;
  if (transcript.get_object().get(object)) return reader.mark("Transcript", "an object");
  ondemand::array results;
  const auto error = object["Results"].get_array().get(results);
  if (error == simdjson::NO_SUCH_FIELD) return;
  if (error) return reader.mark("Results", "an array");
  for (auto element : results) {
    ondemand::object result;
    if (element.get_object().get(result)) return reader.mark("Results", "an array of objects");
    read_result(result, event);
    if (reader.failed()) return;
  }
}

void Decoder::Impl::read_envelope(ondemand::object root, Envelope& envelope, Event& event) {
  each_member(root, "event", reader, [&](Name name, ondemand::value value) {
    if (name == "Transcript") return read_results(value, event);
    if (name == "SessionId") return reader.text(value, "SessionId", envelope.session);
    if (name == "Language") return reader.text(value, "Language", envelope.language);
    if (name == "ArrivalMs") {
      std::optional<double> ms;
      reader.number(value, "ArrivalMs", "milliseconds from 0 to 10000000000", 1e10, ms);
      if (ms) envelope.arrival = SessionTime{milliseconds{std::llround(*ms)}};
    }
  });
}

Result<Envelope> Decoder::Impl::decode(std::string_view json, Event& event) {
  event.clear();
  if (json.size() > max_bytes)
    return malformed("event", "at most " + std::to_string(max_bytes) + " bytes");
  const std::string_view held = event.hold(json, simdjson::SIMDJSON_PADDING);
  reader = Reader(held);
  Envelope envelope;
  ondemand::document document;
  ondemand::object root;
  const simdjson::padded_string_view input(held.data(), held.size(),
                                           held.size() + simdjson::SIMDJSON_PADDING);
  if (parser.iterate(input).get(document) || document.get_object().get(root))
    return malformed("event", "one JSON object");
  read_envelope(root, envelope, event);
  if (!reader.failed() && document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    reader.mark("event", "one JSON object and nothing after it");
  if (!reader.failed()) return envelope;
  event.clear();
  return reader.error();
}

Decoder::Decoder() : impl_(std::make_unique<Impl>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Result<Envelope> Decoder::decode(std::string_view json, Event& event) {
  return impl_->decode(json, event);
}

namespace {

boost::json::object to_json(const Item& item) {
  boost::json::object out;
  out["StartTime"] = to_seconds(item.start);
  out["EndTime"] = to_seconds(item.end);
  out["Type"] = item.kind == ItemKind::punctuation ? "punctuation" : "pronunciation";
  out["Content"] = item.content;
  if (item.stable != StableFlag::missing) out["Stable"] = item.stable == StableFlag::stable;
  if (item.confidence) out["Confidence"] = *item.confidence;
  return out;
}

boost::json::object to_json(const RecognitionResult& result) {
  boost::json::array items;
  for (const Item& item : result.items) items.push_back(to_json(item));
  boost::json::object alternative{{"Transcript", result.transcript}, {"Items", std::move(items)}};
  boost::json::object out;
  out["ResultId"] = result.id;
  out["StartTime"] = to_seconds(result.start);
  out["EndTime"] = to_seconds(result.end);
  out["IsPartial"] = result.is_partial;
  if (!result.channel.empty()) out["ChannelId"] = result.channel;
  out["Alternatives"] = boost::json::array{std::move(alternative)};
  return out;
}

}  // namespace

std::string encode(const Event& event, const Envelope& envelope) {
  boost::json::object out;
  if (!envelope.session.empty()) out["SessionId"] = envelope.session;
  if (envelope.arrival) out["ArrivalMs"] = envelope.arrival->time_since_epoch().count();
  if (!envelope.language.empty()) out["Language"] = envelope.language;
  boost::json::array results;
  for (std::size_t i = 0; i < event.size(); ++i) results.push_back(to_json(event[i]));
  out["Transcript"] = boost::json::object{{"Results", std::move(results)}};
  return json::to_text(out);
}

}  // namespace sotto::transcript
