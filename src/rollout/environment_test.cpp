#include "rollout/environment.hpp"

#include <map>

namespace sotto::rollout {
namespace {

Result<Environment> read(const std::map<std::string, std::string>& values) {
  return read_environment([&](const char* name) -> const char* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  });
}

TEST(Environment, SaysNothingOfItself) {
  const auto environment = read({});
  ASSERT_TRUE(environment);
  EXPECT_FALSE(environment->off);
  EXPECT_FALSE(environment->flag);
  EXPECT_EQ(environment->parameter_name, default_parameter_name);
  EXPECT_EQ(environment->cache_ttl, std::chrono::seconds{60});
  EXPECT_FALSE(read({{"MIN_STABILITY_THRESHOLD", "0.9"}})->flag)
      << "a threshold switches nothing on";
}

TEST(Environment, GivesAFlagForWhenNoStoreCanBeRead) {
  EXPECT_EQ(read({{"PARTIAL_RESULTS_ENABLED", "true"}})->flag->rollout_percentage, 100);
  const auto environment = read({{"ROLLOUT_PERCENTAGE", "10"},
                                 {"MIN_STABILITY_THRESHOLD", "0.9"},
                                 {"MAX_BUFFER_TIMEOUT", "3"},
                                 {"FEATURE_FLAG_PARAMETER_NAME", "/audio-transcription/dev/config"},
                                 {"FEATURE_FLAG_CACHE_TTL", "5"}});
  ASSERT_TRUE(environment && environment->flag);
  EXPECT_EQ(environment->flag->rollout_percentage, 10);
  EXPECT_EQ(environment->flag->min_stability_threshold, 0.9);
  EXPECT_EQ(environment->flag->max_buffer_timeout, milliseconds{3000});
  EXPECT_EQ(environment->parameter_name, "/audio-transcription/dev/config");
  EXPECT_EQ(environment->cache_ttl, std::chrono::seconds{5});
}

TEST(Environment, FalseIsFalseHoweverItIsWritten) {
  for (const char* value : {"false", "False", "FALSE", "0"})
    EXPECT_TRUE(read({{"PARTIAL_RESULTS_ENABLED", value}})->off) << value;
}

TEST(Environment, NamesTheVariableThatIsWrong) {
  const std::map<std::string, std::vector<std::string>> cases = {
      {"PARTIAL_RESULTS_ENABLED", {"maybe", "no "}},
      {"ROLLOUT_PERCENTAGE", {"101", "-1", "ten", "NaN", "10.5", "10%", "99999999999999999999"}},
      {"MIN_STABILITY_THRESHOLD", {"0.5", "nan", "inf", "high", "0.9x"}},
      {"MAX_BUFFER_TIMEOUT", {"60", "1", "nan", "5s"}},
      {"FEATURE_FLAG_PARAMETER_NAME", {"config", "/aws/x"}},
      {"FEATURE_FLAG_CACHE_TTL", {"0", "-5", "3601", "nan", "1e300"}}};
  for (const auto& [variable, values] : cases)
    for (const std::string& value : values) {
      const auto environment = read({{variable, value}});
      ASSERT_FALSE(environment) << variable << "=" << value;
      EXPECT_EQ(environment.error().field, variable);
      EXPECT_NE(environment.error().message.find(variable), std::string::npos);
    }
}

}  // namespace
}  // namespace sotto::rollout
