#include "options/recorded_sessions.hpp"

#include <algorithm>

#include "feature_flag/outcome_json.hpp"

namespace sotto::app {

namespace {

Result<std::optional<UtcTime>> time_of(const std::string& text, const char* field) {
  if (text.empty()) return std::nullopt;
  // A day is its beginning.
  auto time = parse_utc(text.size() == 10 ? text + "T00:00:00Z" : text);
  if (!time)
    return fail(ErrorCode::invalid_argument,
                std::string(field) + " is \"" + text.substr(0, 40) +
                    "\", must be a time such as 2026-01-31 or 2026-01-31T12:00:00Z",
                field);
  return *time;
}

}  // namespace

Result<RecordedSessions> read_sessions(ports::RolloutStore& store, const std::string& name,
                                       const std::string& earliest, const std::string& end) {
  const auto from = time_of(earliest, "from"), to = time_of(end, "to");
  if (!from) return tl::unexpected(from.error());
  if (!to) return tl::unexpected(to.error());
  constexpr std::size_t at_once = 1000;
  RecordedSessions recorded;
  for (std::uint64_t after = 0;;) {
    const auto entries = store.entries(name, ports::Journal::sessions, after, at_once);
    if (!entries) return tl::unexpected(entries.error());
    for (const ports::JournalEntry& entry : *entries) {
      after = entry.number;
      auto outcome = feature_flag::outcome_of(entry.text);
      if (!outcome)
        ++recorded.unreadable;
      else if (!(*from && outcome->began_at < **from) && !(*to && outcome->began_at >= **to))
        recorded.outcomes.push_back(std::move(*outcome));
    }
    if (entries->size() < at_once) break;
  }
  std::stable_sort(recorded.outcomes.begin(), recorded.outcomes.end(),
                   [](const auto& a, const auto& b) { return a.began_at < b.began_at; });
  return recorded;
}

boost::json::array names_of(const std::vector<rollout::Measure>& measures) {
  boost::json::array names;
  for (const rollout::Measure measure : measures)
    names.push_back(rollout::info(measure).name.data());
  return names;
}

}  // namespace sotto::app
