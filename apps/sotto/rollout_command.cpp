#include <unistd.h>

#include <boost/json.hpp>
#include <cmath>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <mutex>
#include <optional>
#include <sstream>

#include "cli.hpp"
#include "control/acknowledgement.hpp"
#include "control/flag_json.hpp"
#include "control/flag_operations.hpp"
#include "flag_parts.hpp"
#include "rollout/environment.hpp"
#include "rollout_common.hpp"
#include "rollout_output.hpp"
#include "state_folder.hpp"
#include "stores.hpp"

namespace sotto::app {

namespace {

// Everything as text: the rules of rollout/ say what is wrong with it, in the same words
// everywhere.
struct RolloutOptions : RolloutCommon {
  std::string percentage;
  bool disable = false, enable = false, status = false, watch = false;
  double wait = 2;

  std::string min_stability, max_buffer_timeout, salt;  // set
  std::string session;                                  // explain, override
  std::string on_off, lasts = "1h";                     // override
  int limit = 20;                                       // history
  std::string from, to;                                 // diff, undo
  std::string file;                                     // lint
};

using Action = int (*)(const RolloutOptions&, ports::FlagStore&);

Result<std::optional<std::uint64_t>> version_of(const std::string& text, const std::string& field) {
  if (text.empty()) return std::nullopt;
  const auto number = rollout::parse_number(text, field);
  if (!number || *number < 1 || *number > 1e15 || *number != std::floor(*number))
    return fail(ErrorCode::invalid_argument,
                field + " is \"" + text.substr(0, 40) + "\", must be a version such as 3", field);
  return static_cast<std::uint64_t>(*number);
}

Result<control::Care> care_of(const RolloutOptions& options) {
  return version_of(options.if_version, "if_version").map([&](auto version) {
    return control::Care{version, options.dry_run};
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

int say_changed(const Result<control::FlagChanged>& changed, const RolloutOptions& options) {
  if (!changed) return fail_with(changed.error(), options);
  if (options.json) {
    print(control::changed_json(options.parameter_name, *changed, options.dry_run));
  } else {
    print_changed(std::cout, *changed, options.dry_run);
  }
  return exit_success;
}

int change(const rollout::FlagEdit& edit, const RolloutOptions& options, ports::FlagStore& store) {
  const auto care = care_of(options);
  if (!care) return fail_with(care.error(), options);
  const int code = say_changed(
      control::change_flag(store, options.parameter_name, edit, author_of(options), *care),
      options);
  if (code != exit_success || options.json || !(edit.rollout_percentage || edit.enabled))
    return code;
  const std::string plan = plan_in_words(options);
  if (plan.find(", running,") != std::string::npos)
    std::cout << "a plan is running (" << printable(plan)
              << "): this pauses it; continue with: sotto rollout resume" << std::endl;
  return code;
}

// The kill switch says who has heard of it; it fails when somebody has not.
int disable(const rollout::FlagEdit& edit, const RolloutOptions& options, ports::FlagStore& store) {
  const auto care = care_of(options);
  if (!care) return fail_with(care.error(), options);
  const auto changed =
      control::change_flag(store, options.parameter_name, edit, author_of(options), *care);
  if (!changed || options.dry_run) return say_changed(changed, options);
  const auto patience = std::chrono::milliseconds(std::llround(options.wait * 1000));
  const auto given = control::await_acknowledgements(store, options.parameter_name,
                                                     changed->after.revision, patience);
  if (!given) return fail_with(given.error(), options);
  const bool all = std::all_of(given->begin(), given->end(), [](const auto& k) { return k.given; });
  if (options.json) {
    boost::json::object body = control::changed_json(options.parameter_name, *changed, false);
    body["acknowledgements"] = control::acknowledgements_json(*given);
    print(body);
  } else {
    print_changed(std::cout, *changed, false);
    std::cout << printable(control::to_line(*given), 2000) << std::endl;
  }
  return all ? exit_success : exit_failure;
}

int show_status(const RolloutOptions& options, ports::FlagStore& store) {
  const auto current = control::current_flag(store, options.parameter_name);
  if (!current) return fail_with(current.error(), options);
  const auto readers = store.readers(options.parameter_name);
  if (options.json) {
    boost::json::object body =
        control::status_json(options.parameter_name, *current, rollout::Source::store);
    if (readers) body["processes"] = control::readers_json(*readers);
    print(body);
  } else {
    std::ostringstream text;
    print_status(text, options.parameter_name, store.name(), *current,
                 readers.value_or(std::vector<ports::FlagReaderState>{}), system_utc());
    if (const std::string plan = plan_in_words(options); !plan.empty())
      text << "Plan        " << printable(plan) << "; more: sotto rollout watch\n";
    std::cout << text.str() << std::flush;
  }
  return exit_success;
}

// Paints the status anew whenever it changes, until it is stopped or nobody reads it any more.
int watch_status(const RolloutOptions& options, ports::FlagStore& store) {
  constexpr std::chrono::seconds at_least_every{10};
  std::mutex mutex;
  std::condition_variable changed;
  bool news = true;
  const auto watch = store.watch(options.parameter_name, [&] {
    {
      const std::lock_guard lock(mutex);
      news = true;
    }
    changed.notify_all();
  });
  const bool terminal = ::isatty(STDOUT_FILENO) != 0 && !options.json;
  for (std::string painted; std::cout;) {
    std::ostringstream text;
    std::streambuf* const out = std::cout.rdbuf(text.rdbuf());
    const int code = show_status(options, store);
    std::cout.rdbuf(out);
    if (code != exit_success && painted.empty()) return code;
    if (text.str() != painted) {
      painted = text.str();
      if (terminal) std::cout << "\033[H\033[2J";
      std::cout << painted << std::flush;
    }
    std::unique_lock lock(mutex);
    news = false;
    changed.wait_for(lock, at_least_every, [&] { return news; });
  }
  return exit_success;
}

// --percentage, --enable, --disable, --status.
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

int explain(const RolloutOptions& options, ports::FlagStore& store) {
  if (auto id = rollout::validate_session_id(options.session); !id)
    return fail_with(id.error(), options);
  const auto current = control::current_flag(store, options.parameter_name);
  if (!current) return fail_with(current.error(), options);
  const rollout::InForce in_force{current->flag, current->revision.version, rollout::Source::store,
                                  false};
  const rollout::Decision decision = rollout::evaluate(in_force, options.session, system_utc());
  if (options.json) {
    print(control::explain_json(options.session, decision));
  } else {
    print_explained(std::cout, options.session, decision);
  }
  return exit_success;
}

int history(const RolloutOptions& options, ports::FlagStore& store) {
  const auto entries =
      control::flag_history(store, options.parameter_name, static_cast<std::size_t>(options.limit));
  if (!entries) return fail_with(entries.error(), options);
  if (options.json) {
    print(boost::json::object{{"parameter_name", options.parameter_name},
                              {"versions", control::history_json(*entries)}});
  } else if (entries->empty()) {
    std::cout << "there is no flag " << options.parameter_name << " in " << store.name() << '\n';
  } else {
    print_history(std::cout, *entries, system_utc());
  }
  return exit_success;
}

int undo(const RolloutOptions& options, ports::FlagStore& store) {
  const auto care = care_of(options);
  if (!care) return fail_with(care.error(), options);
  const auto version = version_of(options.to, "to");
  if (!version) return fail_with(version.error(), options);
  return say_changed(
      control::undo_flag(store, options.parameter_name, *version, author_of(options), *care),
      options);
}

int diff(const RolloutOptions& options, ports::FlagStore& store) {
  const auto from = version_of(options.from, "from");
  if (!from) return fail_with(from.error(), options);
  const auto to = version_of(options.to, "to");
  if (!to) return fail_with(to.error(), options);
  const auto compared = control::compare_versions(store, options.parameter_name, *from, *to);
  if (!compared) return fail_with(compared.error(), options);
  const auto &before = compared->before.revision, &after = compared->after.revision;
  if (options.json) {
    print(boost::json::object{{"from", before.version},
                              {"to", after.version},
                              {"changes", control::differences_json(compared->differences)}});
    return exit_success;
  }
  std::cout << "version " << before.version << " (" << printable(before.changed_by) << ") to "
            << after.version << " (" << printable(after.changed_by) << ")\n";
  for (const auto& [field, was, is] : compared->differences)
    std::cout << "  " << printable(field) << ": " << (was.empty() ? "none" : printable(was))
              << " → " << (is.empty() ? "none" : printable(is)) << '\n';
  if (compared->differences.empty()) std::cout << "  no difference\n";
  return exit_success;
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

Result<std::string> read_whole(const std::string& file) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : opened;
  if (!in) return fail(ErrorCode::not_found, "cannot read " + file, "file");
  // One byte more than may be: enough to be refused, however long it is.
  std::string text(rollout::max_document_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

int lint(const RolloutOptions& options, ports::FlagStore&) {
  const auto text = read_whole(options.file);
  if (!text) return fail_with(text.error(), options);
  const auto flag = rollout::parse_flag(*text);
  if (!flag) {
    Error error = flag.error();
    error.message = options.file + ": " + error.message;
    return report(error, options.json);
  }
  if (options.json) {
    print(boost::json::object{{"valid", true}, {"document", rollout::to_document(*flag)}});
  } else {
    std::cout << options.file << ": valid; partial results are " << meaning(*flag) << '\n';
  }
  return exit_success;
}

int act(const RolloutOptions& options, Action action) {
  auto name = rollout::validate_parameter_name(options.parameter_name);
  if (!name) return fail_with(name.error(), options);
  Result<std::filesystem::path> folder = std::filesystem::path();
  if (options.store.empty()) folder = state_folder(options.data);
  if (!folder) return fail_with(folder.error(), options);
  const auto store = flag_store(options.store, *folder);
  if (!store) return fail_with(store.error(), options);
  return action(options, **store);
}

void add_guide_options(CLI::App& command, RolloutOptions& options) {
  command.add_option("--percentage", options.percentage,
                     "Set the percentage of new sessions with partial results, 0 to 100");
  CLI::Option* off = command.add_flag("--disable", options.disable,
                                      "Kill switch: off at once for all sessions, live ones too");
  command.add_flag("--enable", options.enable, "Switch on again, at the flag's percentage")
      ->excludes(off);
  command.add_flag("--status", options.status,
                   "Show the flag in force and the processes that act on it");
  command.add_flag("--watch", options.watch, "With --status: refresh it on each change");
  command
      .add_option("--wait", options.wait,
                  "With --disable: wait this many seconds for the processes to acknowledge")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
}

}  // namespace

void add_rollout(CLI::App& app, Run& run) {
  auto options = std::make_shared<RolloutOptions>();
  CLI::App* command = app.add_subcommand(
      "rollout", "Show the feature flag, change who gets partial results, and run a rollout plan");
  add_guide_options(*command, *options);
  add_common_options(*command, *options);
  command->require_subcommand(0, 1);
  add_simulate(*command, options, run);
  const auto add = [&](const char* name, const char* help, Action action) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->fallthrough();
    sub->callback(
        [options, &run, action] { run = [options, action] { return act(*options, action); }; });
    return sub;
  };
  CLI::App* sub = add("set", "Change the thresholds", set);
  sub->add_option("--min-stability", options->min_stability,
                  "Commit a word at this stability, 0.70 to 0.95");
  sub->add_option("--max-buffer-timeout", options->max_buffer_timeout,
                  "Hold stable text no longer than this, 2 to 10 seconds");
  sub->add_option("--salt", options->salt,
                  "Hash ids with this salt, which selects other sessions; none removes it");
  sub = add("explain", "Show the decision for a session, and its reason", explain);
  sub->add_option("session", options->session, "Its id, such as golden-eagle-427")->required();
  sub = add("history", "Show who changed what, when, and why", history);
  sub->add_option("--limit", options->limit, "Number of versions, 1 to 1000")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  sub = add("undo", "Go back to the version before the last change", undo);
  sub->add_option("--to", options->to, "Go back to this version");
  sub = add("diff", "Show the last change, or the difference between two versions", diff);
  sub->add_option("from", options->from, "The older version");
  sub->add_option("to", options->to, "The newer version (the current one)");
  sub = add("override", "Switch one session on or off, whatever its bucket", set_override);
  sub->add_option("session", options->session, "Its id, such as golden-eagle-427")->required();
  sub->add_option("state", options->on_off, "on, off or clear")
      ->required()
      ->check(CLI::IsMember({"on", "off", "clear"}));
  sub->add_option("--for", options->lasts, "How long: 90s, 30m, 2h, 7d")->capture_default_str();
  sub = add("lint", "Check whether a file is a valid flag document", lint);
  sub->add_option("file", options->file, "The file; - is standard input")->required();
  add_phases(*command, options, run);
  add_rollout_report(*command, options, run);
  add_env_override(*command, options, run);
  command->callback([command, options, &run] {
    if (!command->get_subcommands().empty()) return;
    const bool any = !options->percentage.empty() || options->disable || options->enable ||
                     options->status || options->watch;
    if (!any)
      throw CLI::RequiredError(
          "rollout: one of --percentage, --disable, --enable, --status or a subcommand");
    run = [options] { return act(*options, guide_commands); };
  });
}

}  // namespace sotto::app
