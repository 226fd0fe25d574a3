#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include "commands/rollout_access.hpp"
#include "commands/rollout_common.hpp"
#include "options/flag_parts.hpp"
#include "output/phases_output.hpp"
#include "output/rollout_output.hpp"
#include "rollout_controller/present_json.hpp"
#include "rollout_controller/state_json.hpp"

namespace sotto::app {

namespace {

using rollout::Command;

struct PhasesOptions {
  std::shared_ptr<const RolloutCommon> common;
  std::string plan = "guide";  // start
  bool force = false;          // advance
  bool once = false;           // watch
  int limit = 20;              // events
  bool records = false;        // events
};

constexpr std::size_t most_records = 100'000;

// A file, standard input where it is "-"; bounded.
Result<std::string> read_whole(const std::string& file, std::size_t most) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : opened;
  if (!in) return fail(ErrorCode::not_found, "cannot read " + file, "file");
  std::string text(most + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

int act(const PhasesOptions& options, Command::Kind kind) {
  const RolloutCommon& common = *options.common;
  Command command{.kind = kind, .by = author_of(common).name, .reason = common.reason};
  command.force = options.force;
  if (kind == Command::Kind::start) {
    auto plan = read_plan(options.plan);
    if (!plan) return fail_with(plan.error(), common);
    command.plan = std::move(*plan);
  }
  const auto rollout = RolloutAccess::open(common);
  if (!rollout) return fail_with(rollout.error(), common);
  const auto done = common.dry_run ? (*rollout)->controller().preview(command, system_utc())
                                   : (*rollout)->controller().command(command, system_utc());
  if (!done) return fail_with(done.error(), common);
  if (common.json) {
    print(rollout_controller::done_json(*done));
  } else {
    std::cout << (common.dry_run ? "would be: " : "") << printable(done->why, 1000) << '\n';
    print_standing(std::cout, *done, system_utc());
  }
  return exit_success;
}

int show(const PhasesOptions& options, RolloutAccess& rollout) {
  const auto judged = rollout.controller().judge(system_utc());
  if (!judged) return fail_with(judged.error(), *options.common);
  if (!*judged)
    return fail_with(
        {ErrorCode::not_found, "there is no rollout; start one: sotto rollout start", "rollout"},
        *options.common);
  if (options.common->json) {
    print(rollout_controller::done_json(**judged));
    return exit_success;
  }
  std::ostringstream text;
  print_standing(text, **judged, system_utc());
  text << printable((*judged)->why, 1000) << "\n\n";
  print_criteria(text, (*judged)->criteria);
  std::cout << text.str() << std::flush;
  return exit_success;
}

// Paints how it stands anew, until it is stopped or nobody reads it any more.
int watch(const PhasesOptions& options) {
  constexpr std::chrono::seconds every{5};
  const auto rollout = RolloutAccess::open(*options.common);
  if (!rollout) return fail_with(rollout.error(), *options.common);
  if (options.once) return show(options, **rollout);
  const bool terminal = ::isatty(STDOUT_FILENO) != 0 && !options.common->json;
  for (std::string painted; std::cout; std::this_thread::sleep_for(every)) {
    std::ostringstream text;
    std::streambuf* const out = std::cout.rdbuf(text.rdbuf());
    const int code = show(options, **rollout);
    std::cout.rdbuf(out);
    if (code != exit_success && painted.empty()) return code;
    if (text.str() == painted) continue;
    painted = text.str();
    if (terminal) std::cout << "\033[H\033[2J";
    std::cout << painted << std::flush;
  }
  return exit_success;
}

// The latest decisions, oldest first.
Result<std::vector<ports::JournalEntry>> latest(RolloutAccess& rollout, std::size_t limit) {
  auto entries =
      rollout.rollouts().entries(rollout.name(), ports::Journal::decisions, 0, most_records);
  if (entries && entries->size() > limit)
    entries->erase(entries->begin(), entries->end() - static_cast<std::ptrdiff_t>(limit));
  return entries;
}

int events(const PhasesOptions& options) {
  if (options.records) return print_records(*options.common);
  const auto rollout = RolloutAccess::open(*options.common);
  if (!rollout) return fail_with(rollout.error(), *options.common);
  const auto entries = latest(**rollout, static_cast<std::size_t>(options.limit));
  if (!entries) return fail_with(entries.error(), *options.common);
  boost::json::array all;
  for (const ports::JournalEntry& entry : *entries) {
    const auto event = rollout_controller::kept_event(entry);
    if (!event) continue;
    if (options.common->json) {
      boost::json::object object = rollout_controller::kept_event_json(*event);
      all.push_back(std::move(object));
    } else {
      print_event(std::cout, entry.number, *event);
    }
  }
  if (options.common->json) print(boost::json::object{{"events", std::move(all)}});
  if (!options.common->json && entries->empty())
    std::cout << "nothing has happened to a rollout of " << (*rollout)->name() << " yet\n";
  return exit_success;
}

}  // namespace

Result<rollout::Plan> read_plan(const std::string& plan) {
  if (auto known = rollout::plan_named(plan)) return *known;
  const auto text = read_whole(plan, rollout::max_plan_bytes);
  if (!text)
    return fail(ErrorCode::invalid_argument,
                "plan is \"" + plan.substr(0, 100) +
                    "\", must be guide, timeline or a file that can be read",
                "plan");
  auto read = rollout::parse_plan(*text);
  if (!read) {
    Error error = read.error();
    error.message = plan + ": " + error.message;
    return tl::unexpected(error);
  }
  return read;
}

std::string plan_in_words(const RolloutCommon& common) {
  const auto rollout = RolloutAccess::open_without_figures(common);
  if (!rollout) return "";
  const auto together = (*rollout)->controller().look_together();
  if (!together || !together->standing) return "";
  const auto present = rollout_controller::rollout_now(
      *together->standing, rollout_controller::seen_of(together->flag), system_utc());
  if (present.status == rollout::Status::aborted) return "";
  const rollout::State& state = together->standing->state;
  std::string words = state.plan.name + ", " + std::string(rollout::to_string(present.status)) +
                      ", phase " + state.plan.phases[state.phase].name;
  if (!present.about_to.empty()) words += ". " + present.about_to;
  return words;
}

void add_phases(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common, Run& run) {
  auto options = std::make_shared<PhasesOptions>();
  options->common = common;
  const auto add = [&](const char* name, const char* help, std::function<int()> action) {
    CLI::App* sub = rollout.add_subcommand(name, help);
    sub->fallthrough();
    sub->callback([&run, action = std::move(action)] { run = action; });
    return sub;
  };
  const auto add_act = [&](Command::Kind kind, const char* help) {
    return add(rollout::to_string(kind).data(), help,
               [options, kind] { return act(*options, kind); });
  };
  add_act(Command::Kind::start, "Run a plan: phases that promote or take back by themselves")
      ->add_option("--plan", options->plan,
                   "guide (10, 50, 100 %), timeline (a week at 0 % first), or a file")
      ->capture_default_str();
  add_act(Command::Kind::advance, "Go on to the next phase now, without waiting for its end")
      ->add_flag("--force", options->force, "Although a criterion fails; needs a reason");
  add_act(Command::Kind::pause, "Promote no more; guardrails still act");
  add_act(Command::Kind::resume, "Go on, with the flag as the phase wants it");
  add_act(Command::Kind::abort, "Give the plan up, and go back to 0 %; needs a reason");
  add_act(Command::Kind::approve, "Say yes to the end of a phase that waits for it");
  add_act(Command::Kind::clear, "Clear a rollback; needs a reason; then resume");
  CLI::App* sub = add("watch", "How the rollout stands and what it waits for, as it changes",
                      [options] { return watch(*options); });
  sub->add_flag("--once", options->once, "Once, and end");
  sub = add("events", "What has happened to the rollout, by whom and why",
            [options] { return events(*options); });
  sub->add_option("--limit", options->limit, "The last so many, 1 to 1000")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  sub->add_flag("--records", options->records,
                "All records with their evidence, one a line, as sotto rollout verify reads them");
}

}  // namespace sotto::app
