#include <memory>

#include "commands/plan_check.hpp"
#include "commands/rollout_actions.hpp"
#include "commands/rollout_common.hpp"
#include "options/cli.hpp"
#include "options/flag_parts.hpp"
#include "options/state_folder.hpp"
#include "options/stores.hpp"
#include "rollout/environment.hpp"

namespace sotto::app {

namespace {

using rollout_actions::Action;

int act(const RolloutOptions& options, Action action) {
  auto name = rollout::validate_parameter_name(options.parameter_name);
  if (!name) return fail_with(name.error(), options);
  Result<std::filesystem::path> folder = std::filesystem::path();
  if (options.store.empty()) folder = state_folder(options.data);
  if (!folder) return fail_with(folder.error(), options);
  const auto store = flag_store(options.store, options.rollouts, *folder);
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
                  "With --disable: wait this many seconds for the processes to acknowledge "
                  "(2; with ssm: 15)")
      ->check(CLI::Range(0.0, 60.0));
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
  add_plan_check(*command, options, run);
  const auto add = [&](const char* name, const char* help, Action action) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->fallthrough();
    sub->callback(
        [options, &run, action] { run = [options, action] { return act(*options, action); }; });
    return sub;
  };
  CLI::App* sub = add("set", "Change the thresholds", rollout_actions::set);
  sub->add_option("--min-stability", options->min_stability,
                  "Commit a word at this stability, 0.70 to 0.95");
  sub->add_option("--max-buffer-timeout", options->max_buffer_timeout,
                  "Hold stable text no longer than this, 2 to 10 seconds");
  sub->add_option("--salt", options->salt,
                  "Hash ids with this salt, which selects other sessions; none removes it");
  sub = add("explain", "Show the decision for a session, and its reason", rollout_actions::explain);
  sub->add_option("session", options->session, "Its id, such as golden-eagle-427")->required();
  sub->add_option("--sessions", options->sessions,
                  "The server's store of sessions: dynamodb:TABLE (sessions.db in the data folder)")
      ->envname("SOTTO_SESSIONS");
  sub = add("history", "Show who changed what, when, and why", rollout_actions::history);
  sub->add_option("--limit", options->limit, "Number of versions, 1 to 1000")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  sub = add("undo", "Go back to the version before the last change", rollout_actions::undo);
  sub->add_option("--to", options->to, "Go back to this version");
  sub->add_flag("-y,--yes", options->yes,
                "Do not ask, although it switches partial results on or raises the percentage");
  sub = add("diff", "Show the last change, or the difference between two versions",
            rollout_actions::diff);
  sub->add_option("from", options->from, "The older version");
  sub->add_option("to", options->to, "The newer version (the current one)");
  sub = add("override", "Switch one session on or off, whatever its bucket",
            rollout_actions::set_override);
  sub->add_option("session", options->session, "Its id, such as golden-eagle-427")->required();
  sub->add_option("state", options->on_off, "on, off or clear")
      ->required()
      ->check(CLI::IsMember({"on", "off", "clear"}));
  sub->add_option("--for", options->lasts, "How long: 90s, 30m, 2h, 7d")->capture_default_str();
  sub = add("lint", "Check whether a file is a valid flag document", rollout_actions::lint);
  sub->add_option("file", options->file, "The file; - is standard input")->required();
  add_phases(*command, options, run);
  add_verify(*command, options, run);
  add_rollout_report(*command, options, run);
  add_env_override(*command, options, run);
  command->callback([command, options, &run] {
    if (!command->get_subcommands().empty()) return;
    const bool any = !options->percentage.empty() || options->disable || options->enable ||
                     options->status || options->watch;
    if (!any)
      throw CLI::RequiredError(
          "rollout: one of --percentage, --disable, --enable, --status or a subcommand");
    run = [options] { return act(*options, rollout_actions::guide_commands); };
  });
}

}  // namespace sotto::app
