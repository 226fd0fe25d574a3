#include "providers/aws/credentials/credentials.hpp"

#include <atomic>
#include <future>
#include <thread>

#include "providers/aws/credentials/test_environment.hpp"

namespace sotto::providers::aws {
namespace {

using namespace std::chrono_literals;
using testing::FakeEnvironment;
using testing::FakeNetwork;

const UtcTime start = parse_utc("2026-03-01T12:00:00Z").value();

Credentials keys(int number, std::optional<UtcTime> expires_at = {}) {
  return {"AKID" + std::to_string(number), "SECRET", "", expires_at};
}

TEST(FindCredentials, TheFirstPlaceThatHasSomeWins) {
  FakeEnvironment environment;
  FakeNetwork network;
  const std::string answer = R"({"AccessKeyId":"FROM","SecretAccessKey":"S","Token":"T"})";
  const auto none = find_credentials(environment, network);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(none.error().message, ::testing::HasSubstr("AWS_ACCESS_KEY_ID"));

  const std::string metadata = "http://169.254.169.254/latest/";
  network.answers["PUT " + metadata + "api/token"] = {200, {}, "x"};
  network.answers["GET " + metadata + "meta-data/iam/security-credentials/"] = {200, {}, "r"};
  network.answers["GET " + metadata + "meta-data/iam/security-credentials/r"] = {
      200, {}, R"({"AccessKeyId":"INSTANCE","SecretAccessKey":"S","Token":"T"})"};
  EXPECT_EQ(find_credentials(environment, network)->access_key_id, "INSTANCE");
  environment.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/c";
  network.answers["GET http://169.254.170.2/c"] = {
      200, {}, R"({"AccessKeyId":"CONTAINER","SecretAccessKey":"S","Token":"T"})"};
  EXPECT_EQ(find_credentials(environment, network)->access_key_id, "CONTAINER");
  environment.files["/home/me/.aws/credentials"] =
      "[default]\naws_access_key_id=PROFILE\naws_secret_access_key=S\n";
  EXPECT_EQ(find_credentials(environment, network)->access_key_id, "PROFILE");
  environment.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/t";
  environment.variables["AWS_ROLE_ARN"] = "arn";
  EXPECT_FALSE(find_credentials(environment, network)) << "set up, and broken";
  environment.files["/t"] = "t";
  network.answers["POST https://sts.us-east-1.amazonaws.com/"] = {
      200,
      {},
      "<AccessKeyId>WEB</AccessKeyId><SecretAccessKey>S</SecretAccessKey>"
      "<SessionToken>T</SessionToken><Expiration>2026-03-01T18:00:00Z</Expiration>"};
  EXPECT_EQ(find_credentials(environment, network)->access_key_id, "WEB");
  environment.variables["AWS_ACCESS_KEY_ID"] = "VARIABLES";
  environment.variables["AWS_SECRET_ACCESS_KEY"] = "S";
  EXPECT_EQ(find_credentials(environment, network)->access_key_id, "VARIABLES");
}

class CachedTest : public ::testing::Test {
 protected:
  Result<Credentials> fetch() {
    const int number = ++fetches_;
    if (failing_) return fail(ErrorCode::unavailable, "STS is down");
    return keys(number, lifetime_ ? std::optional(now_.load() + *lifetime_) : std::nullopt);
  }
  std::string key() {
    const auto found = cached_.credentials();
    return found ? found->access_key_id : found.error().message;
  }

  std::atomic<UtcTime> now_ = start;
  std::optional<milliseconds> lifetime_ = 1h;
  std::atomic<int> fetches_ = 0;
  std::atomic<bool> failing_ = false;
  CachedCredentials cached_{[this] { return fetch(); }, [this] { return now_.load(); }};
};

TEST_F(CachedTest, AreFetchedAnewFiveMinutesBeforeTheyExpire) {
  EXPECT_EQ(key(), "AKID1");
  now_ = start + 54min + 59s;
  EXPECT_EQ(key(), "AKID1");
  now_ = start + 55min;
  EXPECT_EQ(key(), "AKID2");
  EXPECT_EQ(key(), "AKID2");
  EXPECT_EQ(fetches_, 2);
}

TEST_F(CachedTest, KeysThatStayValidAreFetchedOnce) {
  lifetime_.reset();
  EXPECT_EQ(key(), "AKID1");
  now_ = start + 1000h;
  EXPECT_EQ(key(), "AKID1");
}

TEST_F(CachedTest, WhenFetchingFailsTheOldOnesServeUntilTheyReallyExpire) {
  EXPECT_EQ(key(), "AKID1");
  failing_ = true;
  now_ = start + 55min;
  EXPECT_EQ(key(), "AKID1");
  EXPECT_EQ(key(), "AKID1");
  EXPECT_EQ(fetches_, 2) << "not with every call";
  now_ = start + 55min + 30s;
  EXPECT_EQ(key(), "AKID1");
  EXPECT_EQ(fetches_, 3);
  now_ = start + 1h;
  EXPECT_EQ(key(), "STS is down");
  failing_ = false;
  EXPECT_EQ(key(), "AKID5");
}

TEST_F(CachedTest, OnesThatLiveShortAreNotFetchedWithEveryCall) {
  lifetime_ = 2min;
  EXPECT_EQ(key(), "AKID1");
  EXPECT_EQ(key(), "AKID1");
  now_ = start + 31s;
  EXPECT_EQ(key(), "AKID2");
}

TEST_F(CachedTest, RefusedOnesAreFetchedAnewOthersAreKept) {
  EXPECT_EQ(key(), "AKID1");
  cached_.reject(keys(1));
  EXPECT_EQ(key(), "AKID2");
  cached_.reject(keys(1));
  EXPECT_EQ(key(), "AKID2");
}

TEST_F(CachedTest, OneFetchesWhileTheOthersGoOn) {
  std::promise<void> begun, go_on;
  std::atomic<int> fetches = 0;
  std::atomic<UtcTime> now = start;
  CachedCredentials cached(
      [&]() -> Result<Credentials> {
        const int number = ++fetches;
        if (number == 2) {
          begun.set_value();
          go_on.get_future().wait();
        }
        return keys(number, now.load() + 1h);
      },
      [&] { return now.load(); });
  ASSERT_EQ(cached.credentials()->access_key_id, "AKID1");
  now = start + 57min;
  std::thread fetcher([&] { EXPECT_EQ(cached.credentials()->access_key_id, "AKID2"); });
  begun.get_future().wait();
  EXPECT_EQ(cached.credentials()->access_key_id, "AKID1") << "does not wait";
  now = start + 61min;  // now the old ones have expired, so there is nothing but waiting
  std::thread waiter([&] { EXPECT_EQ(cached.credentials()->access_key_id, "AKID2"); });
  go_on.set_value();
  fetcher.join();
  waiter.join();
  EXPECT_EQ(fetches, 2);
}

TEST_F(CachedTest, AFetchThatThrowsIsAnErrorForAll) {
  CachedCredentials cached([]() -> Result<Credentials> { throw std::bad_alloc(); },
                           [] { return start; });
  EXPECT_EQ(cached.credentials().error().code, ErrorCode::internal);
  EXPECT_EQ(cached.credentials().error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace sotto::providers::aws
