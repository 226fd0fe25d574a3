#include "commands/rollout_common.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "json/text.hpp"
#include "options/flag_parts.hpp"
#include "options/gates.hpp"
#include "options/state_folder.hpp"

namespace sotto::app {

namespace {

std::string user_name() {
  for (const char* variable : {"SUDO_USER", "USER", "LOGNAME"})
    if (const char* name = std::getenv(variable); name && *name != '\0') return name;
  const passwd* entry = ::getpwuid(::getuid());
  return entry ? entry->pw_name : "uid " + std::to_string(::getuid());
}

}  // namespace

void add_common_options(CLI::App& command, RolloutCommon& common) {
  command.add_option("--parameter-name", common.parameter_name, "The flag's name")
      ->envname("FEATURE_FLAG_PARAMETER_NAME")
      ->capture_default_str();
  command
      .add_option(
          "--store", common.store,
          "The flag's store: sqlite:PATH, file:PATH or ssm:[REGION] (the server's own). With ssm: "
          "the plan is kept in the folder of --data, or where --rollouts says")
      ->envname("SOTTO_STORE");
  command
      .add_option("--rollouts", common.rollouts,
                  "The store of the plan, its decisions and sessions' outcomes: dynamodb:TABLE "
                  "(beside the flag)")
      ->envname("SOTTO_ROLLOUTS");
  command.add_option("--data", common.data,
                     "The server's data folder; used without --store, and with ssm:");
  add_gates_option(command, common.gates);
  command
      .add_option("--environment", common.environment,
                  "The server's environment: dev, staging or prod (taken from the flag's name)")
      ->envname("SOTTO_ENVIRONMENT")
      ->check(CLI::IsMember({"dev", "staging", "prod"}));
  command.add_flag("--json", common.json, "Print JSON, errors too");
  command.add_option("--reason", common.reason, "The reason, for the history");
  command.add_option("--by", common.by, "For whom it is done; the history has the user too");
  command.add_option("--if-version", common.if_version,
                     "Change the flag only if this version is still the current one");
  command.add_flag("--dry-run", common.dry_run, "Say what would change, and change nothing");
}

feature_flag::Author author_of(const RolloutCommon& common) {
  const std::string user = user_name();
  const bool another = !common.by.empty() && common.by != user;
  return {another ? common.by + " (" + user + ")" : user, common.reason, system_utc()};
}

int fail_with(const Error& error, const RolloutCommon& common) {
  return report(error, common.json, error.code == ErrorCode::invalid_argument);
}

void print(const boost::json::value& value) { std::cout << json::to_text(value) << std::endl; }

Result<std::filesystem::path> data_folder(const RolloutCommon& common) {
  return state_folder(common.data);
}

}  // namespace sotto::app
