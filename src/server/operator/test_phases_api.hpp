#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "rollout_controller/state_json.hpp"
#include "server/operator/phases_api.hpp"
#include "tests/support/failing_sessions.hpp"
#include "tests/support/server_fixture.hpp"

// What the tests of the rollout's API share.
namespace sotto::server {

using boost::json::object;
using std::chrono::minutes;
using testing::TestFlag;

inline const std::string phases_root = "/v1/rollout/phases", events_root = "/v1/rollout/events";

inline const std::vector<std::string> commands = {"start", "advance", "pause", "resume",
                                                  "abort", "approve", "clear"};

class PhasesApiTest : public testing::ServerTest {
 protected:
  Response operate(const std::string& method, const std::string& path, const std::string& body = {},
                   const std::map<std::string, std::string>& query = {}) {
    return ask(method, path, body, "operator-secret", query);
  }
  Response say(const std::string& command, const std::string& body = {}) {
    return operate("POST", phases_root + "/" + command, body);
  }
  static object json(const Response& response) {
    return boost::json::parse(response.body).as_object();
  }
  // The rollout after a command that must be taken.
  object done(const std::string& command, const std::string& body = {}) {
    const Response response = say(command, body);
    EXPECT_EQ(response.status, 200) << command << " " << response.body;
    return json(response);
  }
  // To the next phase although nothing has been measured.
  object advanced() { return done("advance", R"({"force":true,"reason":"a test"})"); }
  object standing() { return json(operate("GET", phases_root)).at("rollout").as_object(); }
  static std::string text(const object& of, const char* member) {
    return std::string(of.at(member).as_string());
  }
  static int number(const object& of, const char* member) { return of.at(member).to_number<int>(); }
  void refused(const Response& response, int status, const std::string& field,
               const std::string& hint = {}) {
    EXPECT_EQ(response.status, status) << response.body;
    const object error = json(response).at("error").as_object();
    EXPECT_EQ(text(error, "field"), field) << response.body;
    EXPECT_NE(text(error, "message").find(hint), std::string::npos) << response.body;
  }

  rollout::Flag now_set() { return feature_flag::current_flag(flag.store, flag.name)->flag; }
  std::size_t changes() { return flag.store.history(flag.name, 100)->size(); }
  std::vector<ports::JournalEntry> records() {
    return *flag.rollouts.entries(flag.name, ports::Journal::decisions, 0, 1000);
  }

  // Lets the guide's alarm for errors go off, and the leader look.
  void fail_for_real() {
    flag.monitor.tick(TestFlag::now);
    testing::count_failing_sessions(flag.metrics, 10);
    flag.monitor.tick(TestFlag::now + minutes{5});
    ASSERT_TRUE(flag.controller.tick(TestFlag::now + minutes{5}));
  }
};

}  // namespace sotto::server
