#include "transcript/codec.hpp"

#include <simdjson.h>

#include "json/text.hpp"
#include <boost/json.hpp>
#include <cmath>

namespace sotto::transcript {

namespace {

namespace ondemand = simdjson::ondemand;

tl::unexpected<Error> malformed(std::string field, std::string_view expected) {
  return fail(ErrorCode::invalid_argument,
              "transcript event: " + field + " must be " + std::string(expected), field);
}

// Reads optional members: a missing or null one leaves `out` alone, a wrong type is an error that
// names the member.
class Reader {
 public:
  void text(simdjson::simdjson_result<ondemand::value> value, const char* name,
            std::string_view& out) {
    if (absent(value)) return;
    std::string_view text;
    if (value.get_string().get(text)) return mark(name, "a string");
    out = text;
  }

  void time(simdjson::simdjson_result<ondemand::value> value, const char* name, SessionTime& out) {
    if (absent(value)) return;
    double seconds = 0;
    if (value.get_double().get(seconds) || !(seconds >= 0 && seconds <= 1e7))
      return mark(name, "seconds from 0 to 10000000");
    out = SessionTime{milliseconds{std::llround(seconds * 1000)}};
  }

  void flag(simdjson::simdjson_result<ondemand::value> value, const char* name, bool& out) {
    if (absent(value)) return;
    if (value.get_bool().get(out)) mark(name, "true or false");
  }

  void confidence(simdjson::simdjson_result<ondemand::value> value, std::optional<float>& out) {
    if (absent(value)) return;
    double number = 0;
    if (value.get_double().get(number) || !(number >= 0 && number <= 1))
      return mark("Confidence", "a number from 0 to 1");
    out = static_cast<float>(number);
  }

  void mark(const char* field, const char* expected) {
    if (!field_) field_ = field, expected_ = expected;
  }
  bool failed() const { return field_ != nullptr; }
  tl::unexpected<Error> error() const { return malformed(field_, expected_); }

 private:
  static bool absent(simdjson::simdjson_result<ondemand::value>& value) {
    bool null = false;
    if (value.error()) return true;
    return !value.is_null().get(null) && null;
  }

  const char* field_ = nullptr;
  const char* expected_ = nullptr;
};

Item read_item(ondemand::object object, Reader& reader) {
  Item item;
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key)) break;
    auto value = field.value();
    if (key == "Content") {
      reader.text(value, "Content", item.content);
    } else if (key == "StartTime") {
      reader.time(value, "StartTime", item.start);
    } else if (key == "EndTime") {
      reader.time(value, "EndTime", item.end);
    } else if (key == "Type") {
      std::string_view kind;
      reader.text(value, "Type", kind);
      if (kind == "punctuation") item.kind = ItemKind::punctuation;
    } else if (key == "Stable") {
      bool stable = false, known = true;
      if (value.is_null().get(known) == simdjson::SUCCESS && known) continue;
      reader.flag(value, "Stable", stable);
      item.stable = stable ? StableFlag::stable : StableFlag::unstable;
    } else if (key == "Confidence") {
      reader.confidence(value, item.confidence);
    }
  }
  return item;
}

}  // namespace

struct Decoder::Impl {
  ondemand::parser parser{Decoder::max_bytes + simdjson::SIMDJSON_PADDING};
  std::string padded;
  std::vector<Item> items;
  Reader reader;

  Result<Envelope> decode(std::string_view json, Event& event);
  void read_results(simdjson::simdjson_result<ondemand::value> transcript, Event& event);
  void read_result(ondemand::object object, Event& event);
  void read_alternative(simdjson::simdjson_result<ondemand::value> alternatives,
                        std::string_view& transcript);
};

void Decoder::Impl::read_alternative(simdjson::simdjson_result<ondemand::value> alternatives,
                                     std::string_view& transcript) {
  ondemand::array list;
  if (alternatives.get_array().get(list)) return reader.mark("Alternatives", "an array");
  bool first = true;
  for (auto entry : list) {
    if (!std::exchange(first, false)) continue;
    ondemand::object alternative;
    if (entry.get_object().get(alternative))
      return reader.mark("Alternatives", "an array of objects");
    for (auto field : alternative) {
      std::string_view key;
      if (field.unescaped_key().get(key)) return reader.mark("Alternatives", "well-formed JSON");
      if (key == "Transcript") {
        reader.text(field.value(), "Transcript", transcript);
      } else if (key == "Items") {
        ondemand::array list_of_items;
        if (field.value().get_array().get(list_of_items)) return reader.mark("Items", "an array");
        for (auto element : list_of_items) {
          ondemand::object object;
          if (element.get_object().get(object)) return reader.mark("Items", "an array of objects");
          items.push_back(read_item(object, reader));
          if (reader.failed()) return;
        }
      }
    }
  }
}

void Decoder::Impl::read_result(ondemand::object object, Event& event) {
  Event::Header header;
  items.clear();
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key)) return reader.mark("Results", "well-formed JSON");
    auto value = field.value();
    if (key == "ResultId") {
      reader.text(value, "ResultId", header.id);
    } else if (key == "ChannelId") {
      reader.text(value, "ChannelId", header.channel);
    } else if (key == "IsPartial") {
      reader.flag(value, "IsPartial", header.is_partial);
    } else if (key == "StartTime") {
      reader.time(value, "StartTime", header.start);
    } else if (key == "EndTime") {
      reader.time(value, "EndTime", header.end);
    } else if (key == "Alternatives") {
      read_alternative(value, header.transcript);
    }
    if (reader.failed()) return;
  }
  event.begin_result(header);
  for (const Item& item : items) event.add_item(item);
}

void Decoder::Impl::read_results(simdjson::simdjson_result<ondemand::value> transcript,
                                 Event& event) {
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

Result<Envelope> Decoder::Impl::decode(std::string_view json, Event& event) {
  event.clear();
  reader = Reader{};
  if (json.size() > max_bytes)
    return malformed("event", "at most " + std::to_string(max_bytes) + " bytes");
  padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  padded.assign(json);
  Envelope envelope;
  ondemand::document document;
  ondemand::object root;
  const simdjson::padded_string_view input(padded.data(), padded.size(), padded.capacity());
  if (parser.iterate(input).get(document) || document.get_object().get(root))
    return malformed("event", "one JSON object");
  for (auto field : root) {
    std::string_view key, text;
    if (field.unescaped_key().get(key)) {
      event.clear();
      return malformed("event", "well-formed JSON");
    }
    if (key == "Transcript") {
      read_results(field.value(), event);
    } else if (key == "SessionId") {
      reader.text(field.value(), "SessionId", text);
      envelope.session = SessionId{std::string(text)};
    } else if (key == "Language") {
      reader.text(field.value(), "Language", text);
      envelope.language = Language{std::string(text)};
    } else if (key == "ArrivalMs") {
      double ms = 0;
      if (field.value().get_double().get(ms) || !(ms >= 0 && ms <= 1e10))
        reader.mark("ArrivalMs", "milliseconds from 0 to 10000000000");
      else
        envelope.arrival = SessionTime{milliseconds{std::llround(ms)}};
    }
    if (reader.failed()) {
      event.clear();
      return reader.error();
    }
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    event.clear();
    return malformed("event", "one JSON object and nothing after it");
  }
  return envelope;
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
  if (!envelope.session.empty()) out["SessionId"] = envelope.session.str();
  if (envelope.arrival) out["ArrivalMs"] = envelope.arrival->time_since_epoch().count();
  if (!envelope.language.empty()) out["Language"] = envelope.language.str();
  boost::json::array results;
  for (std::size_t i = 0; i < event.size(); ++i) results.push_back(to_json(event[i]));
  out["Transcript"] = boost::json::object{{"Results", std::move(results)}};
  return json::to_text(out);
}

}  // namespace sotto::transcript
