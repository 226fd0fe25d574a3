// What operators are told of the state, by whichever way they ask, right after it has changed.
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/shell_command.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using sotto::testing::content_of;
using sotto::testing::HttpClient;
using sotto::testing::Ran;
using sotto::testing::ServerProcess;

class RolloutState : public ::testing::Test {
 protected:
  // The caller's own flag is neither read nor written.
  void SetUp() override {
    for (const char* variable :
         {"SOTTO_STORE", "SOTTO_ROLLOUTS", "SOTTO_SESSIONS", "FEATURE_FLAG_PARAMETER_NAME",
          "FEATURE_FLAG_CACHE_TTL", "PARTIAL_RESULTS_ENABLED", "ROLLOUT_PERCENTAGE"})
      ::unsetenv(variable);
  }

  void serve() {
    server = std::make_unique<ServerProcess>(std::vector<std::string>{"--data", data()},
                                             std::map<std::string, std::string>{},
                                             (folder.path() / "log").string());
    ASSERT_NE(server->port(), 0) << server->first_line();
    std::string token = content_of(folder.path() / "data" / "operator-token");
    client.emplace(server->port(), token.substr(0, token.find('\n')));
  }
  std::string data() const { return (folder.path() / "data").string(); }

  Ran rollout(const std::string& arguments) {
    return sotto::testing::run_command(
        "'" SOTTO_BINARY "' rollout " + arguments + " --data '" + data() + "'", folder.path());
  }
  // Such as a person at a terminal says it, who answers `answer` to what is asked.
  Ran at_a_terminal(const std::string& arguments, const std::string& answer) {
    return sotto::testing::run_command("{ printf '" + answer +
                                           "\\n' | script -qec \"'" SOTTO_BINARY "' rollout " +
                                           arguments + " --data '" + data() + "'\" /dev/null; }",
                                       folder.path());
  }
  json::object command(const std::string& arguments) {
    const Ran ran = rollout(arguments + " --json");
    EXPECT_EQ(ran.code, 0) << arguments << ran.err;
    return ran.code == 0 ? json::parse(ran.out).as_object() : json::object{};
  }
  json::object http(const std::string& method, const std::string& path,
                    const std::string& body = {}) {
    const auto answer = client->ask(method, path, body);
    EXPECT_EQ(answer.status / 100, 2) << path << answer.body;
    return json::parse(answer.body).as_object();
  }

  // Of the session: the command's explain and the server's. Of the rollout: both explains, watch,
  // the phases and the criteria that the console shows.
  void expect_everywhere(const std::string& id, bool on, const std::string& status) {
    const auto here = command("explain " + id), there = http("GET", "/v1/rollout/explain/" + id);
    for (const json::object& explained : {here, there}) {
      EXPECT_EQ(explained.at("session").at("enabled").as_bool(), on) << json::serialize(explained);
      if (!on) {
        EXPECT_FALSE(explained.at("enabled").as_bool()) << json::serialize(explained);
      }
      EXPECT_EQ(explained.at("rollout").at("status").as_string(), status);
    }
    for (const char* same : {"bucket", "rollout_percentage", "reason", "version", "new_session"})
      EXPECT_EQ(here.at(same), there.at(same)) << same;
    EXPECT_EQ(here.at("session").at("since"), there.at("session").at("since"));
    for (const json::object& shown : {command("watch --once"), http("GET", "/v1/rollout/phases"),
                                      http("GET", "/v1/rollout/criteria")}) {
      EXPECT_EQ(shown.at("rollout").at("status").as_string(), status) << json::serialize(shown);
      EXPECT_TRUE(shown.at("rollout").at("about_to").is_null()) << json::serialize(shown);
    }
  }

  sotto::testing::TemporaryFolder folder;
  std::unique_ptr<ServerProcess> server;
  std::optional<HttpClient> client;
};

TEST_F(RolloutState, IsTheSameForEverybodyRightAfterAChange) {
  serve();
  const std::string id(http("POST", "/v1/sessions").at("session_id").as_string());
  ASSERT_EQ(rollout("start --reason 'release 2'").code, 0);
  expect_everywhere(id, true, "running");
  const Ran disabled = rollout("--disable --reason complaints --by ana");
  EXPECT_EQ(disabled.code, 0) << disabled.err;
  EXPECT_NE(disabled.out.find("the rollout is paused (phase canary)"), std::string::npos)
      << disabled.out;
  expect_everywhere(id, false, "paused");
  ASSERT_EQ(rollout("resume").code, 0);
  expect_everywhere(id, false, "running");
  ASSERT_EQ(rollout("--percentage 100").code, 0);
  expect_everywhere(id, false, "paused");
  http("POST", "/v1/rollout/phases/resume");
  expect_everywhere(id, false, "running");
  http("POST", "/v1/rollout/disable");
  expect_everywhere(id, false, "paused");

  const std::string text = rollout("explain " + id).out;
  EXPECT_EQ(text.find(id + ": partial results off\n"), 0u) << text;
  EXPECT_NE(text.find("with partial results on: bucket "), std::string::npos) << text;
  EXPECT_NE(text.find("the flag is off for everybody; version 3, by ana ("), std::string::npos)
      << text << "the first of the two that switched it off";
  EXPECT_NE(text.find("not known here: whether a server's environment"), std::string::npos) << text;
}

TEST_F(RolloutState, ExplainsFromTheStoresWhatAServerLeft) {
  serve();
  const std::string id(http("POST", "/v1/sessions").at("session_id").as_string());
  ASSERT_EQ(rollout("--disable --reason complaints --by ana").code, 0);
  const auto live = http("GET", "/v1/rollout/explain/" + id).at("session").as_object();
  server.reset();
  ASSERT_EQ(rollout("--enable").code, 0);
  const auto left = command("explain " + id);
  EXPECT_TRUE(left.at("new_session").at("enabled").as_bool());
  ASSERT_TRUE(left.contains("session"));
  const auto& session = left.at("session").as_object();
  EXPECT_TRUE(session.at("given").at("enabled").as_bool());
  EXPECT_FALSE(session.at("enabled").as_bool());
  for (const char* same : {"created_at", "reason", "version", "since", "by", "why"})
    EXPECT_EQ(session.at(same), live.at(same)) << same;
  EXPECT_FALSE(command("explain nobody-here-1").contains("session"));
}

TEST_F(RolloutState, SaysWhatAChangeInTheFileIsAboutToDo) {
  const std::string store = (folder.path() / "flag.json").string();
  const auto write = [&](int percentage) {
    std::ofstream(store) << R"({"enabled":true,"rollout_percentage":)" << percentage << "}\n";
  };
  const std::string option = " --store file:" + store;
  write(0);
  ASSERT_EQ(rollout("start" + option).code, 0);
  write(30);
  const Ran watched = rollout("watch --once" + option);
  EXPECT_EQ(watched.out.find("plan guide, about to be paused, started"), 0u) << watched.out;
  EXPECT_NE(watched.out.find("The flag was set to 30 % by "), std::string::npos) << watched.out;
  EXPECT_NE(watched.out.find(": the rollout will pause.\n"), std::string::npos) << watched.out;
  EXPECT_NE(watched.out.find("no server has looked at it yet"), std::string::npos) << watched.out;
  EXPECT_NE(rollout("--status" + option).out.find("guide, paused, phase canary. The flag was set"),
            std::string::npos);
  EXPECT_EQ(command("explain nobody-here-1" + option).at("rollout").at("status").as_string(),
            "paused");
  const auto resumed = command("resume" + option);
  EXPECT_EQ(resumed.at("rollout").at("status").as_string(), "running");
  EXPECT_EQ(command("watch --once" + option).at("rollout").at("status").as_string(), "running");
}

TEST_F(RolloutState, UndoAsksBeforeItSwitchesOn) {
  ASSERT_EQ(rollout("--percentage 30").code, 0);
  ASSERT_EQ(rollout("--disable").code, 0);
  const std::string says = "switches partial results ON again, for 30 % of new sessions";
  const Ran refused = rollout("undo");
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find(says + ": confirm that with --yes"), std::string::npos) << refused.err;
  EXPECT_EQ(rollout("undo --to 1 --json").code, 1);
  EXPECT_NE(rollout("undo --dry-run").out.find(says), std::string::npos);

  for (const char* no : {"n", "", "yes, but"}) {
    const Ran asked = at_a_terminal("undo", no);
    EXPECT_EQ(asked.code, 1) << no;
    EXPECT_NE(asked.out.find(says), std::string::npos) << asked.out;
    EXPECT_NE(asked.out.find("[y/N]"), std::string::npos) << asked.out;
    EXPECT_NE(asked.out.find("nothing was changed"), std::string::npos) << asked.out;
  }
  EXPECT_FALSE(command("--status").at("enabled").as_bool());
  const Ran sure = at_a_terminal("undo", "y");
  EXPECT_EQ(sure.code, 0) << sure.out << sure.err;
  EXPECT_TRUE(command("--status").at("enabled").as_bool());
  ASSERT_EQ(rollout("--percentage 50").code, 0);
  EXPECT_EQ(rollout("undo").code, 0) << "a smaller percentage needs no question";
  EXPECT_EQ(rollout("undo --yes").code, 0);
}

}  // namespace
