// Whoever asks right after a change gets the same answer everywhere, before any process has
// followed the flag or stepped the rollout.
#include "rollout/bucket.hpp"
#include "server/operator/test_phases_api.hpp"

namespace sotto::server {
namespace {

class OneState : public PhasesApiTest {
 protected:
  // One of bucket 10 to 49.
  std::string begin_session() {
    std::string id;
    for (int bucket = 0; bucket < 10 || bucket >= 50; bucket = rollout::bucket_of(id))
      id = "talk-" + std::to_string(names++);
    const Response begun = operate("POST", "/v1/sessions", "{\"session_id\":\"" + id + "\"}");
    EXPECT_EQ(begun.status, 201) << begun.body;
    return id;
  }
  object explained(const std::string& id) {
    return json(operate("GET", "/v1/rollout/explain/" + id));
  }
  object criteria() { return json(operate("GET", "/v1/rollout/criteria")); }

  struct Expected {
    std::string status, about_to;
    bool enabled;
    int percentage;
  };
  static std::string text_or_empty(const boost::json::value& value) {
    return value.is_null() ? "" : std::string(value.as_string());
  }
  // The flag, watch, the console and explain.
  void expect_everywhere(const Expected& expected) {
    const object flag_shown = json(operate("GET", "/v1/rollout"));
    EXPECT_EQ(flag_shown.at("enabled").as_bool(), expected.enabled);
    EXPECT_EQ(number(flag_shown, "rollout_percentage"), expected.percentage);
    const object console = criteria(), watch = json(operate("GET", phases_root));
    EXPECT_EQ(number(console, "flag_version"), number(flag_shown, "version"));
    EXPECT_EQ(number(console.at("phase").as_object(), "percentage"),
              expected.enabled ? expected.percentage : 0);
    const object by_explain = explained("nobody").at("rollout").as_object();
    for (const object& rollout :
         {watch.at("rollout").as_object(), console.at("rollout").as_object(), by_explain}) {
      EXPECT_EQ(text(rollout, "status"), expected.status);
      EXPECT_EQ(text_or_empty(rollout.at("about_to")), expected.about_to);
    }
    if (!expected.about_to.empty()) {
      EXPECT_EQ(text(watch, "why"), expected.about_to);
      EXPECT_EQ(text(console, "why"), expected.about_to);
    }
    const object explanation = explained("nobody");
    EXPECT_EQ(number(explanation, "version"), number(flag_shown, "version"));
    EXPECT_EQ(number(explanation, "rollout_percentage"), expected.percentage);
  }

  int names = 0;
};

TEST_F(OneState, RightAfterACommandOrAChangeByTheApi) {
  done("start");
  expect_everywhere({"running", "", true, 10});
  advanced();
  expect_everywhere({"running", "", true, 50});
  EXPECT_EQ(operate("PATCH", "/v1/rollout", R"({"rollout_percentage":30})").status, 200);
  expect_everywhere({"paused", "", true, 30});
  done("resume");
  expect_everywhere({"running", "", true, 50});
  EXPECT_EQ(operate("POST", "/v1/rollout/disable").status, 200);
  expect_everywhere({"paused", "", false, 50});
  done("resume");
  expect_everywhere({"running", "", true, 50});
  EXPECT_EQ(operate("POST", "/v1/rollout/undo").status, 200) << "disabled again";
  expect_everywhere({"paused", "", false, 50});
  done("abort", R"({"reason":"enough"})");
  expect_everywhere({"aborted", "", false, 0});
}

TEST_F(OneState, RightAfterAChangePastTheServer) {
  done("start");
  flag.set_percentage(30);
  expect_everywhere(
      {"paused", "The flag was set to 30 % by test: the rollout will pause.", true, 30});
  flag.set_enabled(false);
  expect_everywhere(
      {"paused", "The flag was disabled by test: the rollout will pause.", false, 30});
  done("resume");
  expect_everywhere({"running", "", true, 10});
}

TEST_F(OneState, RightAfterAStepThatTakesTheRolloutBack) {
  done("start");
  fail_for_real();
  expect_everywhere({"rolled_back", "", false, 10});
  done("clear", R"({"reason":"mended"})");
  expect_everywhere({"paused", "", false, 10});
  done("resume");
  expect_everywhere({"running", "", true, 10});
}

TEST_F(OneState, ASessionIsExplainedAsItIsNow) {
  const std::string id = begin_session();
  object before = explained(id);
  EXPECT_TRUE(before.at("enabled").as_bool());
  EXPECT_EQ(text(before.at("session").as_object(), "mode"), "partial");
  EXPECT_EQ(operate("POST", "/v1/rollout/disable", R"({"reason":"complaints"})").status, 200);
  const object off = explained(id), session = off.at("session").as_object();
  EXPECT_FALSE(off.at("enabled").as_bool()) << "although no process has followed the flag yet";
  EXPECT_EQ(text(off, "reason"), "disabled");
  EXPECT_TRUE(session.at("given").as_object().at("enabled").as_bool());
  EXPECT_FALSE(session.at("acted").as_bool());
  EXPECT_EQ(text(session, "by"), "operator");
  EXPECT_EQ(text(session, "why"), "complaints");
  EXPECT_EQ(text(session, "since"), format_utc(TestFlag::now));

  registry->apply({now_set(), 2, rollout::Source::store, false}, TestFlag::now, [](std::size_t) {});
  EXPECT_EQ(operate("POST", "/v1/rollout/enable").status, 200);
  const object later = explained(id), killed = later.at("session").as_object();
  EXPECT_FALSE(later.at("enabled").as_bool()) << "a killed session does not come back on";
  EXPECT_TRUE(killed.at("acted").as_bool());
  EXPECT_EQ(text(killed.at("given").as_object(), "reason"), "rollout");
  EXPECT_EQ(text(killed, "why"), "complaints");
  EXPECT_TRUE(later.at("new_session").as_object().at("enabled").as_bool());
}

TEST_F(OneState, ASessionOfAnEarlierProcessIsExplainedTheSame) {
  const std::string id = begin_session();
  flag.set_enabled(false);
  registry->apply({now_set(), 2, rollout::Source::store, false}, TestFlag::now, [](std::size_t) {});
  poll();  // the session acts
  object before = explained(id).at("session").as_object();
  begin(registry->parts());
  ASSERT_EQ(*registry->restore(start), 1u);
  object after = explained(id).at("session").as_object();
  for (object* one : {&before, &after}) one->at("given").as_object().erase("version");
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace sotto::server
