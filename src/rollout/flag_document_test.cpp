#include <rapidcheck/gtest.h>

#include <array>

#include "rollout/flag.hpp"

namespace sotto::rollout {
namespace {

TEST(FlagDocument, ReadsTheGuidesParameter) {
  const auto flag = parse_flag(R"({
    "enabled": true,
    "rollout_percentage": 100,
    "min_stability_threshold": 0.85,
    "max_buffer_timeout": 5.0
  })");
  ASSERT_TRUE(flag) << flag.error().message;
  EXPECT_TRUE(flag->enabled);
  EXPECT_EQ(flag->rollout_percentage, 100);
  EXPECT_EQ(flag->min_stability_threshold, 0.85);
  EXPECT_EQ(flag->max_buffer_timeout, milliseconds{5000});
  EXPECT_EQ(
      to_document(*flag),
      R"({"enabled":true,"rollout_percentage":100,"min_stability_threshold":0.85,"max_buffer_timeout":5.0})");
}

TEST(FlagDocument, KeepsWhatItDoesNotKnow) {
  const std::string document =
      R"({"enabled":false,"rollout_percentage":10,"min_stability_threshold":0.9,"max_buffer_timeout":2.5,"team":"llt","links":{"a":[1,2.5,null],"b":"\"\\é"}})";
  const auto flag = parse_flag(document);
  ASSERT_TRUE(flag) << flag.error().message;
  ASSERT_EQ(flag->extra.size(), 2u);
  EXPECT_EQ(flag->extra[0], (ExtraMember{"team", "\"llt\""}));
  const auto again = parse_flag(to_document(*flag));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, *flag);
}

TEST(FlagDocument, TheLeastIsEnabledAndForHowMany) {
  EXPECT_TRUE(parse_flag(R"({"enabled":true,"rollout_percentage":10})"));
  const auto off = parse_flag(R"({"enabled":false})");
  ASSERT_TRUE(off) << "an emergency by hand";
  EXPECT_EQ(off->rollout_percentage, 0);
  EXPECT_EQ(off->min_stability_threshold, 0.85);
}

struct Wrong {
  std::string document, field, says;
};

TEST(FlagDocument, RefusesTheWholeOfWhatIsWrongAndNamesIt) {
  const std::string head = R"({"enabled":true,"rollout_percentage":)";
  const std::vector<Wrong> cases = {
      {head + "101}", "rollout_percentage", "is 101, must be a whole number from 0 to 100"},
      {head + "-1}", "rollout_percentage", "is -1, must"},
      {head + "10.5}", "rollout_percentage", "is 10.5, must be a whole number"},
      {head + "\"ten\"}", "rollout_percentage", "is \"ten\", must"},
      {head + "null}", "rollout_percentage", "is null, must"},
      {head + "1e400}", "document", "not valid JSON"},
      {head + "99999999999999999999}", "document", "parsing a number"},
      {head + "NaN}", "document", "not valid JSON"},
      {head + "10,\"min_stability_threshold\":0.5}", "min_stability_threshold",
       "is 0.5, must be from 0.7 to 0.95"},
      {head + "10,\"min_stability_threshold\":\"0.9\"}", "min_stability_threshold", "must be from"},
      {head + "10,\"max_buffer_timeout\":60}", "max_buffer_timeout",
       "is 60, must be from 2 to 10 seconds"},
      {head + "10,\"max_buffer_timeout\":true}", "max_buffer_timeout", "is true, must be"},
      {head + "10,\"salt\":\"a b\"}", "salt", "letters"},
      {head + "10,\"salt\":1}", "salt", "must be a text"},
      {R"({"rollout_percentage":10})", "enabled", "is missing"},
      {R"({"enabled":true})", "rollout_percentage", "is missing"},
      {R"({"enabled":1,"rollout_percentage":10})", "enabled", "is 1, must be true or false"},
      {R"({"enabled":true,"enabled":false,"rollout_percentage":10})", "enabled", "is there twice"},
      {R"({"enabled":true,"rollout_percentage":10,"x":{"y":1,"y":2}})", "y", "is there twice"},
      {head + "10,\"overrides\":[]}", "overrides", "must be an object"},
      {head + "10,\"overrides\":{\"a\":true}}", "overrides", "must be an object for each"},
      {head + "10,\"overrides\":{\"a\":{\"enabled\":true}}}", "overrides", "need enabled and"},
      {head + R"(10,"overrides":{"a":{"enabled":true,"expires_at":"soon"}}})", "overrides",
       "expire at a time"},
      {head + R"(10,"overrides":{"a b":{"enabled":true,"expires_at":"2026-01-31T12:00:00Z"}}})",
       "overrides", "session_id"},
      {head + R"(10,"overrides":{"a":{"enabled":true,"expires_at":"2026-01-31T12:00:00Z","x":1}}})",
       "overrides", "not x"},
      {head, "document", "not valid JSON"},
      {head + "10} {}", "document", "not valid JSON"},
      {"", "document", "not valid JSON"},
      {"[]", "document", "must be a JSON object"},
      {"true", "document", "must be a JSON object"},
      {R"({"enabled":true,"rollout_percentage":10,"x":")" + std::string("\xff") + "\"}", "document",
       "not valid JSON"},
      {R"({"x":")" + std::string(1'000'000, 'x') + "\"}", "document", "may have 4096"},
  };
  for (const auto& [document, field, says] : cases) {
    const auto flag = parse_flag(document);
    ASSERT_FALSE(flag) << document.substr(0, 200);
    EXPECT_EQ(flag.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(flag.error().field, field) << document.substr(0, 200);
    EXPECT_NE(flag.error().message.find(says), std::string::npos) << flag.error().message;
    EXPECT_EQ(flag.error().message.find('\n'), std::string::npos);
    EXPECT_LT(flag.error().message.size(), 200u);
  }
}

TEST(FlagDocument, EveryCutIsRefused) {
  const std::string whole =
      R"({"enabled":true,"rollout_percentage":10,"min_stability_threshold":0.85,"max_buffer_timeout":5.0})";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_flag(whole.substr(0, size))) << size;
}

TEST(FlagDocument, WhatPhasesAddIsReadAndWritten) {
  const std::string document =
      R"({"enabled":true,"rollout_percentage":100,"min_stability_threshold":0.85,)"
      R"("max_buffer_timeout":5.0,"control_percentage":2,"recall_live":true,"a_a":true})";
  const auto flag = parse_flag(document);
  ASSERT_TRUE(flag) << flag.error().message;
  EXPECT_EQ(flag->control_percentage, 2);
  EXPECT_TRUE(flag->recall_live && flag->a_a);
  EXPECT_EQ(canary_share(*flag), 98);
  EXPECT_EQ(to_document(*flag), document);
  const auto wrong =
      parse_flag(R"({"enabled":true,"rollout_percentage":100,"control_percentage":51})");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().field, "control_percentage");
}

TEST(FlagDocument, OverridesAreBounded) {
  Flag flag;
  for (std::size_t i = 0; i < max_overrides; ++i)
    flag.overrides.push_back({"session-" + std::to_string(i), true, UtcTime{}});
  EXPECT_TRUE(parse_flag(to_document(flag)));
  flag.overrides.push_back({"one-more", true, UtcTime{}});
  const auto refused = validate(flag);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "overrides");
}

RC_GTEST_PROP(FlagDocumentProperties, EveryValidFlagIsReadBackTheSame, ()) {
  Flag flag;
  flag.enabled = *rc::gen::arbitrary<bool>();
  flag.rollout_percentage = *rc::gen::inRange(0, 101);
  flag.min_stability_threshold = *rc::gen::inRange(700, 951) / 1000.0;
  flag.max_buffer_timeout = milliseconds{*rc::gen::inRange(2000, 10001)};
  if (*rc::gen::arbitrary<bool>()) flag.salt = "salt." + std::to_string(*rc::gen::inRange(0, 99));
  const int overrides = *rc::gen::inRange(0, 5);
  for (int i = 0; i < overrides; ++i)
    flag.overrides.push_back({"session-" + std::to_string(i), *rc::gen::arbitrary<bool>(),
                              UtcTime{milliseconds{*rc::gen::inRange(0, 2'000'000'000)}}});
  const auto name = *rc::gen::container<std::string>(rc::gen::inRange('\x01', '\x7f'));
  flag.extra.push_back({"x" + name, "[1,{\"a\":null}]"});
  const auto again = parse_flag(to_document(flag));
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == flag);
}

// Whatever comes: a flag that may be used, or an error that says what is wrong.
RC_GTEST_PROP(FlagDocumentProperties, ASingleChangedByteNeverGivesAFlagOutOfRange, ()) {
  std::string document =
      R"({"enabled":true,"rollout_percentage":10,"min_stability_threshold":0.85,"max_buffer_timeout":5.0})";
  document[*rc::gen::inRange<std::size_t>(0, document.size())] =
      static_cast<char>(*rc::gen::inRange(0, 256));
  const auto flag = parse_flag(document);
  if (flag) {
    RC_ASSERT(validate(*flag).has_value());
  } else {
    RC_ASSERT(!flag.error().field.empty());
  }
}

TEST(ParameterName, HasTheFormOfParameterStore) {
  for (const char* name : {"/audio-transcription/partial-results/config",
                           "/audio-transcription/dev/partial-results/config", "/a", "/A.b_c-9/x"})
    EXPECT_TRUE(validate_parameter_name(name)) << name;
  std::string deep;
  for (int i = 0; i < 16; ++i) deep += "/x";
  for (const std::string& name :
       {std::string(), std::string("config"), std::string("/"), std::string("//a"),
        std::string("/a/"), std::string("/a b"), std::string("/a/../b"), std::string("/./a"),
        std::string("/aws/x"), std::string("/SSM-x"), std::string("/a\n"), deep,
        "/" + std::string(1011, 'x')}) {
    const auto read = validate_parameter_name(name);
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().field, "parameter_name");
  }
}

}  // namespace
}  // namespace sotto::rollout
