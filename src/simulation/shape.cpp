#include "simulation/shape.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>

#include "rollout/json_document.hpp"
#include "simulation/embedded_shapes.hpp"

namespace sotto::simulation {

namespace {

using rollout::read_text;
using rollout::shown;
using rollout::wrong;
namespace dom = rollout::dom;

constexpr std::size_t most_listed = 1000;  // elements of a list

struct Member {
  std::string_view name;
  std::function<Result<>(const std::string& path, const dom::element&)> read;
};
using Members = std::vector<Member>;

std::string in_words(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

// A number from `least` to `most`, into a double or an optional one.
template <class Target>
Member number(std::string_view name, Target& target, double least, double most) {
  return {name, [&target, least, most](const std::string& path, const dom::element& value) {
            const std::string range = "from " + in_words(least) + " to " + in_words(most);
            return rollout::read_number(path, value, range).and_then([&](double read) -> Result<> {
              if (!(read >= least && read <= most))
                return wrong(path, "is " + shown(value) + ", must be " + range);
              target = read;
              return {};
            });
          }};
}

Member factor(std::string_view name, double& target) { return number(name, target, 0.01, 100); }

template <class Target>
Member share(std::string_view name, Target& target) {
  return number(name, target, 0, 1);
}

Member whole(std::string_view name, std::uint64_t& target, std::int64_t most) {
  return {name, [&target, most](const std::string& path, const dom::element& value) {
            return rollout::read_whole(path, value, 0, most).map([&](std::int64_t read) {
              target = static_cast<std::uint64_t>(read);
            });
          }};
}

// At the rollout's day, into days or optional ones.
template <class Target>
Member day(std::string_view name, Target& target, std::int64_t least) {
  return {name, [&target, least](const std::string& path, const dom::element& value) {
            return rollout::read_whole(path, value, least, 3650).map([&](std::int64_t read) {
              target = std::chrono::days{read};
            });
          }};
}

// A text of 1 to `most` bytes.
Member text(std::string_view name, std::string& target, std::size_t most) {
  return {name, [&target, most](const std::string& path, const dom::element& value) {
            return read_text(path, value).and_then([&](std::string read) -> Result<> {
              if (read.empty() || read.size() > most)
                return wrong(path, "is " + shown(value) + ", must have 1 to " +
                                       std::to_string(most) + " bytes");
              target = std::move(read);
              return {};
            });
          }};
}

// One of some names, by the function that knows them.
template <class Value>
Member choice(std::string_view name, Value& target, std::string_view names,
              std::optional<Value> (*named)(std::string_view)) {
  return {name, [&target, names, named](const std::string& path, const dom::element& value) {
            return read_text(path, value).and_then([&](const std::string& read) -> Result<> {
              const auto known = named(read);
              if (!known)
                return wrong(path, "is " + shown(value) + ", must be " + std::string(names));
              target = *known;
              return {};
            });
          }};
}

Result<> read_members(const std::string& path, const dom::object& object, const Members& members) {
  for (const auto [key, element] : object) {
    const std::string_view name = key;
    const std::string here = (path.empty() ? "" : path + '.') + std::string(name.substr(0, 40));
    const auto member = std::find_if(members.begin(), members.end(),
                                     [&](const Member& one) { return one.name == name; });
    if (member == members.end()) {
      std::string known;
      for (const Member& one : members)
        known += (known.empty() ? "" : ", ") + std::string(one.name);
      return wrong(here, "is not known; known are " + known);
    }
    if (Result<> read = member->read(here, element); !read) return read;
  }
  return {};
}

Result<> read_members(const std::string& path, const dom::element& value, const Members& members) {
  if (!value.is_object()) return wrong(path, "is " + shown(value) + ", must be an object");
  return read_members(path, dom::object(value.get_object()), members);
}

Member object(std::string_view name, Members members) {
  return {name, [members = std::move(members)](const std::string& path, const dom::element& value) {
            return read_members(path, value, members);
          }};
}

// A list of objects, of which `members_of` says where each one's members go.
template <class Element>
Member list(std::string_view name, std::vector<Element>& target, Members (*members_of)(Element&)) {
  return {name,
          [&target, members_of](const std::string& path, const dom::element& value) -> Result<> {
            if (!value.is_array() || value.get_array().size() > most_listed)
              return wrong(path, "is " + shown(value) + ", must be a list of at most " +
                                     std::to_string(most_listed));
            for (const dom::element element : value.get_array()) {
              const std::string here = path + '[' + std::to_string(target.size()) + ']';
              Element one;
              if (Result<> read = read_members(here, element, members_of(one)); !read) return read;
              target.push_back(std::move(one));
            }
            return {};
          }};
}

std::optional<Distribution> distribution_named(std::string_view name) {
  if (name == "log_normal") return Distribution::log_normal;
  if (name == "bimodal") return Distribution::bimodal;
  if (name == "pareto") return Distribution::pareto;
  return std::nullopt;
}

struct Arms {
  bool canary, control;
};

std::optional<Arms> arms_named(std::string_view name) {
  if (name == "both") return Arms{true, true};
  if (name == "canary") return Arms{true, false};
  if (name == "control") return Arms{false, true};
  return std::nullopt;
}

Member arms(Outage& outage) {
  return {"arms", [&outage](const std::string& path, const dom::element& value) -> Result<> {
            Arms read{};
            const auto done =
                choice("arms", read, "both, canary or control", arms_named).read(path, value);
            if (!done) return done;
            outage.canary = read.canary;
            outage.control = read.control;
            return {};
          }};
}

Member arm(ScriptedSession& session) {
  return {"arm", [&session](const std::string& path, const dom::element& value) -> Result<> {
            return read_text(path, value).and_then([&](const std::string& read) -> Result<> {
              if (read != "canary" && read != "control")
                return wrong(path, "is " + shown(value) + ", must be canary or control");
              session.canary = read == "canary";
              return {};
            });
          }};
}

Member measures(std::string_view name, std::vector<rollout::Measure>& target) {
  return {name, [&target](const std::string& path, const dom::element& value) -> Result<> {
            if (!value.is_array()) return wrong(path, "is " + shown(value) + ", must be a list");
            for (const dom::element element : value.get_array()) {
              const auto read = read_text(path, element);
              if (!read) return tl::unexpected(read.error());
              const auto measure = rollout::measure_named(*read);
              if (!measure)
                return wrong(path, "has " + shown(element) +
                                       ", must be names of criteria, such as latency_ratio");
              target.push_back(*measure);
            }
            return {};
          }};
}

constexpr double most_hours = 3650 * 24;

Members outage_members(Outage& outage) {
  return {number("from_hour", outage.from_hour, 0, most_hours),
          number("hours", outage.hours, 0.01, most_hours),
          arms(outage),
          factor("latency", outage.latency),
          share("errors", outage.error_chance),
          number("errors_each", outage.errors_each, 1, 1000),
          number("fallbacks", outage.fallbacks, 0, 1000),
          number("orphaned", outage.orphaned, 0, 10'000),
          number("dropped_a_minute", outage.dropped_a_minute, 0, 10'000)};
}

Members language_members(Language& language) {
  return {text("name", language.name, 16), share("share", language.share),
          factor("latency", language.latency), factor("errors", language.errors)};
}

Members script_members(ScriptedSession& session) {
  return {number("hour", session.hour, 0, most_hours),
          arm(session),
          number("minutes", session.minutes, 0.01, 24 * 60),
          whole("captions", session.captions, 1'000'000),
          number("latency_p95_ms", session.latency_p95_ms, 1, 3'600'000),
          whole("errors", session.errors, 10'000),
          whole("orphaned", session.orphaned, 10'000),
          whole("dropped", session.dropped, 1'000'000),
          whole("fallbacks", session.fallbacks, 10'000)};
}

Members canary_members(Effect& effect) {
  return {day("from_day", effect.from, 0),
          day("until_day", effect.until, 1),
          factor("latency", effect.latency),
          factor("latency_spread", effect.spread),
          factor("errors", effect.errors),
          share("error_chance", effect.error_chance),
          factor("length", effect.length),
          share("leave_early", effect.leave_chance),
          share("thumbs_down", effect.thumbs_down),
          share("cache_hit_rate", effect.cache_hit_rate),
          factor("cost", effect.cost)};
}

Members latency_members(Scenario& scenario) {
  return {
      choice("distribution", scenario.latency, "log_normal, bimodal or pareto", distribution_named),
      number("median_ms", scenario.latency_p95_ms, 1, 600'000),
      number("log_sd", scenario.latency_log_sd, 0, 3),
      object("second", {number("median_ms", scenario.second_p95_ms, 1, 600'000),
                        number("log_sd", scenario.second_log_sd, 0, 3),
                        share("share", scenario.second_share)}),
      number("index", scenario.pareto_index, 0.5, 100),
      number("daily_swing", scenario.latency_swing, 0, 3),
      factor("weekend", scenario.latency_weekend),
      object("drift",
             {factor("factor", scenario.drift), number("days", scenario.drift_days, 0.01, 3650)}),
      number("bad_days_log_sd", scenario.bad_days_log_sd, 0, 3)};
}

Members members_of(Scenario& scenario) {
  Members members = {
      text("name", scenario.name, 64),
      text("meaning", scenario.meaning, 200),
      {"usual",
       [&scenario](const std::string& path, const dom::element& value) {
         return rollout::read_bool(path, value).map([&](bool usual) { scenario.usual = usual; });
       }},
      number("sessions_a_day", scenario.sessions_a_day, 0, 100'000),
      object("arrivals", {share("daily_swing", scenario.daily_swing),
                          number("weekend", scenario.weekend, 0, 3.5),
                          share("burst_share", scenario.burst_share),
                          number("burst_sessions", scenario.burst_sessions, 1, 1000)}),
      number("minutes", scenario.minutes_median, 0.1, 1000),
      number("captions_a_minute", scenario.captions_a_minute, 0, 1000),
      object("latency", latency_members(scenario)),
      object("errors", {share("chance", scenario.error_chance),
                        number("bad_days_log_sd", scenario.error_days_log_sd, 0, 3)}),
      number("erasure", scenario.erasure, 0, 100),
      number("cost", scenario.cost, 0, 1000),
      share("cache_hit_rate", scenario.cache_hit_rate),
      object("listeners",
             {number("mean", scenario.listeners, 1, 10'000),
              share("leave_early", scenario.leave_chance), share("vote", scenario.vote_chance),
              share("thumbs_down", scenario.thumbs_down),
              share("thumbs_neutral", scenario.thumbs_neutral)}),
      number("dropped_a_minute", scenario.dropped_a_minute, 0, 10'000),
      number("orphaned", scenario.orphaned, 0, 10'000),
      number("fallbacks", scenario.fallbacks, 0, 1000)};
  const Members more = {
      list("languages", scenario.languages, language_members),
      object("assignment",
             {factor("factor", scenario.assigned), share("share", scenario.assigned_share)}),
      list("outages", scenario.outages, outage_members),
      list("script", scenario.script, script_members),
      object("canary", canary_members(scenario.effect)),
      measures("shows", scenario.shows),
      choice("expect", scenario.expect, "promoted, taken_back, held, assignment_fault or both_arms",
             expectation_named)};
  members.insert(members.end(), more.begin(), more.end());
  return members;
}

// What no member by itself shows.
Result<> check(const Scenario& scenario) {
  if (scenario.name.empty() || scenario.name.find_first_not_of(
                                   "abcdefghijklmnopqrstuvwxyz0123456789-.") != std::string::npos)
    return wrong("name", "is " + rollout::escaped(scenario.name) +
                             ", must be of small letters, digits, - and ., such as slow-weekends");
  if (scenario.name == "all") return wrong("name", "is \"all\", which stands for all shapes");
  if (scenario.meaning.empty()) return wrong("meaning", "is missing");
  if (scenario.effect.until && *scenario.effect.until <= scenario.effect.from)
    return wrong("canary.until_day", "is " + std::to_string(scenario.effect.until->count()) +
                                         ", must be above from_day, " +
                                         std::to_string(scenario.effect.from.count()));
  double shares = 0;
  for (const Language& language : scenario.languages) shares += language.share;
  if (!scenario.languages.empty() && std::abs(shares - 1) > 1e-6)
    return wrong("languages", "have shares of " + in_words(shares) + " in all, must be 1");
  return {};
}

}  // namespace

Result<Scenario> parse_shape(std::string_view document) {
  dom::parser parser;
  const auto root = rollout::parse_object(parser, document, max_shape_bytes);
  if (!root) return tl::unexpected(root.error());
  Scenario scenario;
  const Result<> members = read_members("", *root, members_of(scenario));
  if (!members) return tl::unexpected(members.error());
  if (const Result<> checked = check(scenario); !checked) return tl::unexpected(checked.error());
  return scenario;
}

std::span<const Scenario> scenarios() {
  static const std::vector<Scenario> known = [] {
    std::vector<Scenario> all;
    for (const std::string_view shape : embedded_shapes())
      all.push_back(parse_shape(shape).value());
    std::sort(all.begin(), all.end(),
              [](const Scenario& a, const Scenario& b) { return a.name < b.name; });
    return all;
  }();
  return known;
}

std::optional<Scenario> scenario_named(std::string_view name) {
  for (const Scenario& scenario : scenarios())
    if (scenario.name == name) return scenario;
  return std::nullopt;
}

}  // namespace sotto::simulation
