#include "feature_flag/flag_json.hpp"

#include <boost/json.hpp>

namespace sotto::feature_flag {

namespace json = boost::json;

namespace {

json::value or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

}  // namespace

json::object status_json(const std::string& parameter_name, const FlagVersion& version,
                         rollout::Source source) {
  const auto& [flag, revision] = version;
  json::object object{{"parameter_name", parameter_name},
                      {"version", revision.version},
                      {"enabled", flag.enabled},
                      {"rollout_percentage", flag.rollout_percentage},
                      {"min_stability_threshold", flag.min_stability_threshold},
                      {"max_buffer_timeout", to_seconds(flag.max_buffer_timeout)},
                      {"source", rollout::to_string(source)},
                      {"changed_by", revision.changed_by},
                      {"changed_at", format_utc(revision.changed_at)},
                      {"reason", revision.reason}};
  if (!flag.salt.empty()) object["salt"] = flag.salt;
  if (flag.control_percentage > 0) object["control_percentage"] = flag.control_percentage;
  if (flag.recall_live) object["recall_live"] = true;
  if (flag.a_a) object["a_a"] = true;
  if (flag.overrides.empty()) return object;
  json::object overrides;
  for (const rollout::Override& known : flag.overrides)
    overrides[known.session_id] = {{"enabled", known.enabled},
                                   {"expires_at", format_utc(known.expires_at)}};
  object["overrides"] = std::move(overrides);
  return object;
}

json::object explain_json(const std::string& session_id, const rollout::Evaluation& decision) {
  return {{"session_id", session_id},
          {"bucket", decision.bucket},
          {"rollout_percentage", decision.rollout_percentage},
          {"enabled", decision.enabled},
          {"reason", rollout::to_string(decision.reason)},
          {"version", decision.version}};
}

json::array differences_json(const std::vector<rollout::Difference>& differences) {
  json::array array;
  for (const auto& [field, before, after] : differences)
    array.push_back(
        json::object{{"field", field}, {"before", or_null(before)}, {"after", or_null(after)}});
  return array;
}

json::array history_json(const std::vector<HistoryEntry>& entries) {
  json::array array;
  for (const HistoryEntry& entry : entries) {
    json::object object{{"version", entry.revision.version},
                        {"changed_by", entry.revision.changed_by},
                        {"changed_at", format_utc(entry.revision.changed_at)},
                        {"reason", entry.revision.reason}};
    if (entry.refused) {
      object["error"] = entry.refused->message;
    } else {
      object["changes"] = differences_json(entry.differences);
    }
    object["document"] = entry.revision.document;
    array.push_back(std::move(object));
  }
  return array;
}

json::object changed_json(const std::string& parameter_name, const FlagChanged& changed,
                          bool dry_run) {
  json::object object = status_json(parameter_name, changed.after, rollout::Source::store);
  object["changes"] = differences_json(changed.differences);
  object["switches_on"] = or_null(changed.switches_on);
  object["dry_run"] = dry_run;
  return object;
}

json::array acknowledgements_json(const std::vector<Acknowledgement>& acknowledgements) {
  json::array array;
  for (const Acknowledgement& known : acknowledgements) {
    json::object object{{"process", known.process}, {"acknowledged", known.given}};
    object["ms"] = known.given ? json::value(known.took.count()) : json::value(nullptr);
    object["version"] = known.version;
    if (known.sessions) object["sessions"] = *known.sessions;
    if (known.gone) {
      object["gone"] = true;
      object["heard_at"] = format_utc(known.heard_at);
    }
    array.push_back(std::move(object));
  }
  return array;
}

json::array readers_json(const std::vector<ports::FlagReaderState>& readers) {
  json::array array;
  for (const ports::FlagReaderState& reader : readers) {
    json::object object{
        {"process", reader.process}, {"version", reader.version}, {"since", format_utc(reader.at)}};
    if (reader.sessions) object["sessions"] = *reader.sessions;
    if (reader.gone) {
      object["gone"] = true;
      object["heard_at"] = format_utc(reader.heard_at);
    }
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace sotto::feature_flag
