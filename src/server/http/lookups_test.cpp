#include "server/http/lookups.hpp"

#include "tests/support/server_fixture.hpp"

namespace sotto::server {
namespace {

class LookupsTest : public testing::ServerTest {
 protected:
  Response look(const std::string& id, const std::string& method = "GET",
                const std::string& bearer = {}, const std::string& leaf = {}) {
    Request request{method, "/v1/sessions/" + id + leaf, {}, bearer, {}, {}, "192.0.2.1"};
    if (auto refused = lookups.begin(request, start)) return *refused;
    Response response = api->handle(request, start);
    lookups.end(request, response, start);
    return response;
  }

  SocketRoute follow(const std::string& id) {
    SocketRequest request{"/v1/sessions/" + id + "/captions", {{"lang", "en"}}, {}, "192.0.2.1"};
    return lookups.route(route_socket(request, &*registry), request, *registry, start);
  }

  std::uint16_t code_of(const SocketRoute& route) {
    client = std::make_shared<testing::Client>();
    route.handler->on_open(client);
    poll();
    return client->closed.value_or(0);
  }

  Lookups lookups;
};

TEST_F(LookupsTest, MissesAreLimitedAndWhatIsThereIsNotToldThen) {
  const std::string known(create().at("session_id").as_string());
  const std::string other(create().at("session_id").as_string());
  EXPECT_EQ(look(known).status, 200);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(look("guess-" + std::to_string(i)).status, 404) << i;
  const Response refused = look("guess-60");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.retry_after, 60);
  EXPECT_EQ(look(other).body, refused.body);
  EXPECT_EQ(look(known).status, 200) << "a hall goes on";
  EXPECT_EQ(code_of(follow(known)), 0);
  EXPECT_EQ(code_of(follow(other)), close_code::too_many);
  EXPECT_EQ(code_of(follow("guess-61")), close_code::too_many);
}

TEST_F(LookupsTest, SocketsMissToo) {
  const std::string known(create().at("session_id").as_string());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(code_of(follow(known)), 0);
  for (int i = 0; i < 60; ++i)
    EXPECT_EQ(code_of(follow("guess-" + std::to_string(i))), close_code::not_found);
  EXPECT_EQ(code_of(follow("guess-60")), close_code::too_many);
  EXPECT_EQ(look("guess-61").status, 429);
}

TEST_F(LookupsTest, WrongTokensAreMissesAndMistakesAreNot) {
  const std::string known(create().at("session_id").as_string());
  const std::string other(create().at("session_id").as_string());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(look("no-such-1", "PUT").status, 405);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(look(known, "DELETE", "guess").status, 403);
  EXPECT_EQ(look(other).status, 429);
}

TEST_F(LookupsTest, WhoBeginsASessionKnowsIt) {
  for (int i = 0; i < 60; ++i) look("guess-" + std::to_string(i));
  Request begin{"POST", "/v1/sessions", {}, {}, {}, {}, "192.0.2.1"};
  EXPECT_FALSE(lookups.begin(begin, start));
  const Response created = api->handle(begin, start);
  lookups.end(begin, created, start);
  EXPECT_EQ(look("guess-60").status, 429) << "and has no more guesses for it";
  const auto session = boost::json::parse(created.body).as_object();
  EXPECT_EQ(look(std::string(session.at("session_id").as_string())).status, 200);
}

}  // namespace
}  // namespace sotto::server
