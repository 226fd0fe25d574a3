#include "transcript/codec.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <cstring>

#include "json/text.hpp"
#include "transcript/json_cursor.hpp"
#include "transcript/json_values.hpp"

namespace sotto::transcript {

namespace {

tl::unexpected<Error> malformed(std::string field, std::string_view expected) {
  return fail(ErrorCode::invalid_argument,
              "transcript event: " + field + " must be " + std::string(expected), field);
}

// A member's name as it stands in the JSON text, behind its opening quote.
class Name {
 public:
  explicit Name(const char* name) : raw_(name) {}
  char first() const { return *raw_; }
  template <std::size_t N>
  bool operator==(const char (&name)[N]) const {  // the text is padded, so that N bytes are there
    return std::memcmp(raw_, name, N - 1) == 0 && raw_[N - 1] == '"';
  }

 private:
  const char* raw_;
};

// Hands each member of the object that stands at `at` to `read(Name, place of the value)`, which
// gives the place behind the value, or the same place where it does not want it. Gives the place
// behind the object; any after an error.
template <class Read>
JsonCursor each_member(JsonCursor at, const char* of, JsonValues& values, Read read) {
  if (at.next().at('}')) return at.next().next();
  for (;;) {
    at = at.next();
    if (!at.at_member()) break;
    const JsonCursor value = at.value();
    at = read(Name(at.name()), value);
    if (values.failed()) return at;
    if (at == value) at = value.behind_value();
    if (at == value) break;
    if (at.at('}')) return at.next();
    if (!at.at(',')) break;
  }
  values.mark(of, "well-formed JSON");
  return at;
}

// The same with each element of the array that stands at `at`, which must be an object.
template <class Read>
JsonCursor each_object(JsonCursor at, const char* of, JsonValues& values, Read read) {
  if (!at.at('[')) {
    values.mark(of, "an array");
    return at;
  }
  if (at.next().at(']')) return at.next().next();
  for (;;) {
    at = at.next();
    if (!at.at('{')) break;
    at = read(at);
    if (values.failed()) return at;
    if (at.at(']')) return at.next();
    if (!at.at(',')) break;
  }
  values.mark(of, "an array of objects");
  return at;
}

JsonCursor read_item(JsonCursor at, JsonValues& values, Item& item) {
  return each_member(at, "Items", values, [&](Name name, JsonCursor value) {
    switch (name.first()) {
      case 'C':
        if (name == "Content") return values.text(value, "Content", item.content);
        if (name == "Confidence") return values.confidence(value, item.confidence);
        break;
      case 'S':
        if (name == "StartTime") return values.time(value, "StartTime", item.start);
        if (bool stable = false, known = false; name == "Stable") {
          const JsonCursor behind = values.flag(value, "Stable", stable, known);
          if (known) item.stable = stable ? StableFlag::stable : StableFlag::unstable;
          return behind;
        }
        break;
      case 'E':
        if (name == "EndTime") return values.time(value, "EndTime", item.end);
        break;
      case 'T':
        if (std::string_view kind; name == "Type") {
          const JsonCursor behind = values.text(value, "Type", kind);
          if (is_word(kind, "punctuation")) item.kind = ItemKind::punctuation;
          return behind;
        }
        break;
      default: break;
    }
    return value;
  });
}

}  // namespace

struct Decoder::Impl {
  JsonTokens tokens;
  JsonValues values;

  Result<Envelope> decode(std::string_view json, Event& event);
  JsonCursor read_envelope(JsonCursor at, Envelope& envelope, Event& event);
  JsonCursor read_transcript(JsonCursor at, Event& event);
  JsonCursor read_result(JsonCursor at, Event& event);
  JsonCursor read_alternatives(JsonCursor at, Event& event, std::string_view& transcript);
};

JsonCursor Decoder::Impl::read_alternatives(JsonCursor at, Event& event,
                                            std::string_view& transcript) {
  bool first = true;
  return each_object(at, "Alternatives", values, [&](JsonCursor alternative) {
    if (!std::exchange(first, false)) return alternative.behind_value();
    return each_member(alternative, "Alternatives", values, [&](Name name, JsonCursor value) {
      if (name == "Transcript") return values.text(value, "Transcript", transcript);
      if (name != "Items") return value;
      return each_object(value, "Items", values, [&](JsonCursor item) {
        return event.read_item([&](Item& read) { return read_item(item, values, read); });
      });
    });
  });
}

JsonCursor Decoder::Impl::read_result(JsonCursor at, Event& event) {
  Event::Header header;
  event.begin_result(header);
  at = each_member(at, "Results", values, [&](Name name, JsonCursor value) {
    if (name == "ResultId") return values.text(value, "ResultId", header.id);
    if (name == "ChannelId") return values.text(value, "ChannelId", header.channel);
    if (name == "StartTime") return values.time(value, "StartTime", header.start);
    if (name == "EndTime") return values.time(value, "EndTime", header.end);
    if (bool known = false; name == "IsPartial")
      return values.flag(value, "IsPartial", header.is_partial, known);
    if (name == "Alternatives") return read_alternatives(value, event, header.transcript);
    return value;
  });
  event.set_header(header);
  return at;
}

JsonCursor Decoder::Impl::read_transcript(JsonCursor at, Event& event) {
  if (!at.at('{')) {
    values.mark("Transcript", "an object");
    return at;
  }
  bool first = true;
  return each_member(at, "Results", values, [&](Name name, JsonCursor value) {
    if (name != "Results" || !std::exchange(first, false)) return value;
    return each_object(value, "Results", values,
                       [&](JsonCursor result) { return read_result(result, event); });
  });
}

JsonCursor Decoder::Impl::read_envelope(JsonCursor at, Envelope& envelope, Event& event) {
  return each_member(at, "event", values, [&](Name name, JsonCursor value) {
    if (name == "Transcript") return read_transcript(value, event);
    if (name == "SessionId") return values.text(value, "SessionId", envelope.session);
    if (name == "Language") return values.text(value, "Language", envelope.language);
    if (name != "ArrivalMs") return value;
    std::optional<double> ms;
    value = values.number(value, "ArrivalMs", "milliseconds from 0 to 10000000000", 1e10, ms);
    if (ms) envelope.arrival = SessionTime{milliseconds{std::llround(*ms)}};
    return value;
  });
}

Result<Envelope> Decoder::Impl::decode(std::string_view json, Event& event) {
  event.clear();
  if (json.size() > max_bytes)
    return malformed("event", "at most " + std::to_string(max_bytes) + " bytes");
  const std::string_view held = event.hold(json, simdjson::SIMDJSON_PADDING);
  values.begin(held);
  Envelope envelope;
  if (!tokens.find(held) || !tokens.first().at('{') || !tokens.last().at('}'))
    return malformed("event", "one JSON object");
  const JsonCursor end = read_envelope(tokens.first(), envelope, event);
  if (!values.failed() && end != tokens.last().next())
    values.mark("event", "one JSON object and nothing after it");
  if (!values.failed()) return envelope;
  event.clear();
  return malformed(values.field(), values.expected());
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
