#include "server/sessions/start_right.hpp"

#include <optional>

#include "tests/support/server_fixture.hpp"

namespace sotto::server {
namespace {

const RateLimiter::Clock::time_point now{std::chrono::hours{1}};

StartRules rules(WhoMayStart who, std::string code = "amber-lion-123-calm-otter-456") {
  return {who, [code] { return code; }};
}

// Whether it may start is the optional's; whether it is trusted, the value.
std::optional<bool> trusted(const Result<bool>& answer) {
  return answer ? std::optional(*answer) : std::nullopt;
}

TEST(StartRight, EverybodyMayWhereItIsOpenAndTheCodeIsTrustedThereToo) {
  StartRight right(rules(WhoMayStart::everybody));
  EXPECT_EQ(trusted(right.may_start("1", "", now)), false);
  EXPECT_EQ(trusted(right.may_start("1", "something", now)), false);
  EXPECT_EQ(trusted(right.may_start("1", "amber-lion-123-calm-otter-456", now)), true);
}

TEST(StartRight, WithoutTheCodeNobodyMay) {
  StartRight right(rules(WhoMayStart::hosts));
  for (const char* wrong : {"", "amber-lion-123", "amber-lion-123-calm-otter-457"}) {
    const auto refused = right.may_start("1", wrong, now);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
    EXPECT_EQ(refused.error().field, "code");
  }
  EXPECT_EQ(trusted(right.may_start("1", "Amber-Lion-123-CALM-otter-456", now)), true);
}

TEST(StartRight, NoCodeThatIsEmptyOrCannotBeReadLetsAnybodyIn) {
  StartRight empty(rules(WhoMayStart::hosts, ""));
  EXPECT_FALSE(empty.may_start("1", "x", now));
  EXPECT_FALSE(empty.may_start("1", "", now));
  StartRight broken({WhoMayStart::hosts,
                     [] { return Result<std::string>(fail(ErrorCode::unavailable, "no disk")); }});
  EXPECT_EQ(broken.may_start("1", "x", now).error().code, ErrorCode::unavailable);
}

TEST(StartRight, OneClientTriesTenCodesAMinuteAndKeepsNobodyElseOut) {
  StartRight right(rules(WhoMayStart::hosts));
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(right.may_start("1", "wrong", now).error().code, ErrorCode::permission_denied);
  const std::string code = "amber-lion-123-calm-otter-456";
  EXPECT_EQ(right.may_start("1", code, now).error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(trusted(right.may_start("2", code, now)), true);
  EXPECT_EQ(trusted(right.may_start("1", code, now + std::chrono::seconds{7})), true);
}

TEST(StartRight, TheCodeThatIsInForceCounts) {
  std::string code = "first";
  StartRight right({WhoMayStart::hosts, [&] { return code; }});
  EXPECT_TRUE(right.may_start("1", "first", now));
  code = "second";
  EXPECT_FALSE(right.may_start("1", "first", now));
  EXPECT_TRUE(right.may_start("1", "second", now));
}

TEST(StartRight, OnlyTheOperator) {
  StartRight right(rules(WhoMayStart::operators));
  EXPECT_FALSE(right.may_start("1", "amber-lion-123-calm-otter-456", now));
}

class StartingTest : public testing::ServerTest {
 protected:
  StartingTest() {
    ApiParts parts = flag.api_parts(&*registry, &log);
    parts.start = rules(WhoMayStart::hosts);
    api.emplace(parts);
  }
};

TEST_F(StartingTest, ASessionIsStartedWithTheCodeOrTheOperatorsToken) {
  const Response refused = ask("POST", "/v1/sessions");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(boost::json::parse(refused.body).at("error").at("field").as_string(), "code");
  EXPECT_EQ(ask("POST", "/v1/sessions", "", "wrong").status, 403);
  EXPECT_EQ(ask("POST", "/v1/sessions", R"({"code":7})").status, 400);
  EXPECT_EQ(ask("POST", "/v1/sessions", "", "amber-lion-123-calm-otter-456").status, 201);
  EXPECT_EQ(ask("POST", "/v1/sessions", R"({"code":"amber-lion-123-calm-otter-456"})").status, 201);
  EXPECT_EQ(ask("POST", "/v1/sessions", "", "operator-secret").status, 201);
  EXPECT_EQ(boost::json::parse(ask("GET", "/v1/languages").body).at("start").as_string(), "code");
  for (const std::string& line : lines) EXPECT_EQ(line.find("otter"), std::string::npos) << line;
}

TEST_F(StartingTest, TheOperatorEndsAnySession) {
  const auto session = api->create_session({}, start);
  const std::string path = "/v1/sessions/" + session->hosted.session->config().id.str();
  EXPECT_EQ(ask("DELETE", path).status, 403);
  EXPECT_EQ(ask("DELETE", path, "", "amber-lion-123-calm-otter-456").status, 403);
  EXPECT_EQ(ask("DELETE", path, "", "operator-secret").status, 202);
  EXPECT_TRUE(recogniser.finish_asked);
}

}  // namespace
}  // namespace sotto::server
