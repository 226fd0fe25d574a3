// The commands that show the flag.
#include <unistd.h>

#include <boost/json.hpp>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>

#include "commands/rollout_access.hpp"
#include "commands/rollout_actions.hpp"
#include "feature_flag/flag_json.hpp"
#include "feature_flag/flag_operations.hpp"
#include "options/cli.hpp"
#include "options/flag_parts.hpp"
#include "options/stores.hpp"
#include "output/explained_output.hpp"
#include "output/rollout_output.hpp"
#include "rollout_controller/present_json.hpp"

namespace sotto::app::rollout_actions {

int show_status(const RolloutOptions& options, ports::FlagStore& store) {
  const auto current = feature_flag::current_flag(store, options.parameter_name);
  if (!current) return fail_with(current.error(), options);
  const auto readers = store.readers(options.parameter_name);
  if (options.json) {
    boost::json::object body =
        feature_flag::status_json(options.parameter_name, *current, rollout::Source::store);
    if (readers) body["processes"] = feature_flag::readers_json(*readers);
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

namespace {

// What the stores do not say of a session.
std::vector<std::string> not_known(const RolloutOptions& options, bool found) {
  std::vector<std::string> what = {
      "whether a server's environment has PARTIAL_RESULTS_ENABLED=false",
      "whether the session's recogniser is silent, so that it has final results only for a while"};
  if (!found && options.sessions.empty())
    what = {what.front(), "sessions that a server on another machine keeps in its own folder"};
  else if (!found)
    what.pop_back();
  return what;
}

}  // namespace

int explain(const RolloutOptions& options, ports::FlagStore&) {
  if (auto id = rollout::validate_session_id(options.session); !id)
    return fail_with(id.error(), options);
  const auto rollout = RolloutAccess::open_without_figures(options);
  if (!rollout) return fail_with(rollout.error(), options);
  const auto folder = data_folder(options);
  const auto stored = folder ? stored_session(options.sessions, *folder, options.session)
                             : tl::unexpected(folder.error());
  if (!stored) return fail_with(stored.error(), options);
  std::optional<rollout_controller::SessionSeen> seen;
  if (*stored) seen = rollout_controller::session_seen(**stored);
  const auto state = rollout_controller::present_state(
      {&(*rollout)->flags(), &(*rollout)->controller(), (*rollout)->name(), std::nullopt},
      options.session, seen, system_utc());
  if (!state) return fail_with(state.error(), options);
  const std::vector<std::string> unknown = not_known(options, seen.has_value());
  if (options.json) {
    boost::json::object body = rollout_controller::explained_json(options.session, *state);
    body["not_known"] = boost::json::array(unknown.begin(), unknown.end());
    print(body);
  } else {
    print_explained(std::cout, options.session, *state, unknown, system_utc());
  }
  return exit_success;
}

int history(const RolloutOptions& options, ports::FlagStore& store) {
  const auto entries = feature_flag::flag_history(store, options.parameter_name,
                                                  static_cast<std::size_t>(options.limit));
  if (!entries) return fail_with(entries.error(), options);
  if (options.json) {
    print(boost::json::object{{"parameter_name", options.parameter_name},
                              {"versions", feature_flag::history_json(*entries)}});
  } else if (entries->empty()) {
    std::cout << "there is no flag " << options.parameter_name << " in " << store.name() << '\n';
  } else {
    print_history(std::cout, *entries, system_utc());
  }
  return exit_success;
}

int diff(const RolloutOptions& options, ports::FlagStore& store) {
  const auto from = version_of(options.from, "from");
  if (!from) return fail_with(from.error(), options);
  const auto to = version_of(options.to, "to");
  if (!to) return fail_with(to.error(), options);
  const auto compared = feature_flag::compare_versions(store, options.parameter_name, *from, *to);
  if (!compared) return fail_with(compared.error(), options);
  const auto &before = compared->before.revision, &after = compared->after.revision;
  if (options.json) {
    print(boost::json::object{{"from", before.version},
                              {"to", after.version},
                              {"changes", feature_flag::differences_json(compared->differences)}});
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

namespace {

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

}  // namespace

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

}  // namespace sotto::app::rollout_actions
