// The commands that change the flag.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <iostream>

#include "commands/rollout_access.hpp"
#include "commands/rollout_actions.hpp"
#include "feature_flag/acknowledgement.hpp"
#include "feature_flag/flag_json.hpp"
#include "feature_flag/flag_operations.hpp"
#include "options/cli.hpp"
#include "options/flag_parts.hpp"
#include "output/rollout_output.hpp"

namespace sotto::app::rollout_actions {

Result<std::optional<std::uint64_t>> version_of(const std::string& text, const std::string& field) {
  if (text.empty()) return std::nullopt;
  const auto number = rollout::parse_number(text, field);
  if (!number || *number < 1 || *number > 1e15 || *number != std::floor(*number))
    return fail(ErrorCode::invalid_argument,
                field + " is \"" + text.substr(0, 40) + "\", must be a version such as 3", field);
  return static_cast<std::uint64_t>(*number);
}

namespace {

Result<feature_flag::Care> care_of(const RolloutOptions& options) {
  return version_of(options.if_version, "if_version").map([&](auto version) {
    return feature_flag::Care{version, options.dry_run};
  });
}

// 90s, 30m, 2h, 7d.
Result<std::chrono::seconds> duration_of(const std::string& text) {
  const auto wrong = [&] {
    return fail(ErrorCode::invalid_argument,
                "for is \"" + text.substr(0, 40) + "\", must be a time from 1s to 30d, such as 2h",
                "for");
  };
  if (text.size() < 2) return wrong();
  const auto number = rollout::parse_number(text.substr(0, text.size() - 1), "for");
  const std::size_t unit = std::string_view("smhd").find(text.back());
  if (!number || unit == std::string_view::npos) return wrong();
  constexpr std::array<double, 4> seconds = {1, 60, 3600, 86400};
  const double total = *number * seconds.at(unit);
  if (!(total >= 1 && total <= 30 * 86400)) return wrong();
  return std::chrono::seconds(std::llround(total));
}

int say_changed(const Result<feature_flag::FlagChanged>& changed, const RolloutOptions& options) {
  if (!changed) return fail_with(changed.error(), options);
  if (options.json) {
    print(feature_flag::changed_json(options.parameter_name, *changed, options.dry_run));
  } else {
    print_changed(std::cout, *changed, options.dry_run);
  }
  return exit_success;
}

// Whoever changes the flag by hand tells the rollout, so that nobody has to wait for the leader.
void tell_rollout(const RolloutOptions& options) {
  if (options.dry_run) return;
  const auto rollout = RolloutAccess::open_without_figures(options);
  if (!rollout) return;
  const auto noted = (*rollout)->controller().note_flag(system_utc());
  if (options.json) return;
  if (!noted)
    std::cerr << "sotto: the rollout was not told of it, and a server will note it: "
              << printable(noted.error().message, 500) << std::endl;
  else if (*noted)
    std::cout << "the rollout is paused (phase " << printable((*noted)->phase)
              << "); to go on, with the flag as that phase wants it: sotto rollout resume"
              << std::endl;
}

int change(const rollout::FlagEdit& edit, const RolloutOptions& options, ports::FlagStore& store) {
  const auto care = care_of(options);
  if (!care) return fail_with(care.error(), options);
  const int code = say_changed(
      feature_flag::change_flag(store, options.parameter_name, edit, author_of(options), *care),
      options);
  if (code == exit_success) tell_rollout(options);
  return code;
}

// How long the kill switch waits for readers: as asked, else as the store needs.
std::chrono::milliseconds patience_of(const RolloutOptions& options, ports::FlagStore& store) {
  if (!options.wait) return store.following().patience;
  return std::chrono::milliseconds(std::llround(*options.wait * 1000));
}

int say_acknowledged(const feature_flag::FlagChanged& changed,
                     const std::vector<feature_flag::Acknowledgement>& given,
                     const RolloutOptions& options, const ports::FlagFollowing& following) {
  const bool all = feature_flag::is_acknowledged(given, following);
  const auto unknown = feature_flag::not_known(given, following);
  if (options.json) {
    boost::json::object body = feature_flag::changed_json(options.parameter_name, changed, false);
    body["acknowledged"] = all;
    body["acknowledgements"] = feature_flag::acknowledgements_json(given);
    body["not_known"] = boost::json::array(unknown.begin(), unknown.end());
    print(body);
  } else {
    print_changed(std::cout, changed, false);
    std::cout << printable(feature_flag::to_line(given), 2000) << std::endl;
    for (const std::string& line : unknown) std::cout << printable(line, 2000) << std::endl;
  }
  return all ? exit_success : exit_failure;
}

// The kill switch says who has heard of it; it fails when somebody has not, or may not have.
int disable(const rollout::FlagEdit& edit, const RolloutOptions& options, ports::FlagStore& store) {
  const auto care = care_of(options);
  if (!care) return fail_with(care.error(), options);
  const auto changed =
      feature_flag::change_flag(store, options.parameter_name, edit, author_of(options), *care);
  if (!changed || options.dry_run) return say_changed(changed, options);
  auto given = feature_flag::await_acknowledgements(
      store, options.parameter_name, changed->after.revision, patience_of(options, store));
  if (given) {
    const int code = say_acknowledged(*changed, *given, options, store.following());
    tell_rollout(options);
    return code;
  }
  tell_rollout(options);
  Error error = given.error();
  error.message = "the flag is off with version " +
                  std::to_string(changed->after.revision.version) +
                  ", but who acts on it is not known: " + error.message;
  return fail_with(error, options);
}

}  // namespace

int guide_commands(const RolloutOptions& options, ports::FlagStore& store) {
  rollout::FlagEdit edit;
  if (!options.percentage.empty()) {
    const auto percentage = rollout::parse_percentage(options.percentage, "percentage");
    if (!percentage) return fail_with(percentage.error(), options);
    edit.rollout_percentage = *percentage;
  }
  if (options.enable || options.disable) edit.enabled = options.enable;
  if (!rollout::empty(edit)) {
    const int code = options.disable ? disable(edit, options, store) : change(edit, options, store);
    if (code != exit_success || !options.status) return code;
  }
  return options.watch ? watch_status(options, store) : show_status(options, store);
}

int set(const RolloutOptions& options, ports::FlagStore& store) {
  rollout::FlagEdit edit;
  if (!options.min_stability.empty()) {
    const auto threshold = rollout::parse_number(options.min_stability, "min_stability_threshold");
    if (!threshold) return fail_with(threshold.error(), options);
    edit.min_stability_threshold = *threshold;
  }
  if (!options.max_buffer_timeout.empty()) {
    const auto seconds = rollout::parse_number(options.max_buffer_timeout, "max_buffer_timeout");
    if (!seconds) return fail_with(seconds.error(), options);
    edit.max_buffer_timeout = milliseconds{std::llround(std::clamp(*seconds, -1e6, 1e6) * 1000)};
  }
  if (!options.salt.empty()) edit.salt = options.salt == "none" ? "" : options.salt;
  if (rollout::empty(edit))
    return fail_with({ErrorCode::invalid_argument,
                      "say what to set: --min-stability, --max-buffer-timeout or --salt", ""},
                     options);
  return change(edit, options, store);
}

// Whether the person at the terminal says yes; where there is none, --yes says it.
bool asked_and_confirmed(const feature_flag::FlagChanged& would) {
  std::cerr << "this " << printable(would.switches_on, 1000) << " ("
            << printable(rollout::to_line(would.differences), 1000) << ")\ngo on? [y/N] "
            << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  const bool yes = answer == "y" || answer == "Y" || answer == "yes";
  if (!yes) std::cerr << "nothing was changed" << std::endl;
  return yes;
}

int undo(const RolloutOptions& options, ports::FlagStore& store) {
  auto care = care_of(options);
  if (!care) return fail_with(care.error(), options);
  const auto version = version_of(options.to, "to");
  if (!version) return fail_with(version.error(), options);
  const auto go_back = [&] {
    return feature_flag::undo_flag(store, options.parameter_name, *version, author_of(options),
                                   *care);
  };
  const auto say = [&](const Result<feature_flag::FlagChanged>& changed) {
    const int code = say_changed(changed, options);
    if (code == exit_success) tell_rollout(options);
    return code;
  };
  care->confirmed = options.yes;
  auto changed = go_back();
  if (changed || changed.error().field != "confirm") return say(changed);
  if (options.json || ::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) {
    changed.error().message += " with --yes";
    return say_changed(changed, options);
  }
  care->dry_run = true;
  const auto would = go_back();
  if (!would) return say_changed(would, options);
  if (!asked_and_confirmed(*would)) return exit_failure;
  // What was said yes to, and nothing that somebody has made of it meanwhile.
  *care = {would->before ? std::optional(would->before->revision.version) : care->if_version, false,
           true};
  return say(go_back());
}

int set_override(const RolloutOptions& options, ports::FlagStore& store) {
  if (auto id = rollout::validate_session_id(options.session); !id)
    return fail_with(id.error(), options);
  rollout::FlagEdit edit;
  if (options.on_off == "clear") {
    edit.session = rollout::ClearOverride{options.session};
  } else {
    const auto lasts = duration_of(options.lasts);
    if (!lasts) return fail_with(lasts.error(), options);
    edit.session =
        rollout::Override{options.session, options.on_off == "on", system_utc() + *lasts};
  }
  return change(edit, options, store);
}

}  // namespace sotto::app::rollout_actions
