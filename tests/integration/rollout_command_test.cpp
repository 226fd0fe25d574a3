// The deployment guide's commands, as an operator gives them, against a running server.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "providers/local/sqlite_flag_store.hpp"
#include "rollout/bucket.hpp"
#include "tests/support/bell.hpp"
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

const std::string production = "/audio-transcription/partial-results/config";
const std::string dev = "/audio-transcription/dev/partial-results/config";

class Rollout : public ::testing::Test {
 protected:
  // The caller's own flag is neither read nor written.
  void SetUp() override {
    for (const char* variable :
         {"SOTTO_STORE", "FEATURE_FLAG_PARAMETER_NAME", "FEATURE_FLAG_CACHE_TTL",
          "PARTIAL_RESULTS_ENABLED", "ROLLOUT_PERCENTAGE", "MIN_STABILITY_THRESHOLD",
          "MAX_BUFFER_TIMEOUT"})
      ::unsetenv(variable);
  }

  // A server with its own folder; its flag is `name`.
  std::unique_ptr<ServerProcess> serve(const std::string& name,
                                       std::map<std::string, std::string> environment = {}) {
    environment["FEATURE_FLAG_PARAMETER_NAME"] = name;
    return std::make_unique<ServerProcess>(std::vector<std::string>{"--data", data()}, environment,
                                           log());
  }

  Ran rollout(const std::string& arguments) {
    return sotto::testing::run_command(
        "'" SOTTO_BINARY "' rollout " + arguments + " --data '" + data() + "'", folder.path());
  }
  json::object rollout_json(const std::string& arguments) {
    const Ran ran = rollout(arguments + " --json");
    EXPECT_EQ(ran.code, 0) << arguments << ran.err;
    return ran.code == 0 ? json::parse(ran.out).as_object() : json::object{};
  }

  struct Case {
    std::string arguments;
    int code;
    std::string says;
  };

  void expect_one_line_each(const std::vector<Case>& cases) {
    for (const auto& [arguments, code, says] : cases) {
      const Ran ran = rollout(arguments);
      EXPECT_EQ(ran.code, code) << arguments << "\n" << ran.err;
      EXPECT_NE(ran.err.find(says), std::string::npos) << arguments << "\n" << ran.err;
      EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << arguments << "\n"
                                                                     << ran.err;
      EXPECT_EQ(ran.out, "") << arguments;
    }
  }
  // The flag is as its first change made it.
  void expect_unchanged() {
    const auto status = rollout_json("--status");
    EXPECT_EQ(status.at("rollout_percentage").to_number<int>(), 10);
    EXPECT_EQ(status.at("version").to_number<int>(), 1);
  }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder.path() / name) << text;
    return (folder.path() / name).string();
  }

  std::string data() const { return (folder.path() / "data").string(); }
  std::string log() const { return (folder.path() / "log").string(); }
  std::string token() const {
    const std::string line = content_of(folder.path() / "data" / "operator-token");
    return line.substr(0, line.find('\n'));
  }

  // The server says that it acts by the flag's newest version.
  void await_server(const std::string& name) {
    auto store = sotto::providers::local::make_sqlite_flag_store(data() + "/flags.db");
    sotto::testing::Bell bell;
    const auto watch = store->watch(name, [&] { bell.ring(); });
    EXPECT_TRUE(bell.wait_until([&] {
      const auto readers = store->readers(name);
      const auto current = store->read(name);
      return readers && readers->size() == 1 && current && *current &&
             readers->front().version == (*current)->version;
    }));
  }

  // Begins a session of an id and ends it; what it was given.
  json::object session(const ServerProcess& server, const std::string& id) {
    const auto answer = HttpClient(server.port(), token())
                            .ask("POST", "/v1/sessions", "{\"session_id\":\"" + id + "\"}");
    EXPECT_EQ(answer.status, 201) << answer.body;
    const auto created = json::parse(answer.body).as_object();
    const std::string speaker(created.at("speaker_token").as_string());
    const HttpClient client(server.port(), speaker);
    EXPECT_EQ(client.ask("DELETE", "/v1/sessions/" + id).status, 202);
    for (int i = 0; i < 100'000; ++i)  // until its id is free again
      if (client.ask("GET", "/v1/sessions/" + id).body.find("\"ended\"") != std::string::npos)
        break;
    return created.at("partial_results").as_object();
  }
  bool enabled(const ServerProcess& server, const std::string& id) {
    return session(server, id).at("enabled").as_bool();
  }

  sotto::testing::TemporaryFolder folder;
};

std::vector<std::string> ten_ids() {
  std::vector<std::string> ids;
  for (int number = 420; number < 430; ++number) {
    std::string id = "golden-eagle-";
    ids.push_back(id += std::to_string(number));
  }
  return ids;
}

// "Initial Deployment", phases 1 to 3, "Canary Testing".
TEST_F(Rollout, GrowsAsTheGuideDoes) {
  const auto server = serve(production);
  ASSERT_NE(server->port(), 0) << server->first_line();
  EXPECT_NE(server->first_line().find("operator-token"), std::string::npos);

  ASSERT_EQ(rollout("--percentage 0").code, 0);
  await_server(production);
  EXPECT_FALSE(enabled(*server, "golden-eagle-427")) << "0 % is final-only";

  ASSERT_EQ(rollout("--percentage 10 --reason 'phase 1'").code, 0);
  await_server(production);
  const auto status = rollout_json("--status");
  EXPECT_EQ(status.at("rollout_percentage").to_number<int>(), 10);
  EXPECT_EQ(status.at("reason").as_string(), "phase 1");
  std::set<std::string> canary;
  for (const std::string& id : ten_ids()) {
    const bool on = enabled(*server, id);
    EXPECT_EQ(on, sotto::rollout::bucket_of(id) < 10) << id;
    EXPECT_EQ(enabled(*server, id), on) << "the same id, the same answer";
    EXPECT_EQ(rollout_json("explain " + id).at("enabled").as_bool(), on);
    if (on) canary.insert(id);
  }
  EXPECT_GE(canary.size(), 1u);
  EXPECT_LE(canary.size(), 3u) << "about one of ten";

  ASSERT_EQ(rollout("--percentage 50").code, 0);
  await_server(production);
  std::size_t on = 0;
  for (const std::string& id : ten_ids()) {
    const bool now = enabled(*server, id);
    on += now ? 1U : 0U;
    EXPECT_TRUE(now || !canary.contains(id)) << "nobody is switched off when it grows";
  }
  EXPECT_GT(on, canary.size());

  ASSERT_EQ(rollout("--percentage 100").code, 0);
  await_server(production);
  for (const std::string& id : ten_ids()) EXPECT_TRUE(enabled(*server, id));
  EXPECT_EQ(rollout_json("--status").at("rollout_percentage").to_number<int>(), 100);

  const std::string lines = content_of(log());
  EXPECT_NE(lines.find("\"message\":\"rollout check\""), std::string::npos);
  for (const char* field :
       {"\"bucket\":", "\"rollout_percentage\":", "\"enabled\":", "\"reason\":"})
    EXPECT_NE(lines.find(field), std::string::npos) << field;
}

// "Emergency Rollback", "Rollback Procedures", "Manual Fallback".
TEST_F(Rollout, IsTakenBackAsTheGuideDoes) {
  const auto server = serve(production);
  ASSERT_NE(server->port(), 0);
  ASSERT_EQ(rollout("--percentage 100").code, 0);
  await_server(production);
  const HttpClient client(server->port(), token());
  const auto live = json::parse(client.ask("POST", "/v1/sessions").body).as_object();
  ASSERT_TRUE(live.at("partial_results").at("enabled").as_bool());

  const Ran disabled = rollout("--disable --reason 'latency'");
  EXPECT_EQ(disabled.code, 0) << disabled.err;
  EXPECT_NE(disabled.out.find("1 of 1 process acknowledged in "), std::string::npos)
      << disabled.out;
  const std::string shown =
      client.ask("GET", "/v1/sessions/" + std::string(live.at("session_id").as_string())).body;
  EXPECT_EQ(json::parse(shown).at("partial_results").at("reason").as_string(), "disabled")
      << "live talks too, as soon as the command is back";
  EXPECT_EQ(session(*server, "golden-eagle-427").at("reason").as_string(), "disabled");
  EXPECT_EQ(rollout_json("--disable").at("acknowledgements").as_array().size(), 1u);

  const Ran while_off = rollout("--percentage 10");
  EXPECT_NE(while_off.out.find("sotto rollout --enable"), std::string::npos) << while_off.out;
  ASSERT_EQ(rollout("--enable").code, 0);
  for (const int percentage : {50, 10, 0}) {
    ASSERT_EQ(rollout("--percentage " + std::to_string(percentage)).code, 0);
    await_server(production);
    EXPECT_EQ(enabled(*server, "golden-eagle-427"), 73 < percentage);
  }
  EXPECT_EQ(rollout("undo --yes").code, 0);
  EXPECT_EQ(rollout_json("--status").at("rollout_percentage").to_number<int>(), 10);
}

TEST_F(Rollout, TheEnvironmentVariableTurnsOneServerOff) {
  const auto server = serve(production, {{"PARTIAL_RESULTS_ENABLED", "false"}});
  ASSERT_EQ(rollout("--percentage 100").code, 0);
  await_server(production);
  EXPECT_EQ(session(*server, "golden-eagle-427").at("reason").as_string(), "environment_off");
  EXPECT_TRUE(rollout_json("--status").at("enabled").as_bool()) << "the others go on";
}

// "Pre-Rollout Testing": the dev parameter.
TEST_F(Rollout, IsTestedInDevFirst) {
  const auto server = serve(dev);
  ASSERT_NE(server->port(), 0);
  const std::string name = " --parameter-name " + dev;
  ASSERT_EQ(rollout("--percentage 0" + name).code, 0);
  await_server(dev);
  EXPECT_FALSE(enabled(*server, "golden-eagle-427"));
  ASSERT_EQ(rollout("--percentage 100" + name).code, 0);
  await_server(dev);
  EXPECT_TRUE(enabled(*server, "golden-eagle-427"));
  ASSERT_EQ(rollout("--disable" + name).code, 0);
  EXPECT_FALSE(enabled(*server, "golden-eagle-427"));
  EXPECT_EQ(rollout("--status --parameter-name " + production).code, 1)
      << "production is untouched";
}

// "Configuration Tuning", and scenario 4's threshold.
TEST_F(Rollout, ThresholdsAreTuned) {
  const auto server = serve(production);
  ASSERT_EQ(rollout("set --min-stability 0.90").code, 0);
  ASSERT_EQ(rollout("set --max-buffer-timeout 3").code, 0);
  const auto status = rollout_json("--status");
  EXPECT_EQ(status.at("min_stability_threshold").to_number<double>(), 0.9);
  EXPECT_EQ(status.at("max_buffer_timeout").to_number<double>(), 3);
  await_server(production);
  const auto number = [&](const std::string& key) {
    return json::parse(HttpClient(server->port())
                           .ask("POST", "/ofrep/v1/evaluate/flags/" + key,
                                R"({"context":{"targetingKey":"golden-eagle-427"}})")
                           .body)
        .at("value")
        .to_number<double>();
  };
  EXPECT_EQ(number("min-stability-threshold"), 0.9);
  EXPECT_EQ(number("max-buffer-timeout"), 3);
}

TEST_F(Rollout, WhatIsWrongIsOneLineAndChangesNothing) {
  ASSERT_EQ(rollout("--percentage 10").code, 0);
  expect_one_line_each({
      {"--percentage 101", 2, "percentage is \"101\", must be a whole number from 0 to 100"},
      {"--percentage -1", 2, "percentage is \"-1\""},
      {"--percentage ten", 2, "percentage is \"ten\""},
      {"--percentage NaN", 2, "percentage is \"NaN\""},
      {"--percentage ''", 2, "--percentage"},
      {"set --min-stability 0.5", 2, "min_stability_threshold is 0.5, must be from 0.7 to 0.95"},
      {"set --max-buffer-timeout 60", 2, "max_buffer_timeout is 60, must be from 2 to 10 seconds"},
      {"set --max-buffer-timeout nan", 2, "max_buffer_timeout"},
      {"set", 2, "say what to set"},
      {"--status --parameter-name config", 2, "parameter_name must begin with /"},
      {"--status --parameter-name /a/../b", 2, "parameter_name"},
      {"--status --store nonsense", 2,
       "store is \"nonsense\", must be sqlite:PATH, file:PATH or ssm:REGION"},
      {"--percentage 5 --store sqlite:/proc/sotto/flags.db", 1, "/proc/sotto"},
      {"--percentage 5 --store file:/proc/sotto/", 1, "/proc/sotto"},
      {"--status --store sqlite:" + write("garbage.db", std::string(5000, 'x')), 1, "garbage.db"},
      {"--status --store file:" + write("cut.json", "{\"enabled\":tru"), 2, "refused"},
      {"--percentage 5 --store file:" + write("twice.json", R"({"enabled":true,"enabled":false})"),
       2, "enabled is there twice"},
      {"--percentage 5 --store file:" + write("large.json", std::string(1'000'000, ' ')), 2,
       "large.json"},
  });
  const Ran as_json = rollout("--percentage 101 --json");
  EXPECT_EQ(json::parse(as_json.err).at("error").at("field").as_string(), "percentage");
  expect_unchanged();
}

TEST_F(Rollout, WhatCannotBeDoneIsOneLineAndChangesNothing) {
  ASSERT_EQ(rollout("--percentage 10").code, 0);
  expect_one_line_each({
      {"--percentage 5 --if-version 7", 1, "the flag is at version 1, not 7"},
      {"--percentage 5 --if-version x", 2, "if_version"},
      {"--enable --disable", 2, "--enable"},
      {"--disable --wait 600", 2, "--wait"},
      {"", 2, "--percentage, --disable, --enable, --status"},
      {"explain 'a b'", 2, "session_id"},
      {"explain", 2, "session"},
      {"override golden-eagle-427 maybe", 2, "maybe"},
      {"override golden-eagle-427 on --for 1y", 2, "for is \"1y\""},
      {"override golden-eagle-427 clear", 1, "no override"},
      {"undo --to 9", 1, "no version 9"},
      {"undo", 1, "no version before"},
      {"diff 1 9", 1, "no version 9"},
      {"history --limit 0", 2, "--limit"},
      {"lint /no/such/file", 1, "/no/such/file"},
      {"lint " + write("wrong.json", R"({"enabled":true,"rollout_percentage":101})"), 1,
       "wrong.json: rollout_percentage is 101"},
      {"lint " + write("megabyte.json", std::string(1'000'000, 'x')), 1, "may have 4096"},
  });
  expect_unchanged();
}

TEST_F(Rollout, OfOperatorsAtOnceEachIsWrittenOrTold) {
  ASSERT_EQ(rollout("--percentage 0").code, 0);
  std::vector<std::thread> operators;
  std::array<int, 8> codes{};
  for (std::size_t i = 0; i < codes.size(); ++i)
    operators.emplace_back([&, i] {
      const std::string command = "'" SOTTO_BINARY "' rollout --data '" + data() +
                                  "' --if-version 1 --percentage " + std::to_string(i + 1) +
                                  " >/dev/null 2>&1 </dev/null";
      codes[i] = WEXITSTATUS(std::system(command.c_str()));
    });
  for (std::thread& thread : operators) thread.join();
  EXPECT_EQ(std::count(codes.begin(), codes.end(), 0), 1)
      << "all had seen version 1; one was first";
  EXPECT_EQ(std::count(codes.begin(), codes.end(), 1), 7);
  EXPECT_EQ(rollout_json("history").at("versions").as_array().size(), 2u);
}

// kill -9 of the server, a store that is deleted under it, and one that holds garbage.
TEST_F(Rollout, TheLastGoodValueOutlivesTheStoreAndTheServer) {
  auto server = serve(production);
  ASSERT_EQ(rollout("--disable").code, 0);
  server->kill();
  EXPECT_EQ(rollout_json("--status").at("processes").as_array().size(), 0u)
      << "a process that was killed is none of the readers";
  fs::remove(fs::path(data()) / "flags.db");
  server = serve(production);
  ASSERT_NE(server->port(), 0);
  EXPECT_EQ(session(*server, "golden-eagle-427").at("reason").as_string(), "disabled")
      << "from the disk, with no store at all";
  ASSERT_EQ(rollout("--percentage 100").code, 0) << "the store is made anew";
  await_server(production);
  EXPECT_TRUE(enabled(*server, "golden-eagle-427"));
  const fs::path broken = fs::path(data()) / "flags.db";
  std::ofstream(broken, std::ios::trunc) << std::string(5000, 'x');
  EXPECT_TRUE(enabled(*server, "golden-eagle-427")) << "the last good value stays in force";
  EXPECT_EQ(HttpClient(server->port(), token()).ask("GET", "/v1/rollout").status, 503);
}

TEST_F(Rollout, StatusIsPaintedAnewWhenItChanges) {
  ASSERT_EQ(rollout("--percentage 10").code, 0);
  const std::string command =
      "'" SOTTO_BINARY "' rollout --status --watch --json --data '" + data() + "' & echo $!; wait";
  FILE* watching = ::popen(command.c_str(), "r");
  ASSERT_NE(watching, nullptr);
  std::array<char, 4096> line{};
  ASSERT_NE(std::fgets(line.data(), line.size(), watching), nullptr);
  const pid_t pid = std::stoi(line.data());
  ASSERT_NE(std::fgets(line.data(), line.size(), watching), nullptr);
  EXPECT_EQ(json::parse(line.data()).at("rollout_percentage").to_number<int>(), 10);
  ASSERT_EQ(rollout("--percentage 50").code, 0);
  ASSERT_NE(std::fgets(line.data(), line.size(), watching), nullptr);
  EXPECT_EQ(json::parse(line.data()).at("rollout_percentage").to_number<int>(), 50);
  ::kill(pid, SIGTERM);
  ::pclose(watching);
}

}  // namespace
