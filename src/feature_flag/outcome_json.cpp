#include "feature_flag/outcome_json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <optional>
#include <utility>

#include "json/exact.hpp"
#include "json/members.hpp"
#include "json/text.hpp"
#include "rollout/flag.hpp"

namespace sotto::feature_flag {

namespace {

using boost::json::object;
using rollout::PairedFigures;
using rollout::SessionOutcome;

// The years that format_utc() can write, 0 to 9999.
constexpr UtcTime first_time{milliseconds{-62'167'219'200'000}};
constexpr UtcTime last_time{milliseconds{253'402'300'799'999}};

// As in RFC 5646, section 4.4.1.
bool is_language(std::string_view text) {
  constexpr std::size_t longest = 35;
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

// Reads members, and remembers the first that is not as it must be.
class MemberReader {
 public:
  MemberReader(const object& from, std::string prefix) : from_(&from), prefix_(std::move(prefix)) {}

  std::uint64_t count(std::string_view name) {
    const auto count = json::count_member(*from_, name);
    return count ? *count : refuse(name, "a whole number of 0 or more", std::uint64_t{0});
  }

  std::uint64_t count_if_there(std::string_view name) {
    return from_->contains(name) ? count(name) : 0;
  }

  double amount(std::string_view name) {
    const boost::json::value* value = from_->if_contains(name);
    const bool number = value && value->is_number();
    const double amount = number ? value->to_number<double>() : -1;
    return std::isfinite(amount) && amount >= 0 ? amount
                                                : refuse(name, "a number of 0 or more", 0.0);
  }

  std::optional<double> amount_if_there(std::string_view name) {
    if (!from_->contains(name)) return std::nullopt;
    return amount(name);
  }

  bool flag(std::string_view name) {
    const boost::json::value* value = from_->if_contains(name);
    return value && value->is_bool() ? value->as_bool() : refuse(name, "true or false", false);
  }

  std::string session_id(std::string_view name) {
    auto id = rollout::validate_session_id(json::text_member(*from_, name).value_or(""));
    return id ? std::move(*id) : refuse(name, "a session's id", std::string{});
  }

  UtcTime time(std::string_view name) {
    const auto time = parse_utc(json::text_member(*from_, name).value_or(""));
    return time ? *time : refuse(name, "a time such as 2026-01-31T12:00:00.000Z", UtcTime{});
  }

  int percentage(std::string_view name) {
    const auto count = json::count_member(*from_, name);
    return count && *count <= 100 ? static_cast<int>(*count)
                                  : refuse(name, "a whole number of 0 to 100", 0);
  }

  std::string language_if_there(std::string_view name) {
    if (!from_->contains(name)) return {};
    auto language = json::text_member(*from_, name);
    return language && is_language(*language) ? std::move(*language)
                                              : refuse(name, "a language's code", std::string{});
  }

  const object* object_if_there(std::string_view name) {
    const boost::json::value* value = from_->if_contains(name);
    if (!value) return nullptr;
    return value->is_object() ? &value->as_object() : refuse(name, "an object", nullptr);
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  template <class Value>
  Value refuse(std::string_view name, std::string_view wanted, Value instead) {
    const std::string field = prefix_ + std::string(name);
    if (!error_)
      error_ = Error{ErrorCode::invalid_argument,
                     "a session's outcome: " + field + " must be " + std::string(wanted), field};
    return instead;
  }

  const object* from_;
  std::string prefix_;
  std::optional<Error> error_;
};

object paired_json(const PairedFigures& paired) {
  return {{"words", paired.words},
          {"early_mean_ms", paired.early_mean_ms},
          {"early_p95_ms", paired.early_p95_ms},
          {"final_only_mean_ms", paired.final_only_mean_ms},
          {"final_only_p95_ms", paired.final_only_p95_ms},
          {"taken_back", paired.taken_back}};
}

Result<PairedFigures> read_paired(const object& from) {
  MemberReader members(from, "paired.");
  PairedFigures paired;
  paired.words = members.count("words");
  paired.early_mean_ms = members.amount("early_mean_ms");
  paired.early_p95_ms = members.amount("early_p95_ms");
  paired.final_only_mean_ms = members.amount("final_only_mean_ms");
  paired.final_only_p95_ms = members.amount("final_only_p95_ms");
  paired.taken_back = members.count("taken_back");
  if (members.error()) return tl::unexpected(*members.error());
  return paired;
}

object late_json(const rollout::LateCaptions& late) {
  object json;
  for (std::size_t i = 0; i < late.size(); ++i)
    json[std::to_string(rollout::late_limits_ms[i])] = late[i];
  return json;
}

Result<rollout::LateCaptions> read_late(const object& from) {
  MemberReader members(from, "late.");
  rollout::LateCaptions late{};
  for (std::size_t i = 0; i < late.size(); ++i)
    late[i] = members.count(std::to_string(rollout::late_limits_ms[i]));
  if (members.error()) return tl::unexpected(*members.error());
  return late;
}

Result<SessionOutcome> read_outcome(const object& from) {
  MemberReader members(from, "");
  SessionOutcome outcome;
  outcome.session_id = members.session_id("session_id");
  outcome.canary = members.flag("canary");
  outcome.by_bucket = members.flag("by_bucket");
  outcome.percentage = members.percentage("percentage");
  outcome.flag_version = members.count("flag_version");
  outcome.began_at = members.time("began_at");
  outcome.ended_at = members.time("ended_at");
  outcome.captions = members.count("captions");
  outcome.finals = members.count("finals");
  outcome.errors = members.count("errors");
  outcome.dropped = members.count("dropped");
  outcome.orphaned = members.count("orphaned");
  outcome.fallbacks = members.count("fallbacks");
  outcome.cache_hits = members.count("cache_hits");
  outcome.cache_misses = members.count("cache_misses");
  outcome.latency_p95_ms = members.amount_if_there("latency_p95_ms");
  outcome.erasure = members.amount_if_there("erasure");
  outcome.cost_per_listener_hour = members.amount_if_there("cost_per_listener_hour");
  outcome.thumbs_up = members.count_if_there("thumbs_up");
  outcome.thumbs_neutral = members.count_if_there("thumbs_neutral");
  outcome.thumbs_down = members.count_if_there("thumbs_down");
  outcome.listeners = members.count_if_there("listeners");
  outcome.listeners_left = members.count_if_there("listeners_left");
  outcome.language = members.language_if_there("language");
  const object* late = members.object_if_there("late");
  const object* paired = members.object_if_there("paired");
  if (members.error()) return tl::unexpected(*members.error());
  if (late) {
    const auto counts = read_late(*late);
    if (!counts) return tl::unexpected(counts.error());
    outcome.late = *counts;
  }
  if (!paired) return outcome;
  return read_paired(*paired).map([&](const PairedFigures& figures) {
    outcome.paired = figures;
    return outcome;
  });
}

Error out_of_range(std::string_view field) {
  return {ErrorCode::invalid_argument,
          "a session's outcome: " + std::string(field) + " is out of range", std::string(field)};
}

}  // namespace

object outcome_json(const SessionOutcome& outcome) {
  object line{{"session_id", outcome.session_id},
              {"canary", outcome.canary},
              {"by_bucket", outcome.by_bucket},
              {"percentage", outcome.percentage},
              {"flag_version", outcome.flag_version},
              {"began_at", format_utc(outcome.began_at)},
              {"ended_at", format_utc(outcome.ended_at)},
              {"captions", outcome.captions},
              {"finals", outcome.finals},
              {"errors", outcome.errors},
              {"dropped", outcome.dropped},
              {"orphaned", outcome.orphaned},
              {"fallbacks", outcome.fallbacks},
              {"cache_hits", outcome.cache_hits},
              {"cache_misses", outcome.cache_misses},
              {"thumbs_up", outcome.thumbs_up},
              {"thumbs_neutral", outcome.thumbs_neutral},
              {"thumbs_down", outcome.thumbs_down},
              {"listeners", outcome.listeners},
              {"listeners_left", outcome.listeners_left}};
  if (!outcome.language.empty()) line["language"] = outcome.language;
  if (outcome.latency_p95_ms) line["latency_p95_ms"] = *outcome.latency_p95_ms;
  if (outcome.late) line["late"] = late_json(*outcome.late);
  if (outcome.erasure) line["erasure"] = *outcome.erasure;
  if (outcome.cost_per_listener_hour)
    line["cost_per_listener_hour"] = *outcome.cost_per_listener_hour;
  if (outcome.paired) line["paired"] = paired_json(*outcome.paired);
  return line;
}

// What would not be read back is not written either. A number that is none has no JSON to read, and
// a time beyond the calendar none to write.
Result<std::string> outcome_text(const SessionOutcome& outcome) {
  const auto in_calendar = [](UtcTime time) { return first_time <= time && time <= last_time; };
  if (!in_calendar(outcome.began_at)) return tl::unexpected(out_of_range("began_at"));
  if (!in_calendar(outcome.ended_at)) return tl::unexpected(out_of_range("ended_at"));
  std::string text = json::to_text(outcome_json(outcome));
  return outcome_of(text).map([&](const SessionOutcome&) { return std::move(text); });
}

Result<SessionOutcome> outcome_of(std::string_view text) {
  if (text.size() > max_outcome_text)
    return fail(ErrorCode::invalid_argument, "a session's outcome of " +
                                                 std::to_string(text.size()) + " bytes: it has " +
                                                 std::to_string(max_outcome_text) + " at the most");
  const auto line = json::parse_object_exactly(text);
  if (!line) return fail(ErrorCode::invalid_argument, "a session's outcome is a JSON object");
  return read_outcome(*line);
}

}  // namespace sotto::feature_flag
