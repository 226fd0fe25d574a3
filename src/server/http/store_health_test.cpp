#include "server/http/store_health.hpp"

#include <gtest/gtest.h>

#include "tests/support/server_fixture.hpp"

namespace sotto::server {
namespace {

TEST(AskedOnce, ASecond) {
  int asked = 0;
  Result<> next;
  AskedOnce store([&] {
    ++asked;
    return next;
  });
  const auto at = [](int ms) {
    return AskedOnce::Clock::time_point{} + std::chrono::milliseconds{ms};
  };
  EXPECT_TRUE(store.answer(at(10'000)));
  next = fail(ErrorCode::unavailable, "database or disk is full", "store");
  EXPECT_TRUE(store.answer(at(10'999)));
  EXPECT_EQ(asked, 1);
  EXPECT_FALSE(store.answer(at(11'000)));
  next = {};
  EXPECT_FALSE(store.answer(at(11'500)));
  EXPECT_TRUE(store.answer(at(12'000)));
  EXPECT_EQ(asked, 3);
}

class ReadinessTest : public testing::ServerTest {};

TEST_F(ReadinessTest, IsThatOfAStoreThatCanBeWritten) {
  Result<> health;
  ApiParts parts = flag.api_parts(&*registry, &log);
  parts.store.check = [&] { return health; };
  parts.store.not_stored = [] { return std::size_t{3}; };
  api.emplace(parts);
  const auto ready = [&](int seconds, const std::string& bearer = "") {
    return api->handle({"GET", "/readyz", {}, bearer, {}, {}},
                       start + std::chrono::seconds{seconds});
  };
  EXPECT_EQ(ready(10).status, 200);
  health = fail(ErrorCode::unavailable, "sqlite:/var/lib/x.db: database or disk is full", "store");
  const Response stranger = ready(12);
  EXPECT_EQ(stranger.status, 503);
  EXPECT_EQ(stranger.body.find("/var/lib"), std::string::npos) << stranger.body;
  EXPECT_NE(stranger.body.find("cannot be stored"), std::string::npos) << stranger.body;
  const Response known = ready(12, "operator-secret");
  EXPECT_EQ(known.status, 503);
  EXPECT_NE(known.body.find("disk is full"), std::string::npos) << known.body;
  health = {};
  EXPECT_EQ(ready(14).status, 200);
  EXPECT_NE(ask("GET", "/metrics").body.find("sotto_not_stored{environment=\"test\"} 3"),
            std::string::npos);
}

}  // namespace
}  // namespace sotto::server
