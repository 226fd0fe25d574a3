#include "providers/aws/credentials/profile.hpp"

#include "providers/aws/credentials/test_environment.hpp"

namespace sotto::providers::aws {
namespace {

using ::testing::ElementsAre;
using testing::FakeEnvironment;
using ::testing::Pair;

TEST(Profiles, AreReadFromBothKindsOfFile) {
  const auto config = parse_profiles(
      "# a comment\r\n"
      "lost = before any section\n"
      "[default]\r\n"
      "Region = eu-west-1 \r\n"
      "s3 =\n"
      "  max_concurrent_requests = 20\n"
      "[profile talks] ; more\n"
      "region=us-east-1\n"
      "; another\n"
      "no equals sign\n"
      "[profile \"two words\"]\n"
      "output = json\n"
      "[sso-session x]\n"
      "region = nowhere\n"
      "[talks]\n"
      "region = wrong\n"
      "[broken\n"
      "region = wrong\n",
      true);
  EXPECT_EQ(config.size(), 3u);
  EXPECT_THAT(config.at("default"), ElementsAre(Pair("region", "eu-west-1"), Pair("s3", "")));
  EXPECT_THAT(config.at("talks"), ElementsAre(Pair("region", "us-east-1")));
  EXPECT_THAT(config.at("two words"), ElementsAre(Pair("output", "json")));
  const auto keys = parse_profiles("[talks]\naws_secret_access_key = a=b/c+d=\n", false);
  EXPECT_THAT(keys.at("talks"), ElementsAre(Pair("aws_secret_access_key", "a=b/c+d=")));
}

TEST(Profiles, TheOneInForceHasBothFilesTheCredentialsFileWinning) {
  FakeEnvironment environment;
  environment.files["/home/me/.aws/config"] = "[default]\nregion=a\n[profile t]\nregion=b\nx=1\n";
  environment.files["/home/me/.aws/credentials"] = "[t]\nx=2\naws_access_key_id=AKID\n";
  EXPECT_THAT(*profile_in_force(environment).value(), ElementsAre(Pair("region", "a")));
  environment.variables["AWS_PROFILE"] = "t";
  EXPECT_THAT(*profile_in_force(environment).value(),
              ElementsAre(Pair("aws_access_key_id", "AKID"), Pair("region", "b"), Pair("x", "2")));
  environment.variables["AWS_CONFIG_FILE"] = "/etc/aws";
  environment.variables["AWS_SHARED_CREDENTIALS_FILE"] = "/etc/keys";
  environment.files["/etc/keys"] = "[t]\nx=3\n";
  EXPECT_THAT(*profile_in_force(environment).value(), ElementsAre(Pair("x", "3")));
}

TEST(Profiles, OneThatIsAskedForMustBeThere) {
  FakeEnvironment environment;
  EXPECT_FALSE(profile_in_force(environment).value());
  environment.variables["AWS_PROFILE"] = "t";
  const auto none = profile_in_force(environment);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_EQ(none.error().field, "AWS_PROFILE");
}

TEST(SplitCommand, KeepsQuotedWordsTogether) {
  EXPECT_THAT(*split_command(R"( /opt/x  --a "b c" 'd "e' f"g h"i "" )"),
              ElementsAre("/opt/x", "--a", "b c", "d \"e", "fg hi", ""));
  EXPECT_THAT(*split_command(""), ElementsAre());
  EXPECT_FALSE(split_command("a 'b"));
}

}  // namespace
}  // namespace sotto::providers::aws
