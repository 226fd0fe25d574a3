#include "rollout/flag_edit.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "base/overloaded.hpp"

namespace sotto::rollout {

namespace {

std::string text_of(double value) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

std::string text_of(bool value) { return value ? "true" : "false"; }

std::string text_of(const Override& known) {
  return std::string(known.enabled ? "on" : "off") + " until " + format_utc(known.expires_at);
}

Result<> put(const Override& wanted, std::vector<Override>& overrides) {
  std::erase_if(overrides,
                [&](const Override& known) { return known.session_id == wanted.session_id; });
  overrides.push_back(wanted);
  return {};
}

Result<> clear(const ClearOverride& wanted, std::vector<Override>& overrides) {
  const auto gone = std::erase_if(
      overrides, [&](const Override& known) { return known.session_id == wanted.session_id; });
  if (gone == 0)
    return fail(ErrorCode::not_found, "there is no override for session " + wanted.session_id,
                "session_id");
  return {};
}

// The members of a flag by name, as texts, in the document's order.
using Members = std::vector<std::pair<std::string, std::string>>;

Members members(const Flag& flag) {
  Members all = {{"enabled", text_of(flag.enabled)},
                 {"rollout_percentage", std::to_string(flag.rollout_percentage)},
                 {"min_stability_threshold", text_of(flag.min_stability_threshold)},
                 {"max_buffer_timeout", text_of(to_seconds(flag.max_buffer_timeout))}};
  if (!flag.salt.empty()) all.emplace_back("salt", flag.salt);
  if (flag.control_percentage > 0)
    all.emplace_back("control_percentage", std::to_string(flag.control_percentage));
  if (flag.recall_live) all.emplace_back("recall_live", "true");
  if (flag.a_a) all.emplace_back("a_a", "true");
  for (const Override& known : flag.overrides)
    all.emplace_back("overrides." + known.session_id, text_of(known));
  for (const ExtraMember& member : flag.extra) all.emplace_back(member.name, member.json);
  return all;
}

std::string find(const Members& members, const std::string& name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const auto& member) { return member.first == name; });
  return found == members.end() ? std::string() : found->second;
}

}  // namespace

bool empty(const FlagEdit& edit) {
  return !edit.enabled && !edit.rollout_percentage && !edit.min_stability_threshold &&
         !edit.max_buffer_timeout && !edit.salt && !edit.session && !edit.control_percentage &&
         !edit.recall_live && !edit.a_a;
}

Result<Flag> apply(const FlagEdit& edit, Flag flag, UtcTime now) {
  if (edit.enabled) flag.enabled = *edit.enabled;
  if (edit.rollout_percentage) {
    flag.rollout_percentage = *edit.rollout_percentage;
    // A percentage that is said alone means what it says.
    flag.control_percentage = 0;
    flag.recall_live = flag.a_a = false;
  }
  if (edit.control_percentage) flag.control_percentage = *edit.control_percentage;
  if (edit.recall_live) flag.recall_live = *edit.recall_live;
  if (edit.a_a) flag.a_a = *edit.a_a;
  if (edit.min_stability_threshold) flag.min_stability_threshold = *edit.min_stability_threshold;
  if (edit.max_buffer_timeout) flag.max_buffer_timeout = *edit.max_buffer_timeout;
  if (edit.salt) flag.salt = *edit.salt;
  if (edit.session) {
    const auto done = std::visit(
        Overloaded{[&](const Override& wanted) { return put(wanted, flag.overrides); },
                   [&](const ClearOverride& wanted) { return clear(wanted, flag.overrides); }},
        *edit.session);
    if (!done) return tl::unexpected(done.error());
  }
  std::erase_if(flag.overrides, [&](const Override& known) { return known.expires_at <= now; });
  return validate(std::move(flag));
}

std::vector<Difference> differences(const Flag& before, const Flag& after) {
  const Members old = members(before), now = members(after);
  std::vector<Difference> all;
  for (const auto& [name, value] : now)
    if (const std::string was = find(old, name); was != value) all.push_back({name, was, value});
  for (const auto& [name, value] : old)
    if (find(now, name).empty()) all.push_back({name, value, {}});
  return all;
}

std::string switches_on(const Flag& before, const Flag& after) {
  if (!after.enabled) return {};
  // In an A/A test the canary gets nothing.
  const auto given = [](const Flag& flag) { return flag.a_a ? 0 : canary_share(flag); };
  const auto share = [](int percentage) { return std::to_string(percentage) + " %"; };
  if (!before.enabled)
    return "switches partial results ON again, for " + share(given(after)) + " of new sessions";
  if (given(after) > given(before))
    return "raises partial results from " + share(given(before)) + " to " + share(given(after)) +
           " of new sessions";
  std::string sessions;
  for (const Override& known : after.overrides) {
    const auto same = [&](const Override& was) {
      return was.session_id == known.session_id && was.enabled;
    };
    if (known.enabled && std::ranges::none_of(before.overrides, same))
      sessions += (sessions.empty() ? "" : ", ") + known.session_id;
  }
  return sessions.empty() ? "" : "switches partial results ON for " + sessions + ", by an override";
}

std::string to_line(const std::vector<Difference>& differences) {
  std::string line;
  for (const auto& [field, before, after] : differences) {
    if (!line.empty()) line += ", ";
    line +=
        field + " " + (before.empty() ? "none" : before) + " → " + (after.empty() ? "none" : after);
  }
  return line.empty() ? "no change" : line;
}

}  // namespace sotto::rollout
