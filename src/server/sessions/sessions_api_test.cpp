// Sessions beyond their beginning: what is listed, transcripts, feedback, limits, restarts.
#include <boost/json.hpp>

#include "tests/support/server_fixture.hpp"
#include "tests/support/stored_session.hpp"

namespace sotto::server {
namespace {

using testing::ServerTest;

constexpr const char* operator_token = "operator-secret";

class SessionsApiTest : public ServerTest {
 protected:
  std::string begin_talk() { return std::string(create().at("session_id").as_string()); }
  void say(const std::string& text, int number) {
    recogniser.say(testing::final_result(
        text, {.id = "r" + std::to_string(number), .start = at_ms(number * 20'000)}));
    poll();
  }
  boost::json::value body_of(const Response& response) { return boost::json::parse(response.body); }
};

TEST_F(SessionsApiTest, TheOperatorSeesTheSessionsThatGoOn) {
  const std::string id = begin_talk();
  EXPECT_EQ(ask("GET", "/v1/sessions").status, 403);
  const auto listed = body_of(ask("GET", "/v1/sessions", "", operator_token)).at("sessions");
  ASSERT_EQ(listed.as_array().size(), 1u);
  const auto& session = listed.at(0);
  EXPECT_EQ(session.at("session_id").as_string(), id);
  EXPECT_EQ(session.at("arm").as_string(), "canary");
  EXPECT_EQ(session.at("mode").as_string(), "partial");
  EXPECT_TRUE(session.at("latency_ms").at("p50").is_null());
  EXPECT_EQ(session.at("created_at").as_string(), "2025-11-24T16:00:00.000Z");
  EXPECT_FALSE(session.as_object().contains("speaker_token"));
}

TEST_F(SessionsApiTest, SaysWhoListensAndWhatCanBeHad) {
  const std::string id = begin_talk();
  const auto reader = open("/v1/sessions/" + id + "/captions", {{"lang", "es"}});
  const auto session = body_of(ask("GET", "/v1/sessions/" + id));
  EXPECT_EQ(boost::json::serialize(session.at("listeners")),
            R"({"total":1,"by_language":{"es":1}})");
  EXPECT_EQ(boost::json::serialize(session.at("speech")), R"(["en","es"])");
  EXPECT_EQ(boost::json::serialize(session.at("voices")),
            R"({"en":"a fake voice","es":"a fake voice"})");
  EXPECT_EQ(
      ask("GET", "/v1/languages").body,
      R"({"languages":[{"language":"en","targets":["ca","es"],"speech":["en","es"],)"
      R"("translations":[{"target":"ca","engines":)"
      R"([{"engine":"translator","pivot":null,"quality":null}]},)"
      R"({"target":"es","engines":[{"engine":"translator","pivot":null,"quality":null}]}]}],"start":"open"})");
  reader->on_closed();
}

TEST_F(SessionsApiTest, TranscriptsInEachFormAndLanguage) {
  const std::string id = begin_talk();
  say("good morning.", 1);
  const std::string path = "/v1/sessions/" + id;
  const Response vtt = ask("GET", path + "/captions.vtt");
  EXPECT_EQ(vtt.content_type, "text/vtt; charset=utf-8");
  EXPECT_EQ(vtt.file_name, id + ".en.vtt");
  EXPECT_NE(vtt.body.find("good morning."), std::string::npos);
  EXPECT_NE(ask("GET", path + "/captions.srt").body.find("00:00:20,000 --> "), std::string::npos);
  const auto line = boost::json::parse(ask("GET", path + "/captions.jsonl").body);
  EXPECT_EQ(line.at("text").as_string(), "good morning.");
  EXPECT_EQ(ask("GET", path + "/captions.doc").status, 404);
  EXPECT_EQ(ask("GET", path + "/captions.vtt", "", "", {{"lang", "xx"}}).status, 404);
  EXPECT_EQ(ask("GET", "/v1/sessions/no-such-1/captions.vtt").status, 404);
  EXPECT_EQ(ask("POST", path + "/captions.vtt").status, 405);
}

TEST_F(SessionsApiTest, AnIdThatIsChosenMayBeUsedAgainOnceItsSessionHasEnded) {
  const std::string body = R"({"session_id":"my-talk-1"})";
  EXPECT_EQ(ask("POST", "/v1/sessions", body).status, 403);
  EXPECT_EQ(ask("POST", "/v1/sessions", body, operator_token).status, 201);
  EXPECT_EQ(ask("POST", "/v1/sessions", body, operator_token).status, 409);
  say("of the first session.", 1);
  recogniser.end();
  poll();
  EXPECT_EQ(ask("POST", "/v1/sessions", body, operator_token).status, 201);
  EXPECT_EQ(ask("GET", "/v1/sessions/my-talk-1/captions.jsonl").body, "");
}

TEST_F(SessionsApiTest, AMadeUpIdThatWasUsedIsReplaced) {
  const std::string first = begin_talk();
  next = 0;  // the same choices again
  begin(registry->parts());
  const std::string second = begin_talk();
  EXPECT_NE(first, second);
}

TEST_F(SessionsApiTest, ASessionGoesOnAfterARestart) {
  const auto created = create();
  const std::string id(created.at("session_id").as_string());
  const std::string token(created.at("speaker_token").as_string());
  say("before.", 1);
  begin(registry->parts());
  ASSERT_EQ(*registry->restore(start), 1u);
  const auto shown = body_of(ask("GET", "/v1/sessions/" + id));
  EXPECT_EQ(shown.at("state").as_string(), "waiting");
  EXPECT_EQ(shown.at("created_at"), created.at("created_at"));
  const auto speaker = open("/v1/sessions/" + id + "/audio", {}, token);
  speaker->on_binary(testing::silence(1600));
  EXPECT_FALSE(client->closed) << "the speaker's token is still good";
  const auto reader = open("/v1/sessions/" + id + "/captions", {{"lang", "en"}, {"since", "0"}});
  say("after.", 1);
  const auto first = boost::json::parse(client->received.at(2));  // after the state and its id
  EXPECT_EQ(first.at("text").as_string(), "before.");
  EXPECT_EQ(last_of(*client).at("text").as_string(), "after.");
  EXPECT_EQ(last_of(*client).at("seq").to_number<int>(), 2);
  reader->on_closed();
  speaker->on_closed();
}

TEST_F(SessionsApiTest, ASessionThatCannotGoOnNowIsNotEnded) {
  ports::StoredSession stored = testing::stored_session("not-now-1");
  stored.min_stability_threshold = 2;  // no engine takes it
  ASSERT_TRUE(store.begin(stored));
  const std::string id = begin_talk();
  begin(registry->parts());
  EXPECT_EQ(*registry->restore(start), 1u);
  EXPECT_TRUE(registry->find(id));
  EXPECT_EQ(registry->to_resume(), 1u);
  EXPECT_EQ(registry->resume_waiting(start), 0u);
  EXPECT_FALSE(store.find(stored.id)->value().ended_at);
}

TEST_F(SessionsApiTest, AKilledSessionStaysKilledAfterARestart) {
  const std::string id = begin_talk();
  flag.set_enabled(false);
  rollout::InForce off = *flag.reader->current();
  off.flag.enabled = false;
  registry->apply(off, testing::TestFlag::now, [](std::size_t) {});
  poll();
  begin(registry->parts());
  ASSERT_EQ(*registry->restore(start), 1u);
  EXPECT_FALSE(registry->find(id)->decision.enabled);
  EXPECT_EQ(registry->find(id)->session->status().mode, engine::Mode::final_only);
  EXPECT_TRUE(canaries.at(id)) << "its arm stays";
}

TEST_F(SessionsApiTest, WhatEndedCanBeReadAfterARestart) {
  const std::string id = begin_talk();
  say("the end.", 1);
  recogniser.end();
  poll();
  pipeline::SessionParts parts = registry->parts();
  boost::asio::io_context waiting;
  parts.waiting = waiting.get_executor();
  begin(parts);
  EXPECT_EQ(*registry->restore(start), 0u);
  EXPECT_EQ(body_of(ask("GET", "/v1/sessions/" + id)).at("state").as_string(), "ended");
  EXPECT_NE(ask("GET", "/v1/sessions/" + id + "/captions.vtt").body.find("the end."),
            std::string::npos);
  const auto reader = open("/v1/sessions/" + id + "/captions", {{"lang", "en"}, {"since", "0"}});
  EXPECT_TRUE(client->received.empty()) << "the store is not asked where it would hold up talks";
  waiting.run();
  ASSERT_EQ(client->received.size(), 2u);
  EXPECT_EQ(boost::json::parse(client->received[0]).at("text").as_string(), "the end.");
  EXPECT_EQ(client->closed, close_code::normal);
}

TEST_F(SessionsApiTest, ReadinessDependsOnTheStoreAndTheStop) {
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  store.break_with(Error{ErrorCode::unavailable, "the disk is gone", ""});
  const auto later = start + AskedOnce::valid;
  EXPECT_EQ(api->handle({"GET", "/readyz", {}, "", {}, ""}, later).status, 503);
  EXPECT_EQ(ask("POST", "/v1/sessions").status, 503) << "a talk that cannot be kept is not begun";
  store.break_with(std::nullopt);
  EXPECT_TRUE(registry->open().empty());
  api->set_stopping();
  EXPECT_EQ(ask("GET", "/readyz").status, 503);
}

TEST_F(SessionsApiTest, ReadinessNamesTheRecogniserAndTellsOperatorsWhyItIsThatOne) {
  EXPECT_EQ(ask("GET", "/readyz").body, R"({"status":"ready"})");
  ApiParts parts = flag.api_parts(&*registry, &log);
  parts.recogniser = {"PocketSphinx en-us", "/home/ada/models/tokenizer.bin is missing",
                      std::make_shared<std::atomic<std::uint64_t>>(2)};
  api.emplace(parts);
  const std::string everybody = R"({"status":"ready","recogniser":{"name":"PocketSphinx en-us"}})";
  EXPECT_EQ(ask("GET", "/readyz").body, everybody);
  EXPECT_EQ(ask("GET", "/readyz", "", "some-other-token").body, everybody);
  const auto told = body_of(ask("GET", "/readyz", "", operator_token)).at("recogniser");
  EXPECT_EQ(told.at("name").as_string(), "PocketSphinx en-us");
  EXPECT_EQ(told.at("instead").as_string(), "/home/ada/models/tokenizer.bin is missing");
  EXPECT_EQ(told.at("takeovers").to_number<int>(), 2);
  EXPECT_THAT(ask("GET", "/metrics").body,
              ::testing::HasSubstr("sotto_recogniser_takeovers_total{environment=\"test\"} 2"));
}

// What a chain offers.
struct SeveralEngines : testing::FakeTranslator {
  std::vector<ports::TranslationOffer> offers() const override {
    const Language en{"en"}, es{"es"}, ca{"ca"};
    return {{{en, es}, "Bergamot enes-tiny", {}, {{"FLORES-200 devtest", 26.1, 54.8, {}}}},
            {{en, ca}, "Apertium", es, {}},
            {{en, es}, "Apertium"},
            {{es, en}, "Apertium"}};
  }
};

TEST_F(SessionsApiTest, LanguagesNamesTheEnginesOfAPairInTheirOrder) {
  SeveralEngines engines;
  pipeline::SessionParts parts = registry->parts();
  parts.translator = &engines;
  begin(parts);
  const auto body = body_of(ask("GET", "/v1/languages"));
  EXPECT_EQ(boost::json::serialize(body.at("languages").at(0).at("translations")),
            R"([{"target":"ca","engines":[{"engine":"Apertium","pivot":"es","quality":null}]},)"
            R"({"target":"es","engines":[{"engine":"Bergamot enes-tiny","pivot":null,"quality":)"
            R"({"test_set":"FLORES-200 devtest","bleu":2.61E1,"chrf":5.48E1,"comet":null}},)"
            R"({"engine":"Apertium","pivot":null,"quality":null}]}])");
}

TEST_F(SessionsApiTest, MetricsCountWhatCameOfAskingEachTranslator) {
  telemetry::TranslationCounts translations;
  translations.count("Apertium", "translated");
  translations.count("Apertium", "translated");
  translations.count("Amazon Translate", "deadline_exceeded");
  ApiParts parts = flag.api_parts(&*registry, &log);
  parts.translations = &translations;
  api.emplace(parts);
  const std::string metrics = ask("GET", "/metrics").body;
  for (const char* line :
       {"# TYPE sotto_translations_total counter",
        "sotto_translations_total{environment=\"test\",engine=\"Apertium\",outcome=\"translated\"} "
        "2",
        "sotto_translations_total{environment=\"test\",engine=\"Amazon Translate\","
        "outcome=\"deadline_exceeded\"} 1"})
    EXPECT_THAT(metrics, ::testing::HasSubstr(line));
}

TEST_F(SessionsApiTest, ASessionSaysWhetherItPlaysARecording) {
  const auto created = api->create_session({.unattended = true}, start);
  ASSERT_TRUE(created);
  const std::string demo = created->hosted.session->config().id.str();
  EXPECT_TRUE(body_of(ask("GET", "/v1/sessions/" + demo)).at("recording").as_bool());
  EXPECT_FALSE(create().at("recording").as_bool());
}

TEST_F(SessionsApiTest, TheSeriesAndTheCriteriaAreTheOperators) {
  EXPECT_EQ(ask("GET", "/v1/metrics/series").status, 403);
  EXPECT_EQ(ask("GET", "/v1/rollout/criteria").status, 403);
  telemetry::Minute minute;
  minute.start = std::chrono::floor<std::chrono::minutes>(testing::TestFlag::now);
  auto& canary = minute.arms[static_cast<std::size_t>(telemetry::Arm::canary)];
  canary[telemetry::Histogram::processing_latency].record(1200, 100);
  canary[telemetry::Counter::session_errors] = 2;
  ASSERT_TRUE(flag.series.append(minute));
  const auto series =
      body_of(ask("GET", "/v1/metrics/series", "", operator_token, {{"minutes", "3"}}));
  EXPECT_EQ(series.at("times").as_array().size(), 3u);
  const auto& arm = series.at("arms").at("canary");
  EXPECT_TRUE(arm.at("latency_p95_ms").at(1).is_null());
  EXPECT_NEAR(arm.at("latency_p95_ms").at(2).to_number<double>(), 1200, 12);
  EXPECT_EQ(arm.at("errors").at(2).to_number<int>(), 2);
  EXPECT_TRUE(series.at("arms").at("control").at("errors").at(2).is_null());
  for (const char* wrong : {"0", "1441", "-1", "x"})
    EXPECT_EQ(ask("GET", "/v1/metrics/series", "", operator_token, {{"minutes", wrong}}).status,
              400);

  const auto criteria = body_of(ask("GET", "/v1/rollout/criteria", "", operator_token));
  EXPECT_EQ(criteria.at("phase").at("name").as_string(), "full");
  EXPECT_EQ(criteria.at("decision").as_string(), "hold");
  EXPECT_EQ(criteria.at("criteria").at(0).at("verdict").as_string(), "pass");
}

TEST_F(SessionsApiTest, TheReportIsTheOperatorsInThreeForms) {
  const std::string path = "/v1/rollout/report";
  EXPECT_EQ(ask("GET", path).status, 403);
  EXPECT_EQ(ask("POST", path, "", operator_token).status, 405);
  EXPECT_EQ(ask("GET", path, "", operator_token, {{"period", "year"}}).status, 400);
  EXPECT_EQ(ask("GET", path, "", operator_token, {{"format", "pdf"}}).status, 400);
  rollout::Command begin{.kind = rollout::Command::Kind::start, .by = "ada", .reason = "<b>"};
  begin.plan = rollout::guide_plan();
  ASSERT_TRUE(flag.controller.command(begin, testing::TestFlag::now));

  const Response markdown = ask("GET", path, "", operator_token, {{"period", "all"}});
  EXPECT_EQ(markdown.content_type, "text/markdown; charset=utf-8");
  EXPECT_EQ(markdown.file_name, "rollout-report-all.md");
  EXPECT_THAT(markdown.body, ::testing::HasSubstr("Rollout started: 100 % → 10 %"));
  EXPECT_THAT(markdown.body, ::testing::HasSubstr("&lt;b&gt;"));
  const Response html = ask("GET", path, "", operator_token, {{"format", "html"}});
  EXPECT_EQ(html.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(html.body, ::testing::StartsWith("<!doctype html>"));
  EXPECT_THAT(html.body, ::testing::Not(::testing::HasSubstr("<b>")));
  const auto json = body_of(ask("GET", path, "", operator_token, {{"format", "json"}}));
  EXPECT_EQ(json.at("decisions").as_array().size(), 1u);
  EXPECT_TRUE(json.at("alarms_on").is_array());
  EXPECT_TRUE(json.at("newest").is_object());
}

TEST_F(SessionsApiTest, AReportOfARangeIsOfWhatWasDecided) {
  const auto report = [&](const std::map<std::string, std::string>& query) {
    return ask("GET", "/v1/rollout/report", "", operator_token, query);
  };
  const std::string from = format_utc(testing::TestFlag::now - std::chrono::hours{1}),
                    to = format_utc(testing::TestFlag::now - std::chrono::seconds{10});
  const Response range = report({{"from", from}, {"to", to}, {"format", "json"}});
  EXPECT_EQ(range.status, 200) << range.body;
  EXPECT_EQ(range.file_name, "rollout-report-range.json");
  EXPECT_EQ(body_of(range).at("to").as_string(), to);
  EXPECT_TRUE(body_of(range).at("series").is_null());
  EXPECT_EQ(report({{"from", from}}).status, 400);
  EXPECT_EQ(report({{"from", from}, {"to", to}, {"period", "day"}}).status, 400);
  EXPECT_EQ(report({{"from", from}, {"to", format_utc(testing::TestFlag::now)}}).status, 400);
  EXPECT_EQ(report({{"from", to}, {"to", from}}).status, 400);
  EXPECT_EQ(report({{"period", "range"}}).status, 400);
}

}  // namespace
}  // namespace sotto::server
