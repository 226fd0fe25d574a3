#include "providers/aws/dynamodb/dynamodb_session_items.hpp"

#include <chrono>
#include <limits>
#include <utility>

namespace sotto::providers::aws::dynamodb {

namespace {

namespace json = boost::json;
using ports::StoredCaption;
using ports::StoredFeedback;
using ports::StoredSession;

constexpr std::size_t segment_digits = 10;  // of 2^32
constexpr std::size_t longest_language = 64;

std::int64_t ms(UtcTime time) { return time.time_since_epoch().count(); }
std::int64_t ms(SessionTime time) { return time.time_since_epoch().count(); }

json::object flag(bool value) { return {{"BOOL", value}}; }

Item key(const SessionId& id, std::string place) {
  return {{"session_id", typed("S", id.str())}, {"item", typed("S", std::move(place))}};
}

std::optional<UtcTime> moment(const Item& item, std::string_view name) {
  const auto value = number_of<std::int64_t>(item, name);
  return value ? std::optional(UtcTime{milliseconds{*value}}) : std::nullopt;
}

}  // namespace

std::int64_t expiry(UtcTime at, std::chrono::seconds kept) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch() + kept).count();
}

Item session_key(const SessionId& id) { return key(id, "session"); }

Item session_item(const SessionRow& row) {
  const StoredSession& session = row.session;
  Item item = session_key(session.id);
  item["language"] = text(session.language.str());
  item["token_digest"] = text(session.token_digest);
  item["created_at_ms"] = number(ms(session.created_at));
  item["canary"] = flag(session.canary);
  item["partial_results"] = flag(session.partial_results);
  item["reason"] = text(session.reason);
  item["bucket"] = number(session.bucket);
  item["rollout_percentage"] = number(session.rollout_percentage);
  item["flag_version"] = number(session.flag_version);
  item["min_stability_threshold"] = number(session.min_stability_threshold);
  item["max_buffer_timeout_ms"] = number(session.max_buffer_timeout.count());
  item["generation"] = typed("S", row.generation);
  item["turn"] = number(row.turn);
  item["standing"] = typed("S", session.ended_at ? "ended" : "open");
  item["since_ms"] = number(ms(session.ended_at.value_or(session.created_at)));
  if (session.ended_at) {
    item["ended_at_ms"] = number(ms(*session.ended_at));
    item["expires_at"] = number(expiry(*session.ended_at, session_kept));
  }
  return item;
}

std::optional<SessionRow> session_of(const Item& item) {
  auto id = attribute(item, "session_id", "S");
  auto language = text_of(item, "language"), digest = text_of(item, "token_digest");
  auto reason = text_of(item, "reason"), generation = attribute(item, "generation", "S");
  const auto created = moment(item, "created_at_ms");
  if (!id || !language || !digest || !reason || !generation || !created) return std::nullopt;
  SessionRow row;
  row.session.id = SessionId{std::move(*id)};
  row.session.language = Language{std::move(*language)};
  row.session.token_digest = std::move(*digest);
  row.session.created_at = *created;
  row.session.ended_at = moment(item, "ended_at_ms");
  row.session.canary = flag_of(item, "canary");
  row.session.partial_results = flag_of(item, "partial_results");
  row.session.reason = std::move(*reason);
  row.session.bucket = number_of<int>(item, "bucket").value_or(0);
  row.session.rollout_percentage = number_of<int>(item, "rollout_percentage").value_or(0);
  row.session.flag_version = number_of<std::uint64_t>(item, "flag_version").value_or(0);
  row.session.min_stability_threshold =
      number_of<double>(item, "min_stability_threshold").value_or(0);
  row.session.max_buffer_timeout =
      milliseconds{number_of<milliseconds::rep>(item, "max_buffer_timeout_ms").value_or(0)};
  row.generation = std::move(*generation);
  row.turn = number_of<std::uint64_t>(item, "turn").value_or(0);
  row.heard = number_of<std::uint64_t>(item, "heard").value_or(0);
  return row;
}

std::string caption_place(const Language& language, std::uint32_t segment) {
  return "caption#" + language.str() + "#" + padded(segment, segment_digits);
}

Item caption_item(const SessionId& id, const std::string& generation, const StoredCaption& caption,
                  UtcTime now) {
  Item item =
      key(id, caption_place(caption.language, static_cast<std::uint32_t>(caption.segment.id)));
  item["seq"] = number(caption.segment.seq);
  item["text"] = text(caption.segment.text);
  item["start_ms"] = number(ms(caption.segment.start));
  item["end_ms"] = number(ms(caption.segment.end));
  item["generation"] = typed("S", generation);
  item["expires_at"] = number(expiry(now, caption_kept));
  return item;
}

std::optional<StoredCaption> caption_of(const Item& item, const Language& language) {
  const auto place = attribute(item, "item", "S");
  const std::string before = "caption#" + language.str() + "#";
  if (!place || !place->starts_with(before)) return std::nullopt;
  const auto segment = unpadded(std::string_view(*place).substr(before.size()), segment_digits);
  const auto seq = number_of<std::uint64_t>(item, "seq");
  const auto start = number_of<milliseconds::rep>(item, "start_ms");
  const auto end = number_of<milliseconds::rep>(item, "end_ms");
  auto words = text_of(item, "text");
  if (!segment || *segment > std::numeric_limits<std::uint32_t>::max() || !seq || !start || !end ||
      !words)
    return std::nullopt;
  return StoredCaption{{.seq = *seq,
                        .id = SegmentId{static_cast<std::uint32_t>(*segment)},
                        .text = std::move(*words),
                        .provisional = {},
                        .start = at_ms(*start),
                        .end = at_ms(*end)},
                       language};
}

Item feedback_key(const SessionId& id, const std::string& listener) {
  return key(id, "feedback#" + listener);
}

Item feedback_item(const SessionId& id, const std::string& generation,
                   const StoredFeedback& feedback, UtcTime now) {
  Item item = feedback_key(id, feedback.listener);
  item["rating"] = text(feedback.rating);
  item["language"] = text(feedback.language.str());
  item["at_ms"] = number(ms(feedback.at));
  item["generation"] = typed("S", generation);
  item["expires_at"] = number(expiry(now, caption_kept));
  return item;
}

Result<> fits(const StoredCaption& caption) {
  const std::string& language = caption.language.str();
  if (language.size() > longest_language || language.find('#') != std::string::npos)
    return fail(ErrorCode::invalid_argument,
                "language has " + std::to_string(language.size()) +
                    " bytes, must have 64 at the most, and no #",
                "language");
  if (caption.segment.text.size() > max_content)
    return fail(ErrorCode::resource_exhausted,
                "text has " + std::to_string(caption.segment.text.size()) + " bytes, may have " +
                    std::to_string(max_content),
                "text");
  return {};
}

}  // namespace sotto::providers::aws::dynamodb
