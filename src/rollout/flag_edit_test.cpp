#include "rollout/flag_edit.hpp"

#include <chrono>

namespace sotto::rollout {
namespace {

const UtcTime noon = *parse_utc("2026-11-24T12:00:00Z");

TEST(FlagEdit, ChangesWhatItSaysAndNothingElse) {
  Flag flag;
  flag.rollout_percentage = 10;
  flag.extra = {{"team", "\"llt\""}};
  FlagEdit edit;
  EXPECT_TRUE(empty(edit));
  edit.rollout_percentage = 50;
  EXPECT_FALSE(empty(edit));
  const auto changed = apply(edit, flag, noon);
  ASSERT_TRUE(changed);
  EXPECT_EQ(to_line(differences(flag, *changed)), "rollout_percentage 10 → 50");
  EXPECT_EQ(to_line(differences(flag, flag)), "no change");
}

TEST(FlagEdit, WhatIsOutOfRangeIsRefused) {
  FlagEdit edit;
  edit.max_buffer_timeout = milliseconds{60'000};
  const auto refused = apply(edit, Flag{}, noon);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "max_buffer_timeout");
  EXPECT_EQ(refused.error().message, "max_buffer_timeout is 60, must be from 2 to 10 seconds");
}

TEST(FlagEdit, OverridesAreReplacedClearedAndSweptWhenTheyExpire) {
  FlagEdit on;
  on.session = Override{"golden-eagle-427", true, noon + std::chrono::hours(1)};
  Flag flag = *apply(on, Flag{}, noon);
  FlagEdit off;
  off.session = Override{"golden-eagle-427", false, noon + std::chrono::hours(2)};
  const Flag changed = *apply(off, flag, noon);
  ASSERT_EQ(changed.overrides.size(), 1u);
  EXPECT_EQ(to_line(differences(flag, changed)),
            "overrides.golden-eagle-427 on until 2026-11-24T13:00:00.000Z → off until "
            "2026-11-24T14:00:00.000Z");
  FlagEdit clear;
  clear.session = ClearOverride{"golden-eagle-427"};
  EXPECT_TRUE(apply(clear, changed, noon)->overrides.empty());
  EXPECT_EQ(apply(clear, Flag{}, noon).error().code, ErrorCode::not_found);
  EXPECT_TRUE(apply({}, changed, noon + std::chrono::hours(2))->overrides.empty());
}

TEST(FlagEdit, APercentageAloneMeansWhatItSays) {
  Flag flag;
  flag.rollout_percentage = 100;
  flag.control_percentage = 2;
  flag.recall_live = flag.a_a = true;
  FlagEdit edit;
  edit.rollout_percentage = 50;
  const auto plain = apply(edit, flag, UtcTime{});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->control_percentage, 0);
  EXPECT_FALSE(plain->recall_live || plain->a_a);
  edit.control_percentage = 5;
  edit.recall_live = true;
  const auto full = apply(edit, flag, UtcTime{});
  ASSERT_TRUE(full);
  EXPECT_EQ(full->control_percentage, 5);
  EXPECT_TRUE(full->recall_live);
}

TEST(FlagEdit, WhomAChangeSwitchesOnIsSaid) {
  const auto flag = [](bool enabled, int percentage, int control = 0, bool a_a = false) {
    Flag made;
    made.enabled = enabled;
    made.rollout_percentage = percentage;
    made.control_percentage = control;
    made.a_a = a_a;
    return made;
  };
  Flag chosen = flag(true, 10);
  chosen.overrides = {{"golden-eagle-427", true, noon}, {"silver-river-512", false, noon}};
  struct Case {
    Flag before, after;
    std::string says;
  };
  for (const auto& [before, after, says] :
       std::vector<Case>{{flag(false, 30), flag(true, 30),
                          "switches partial results ON again, for 30 % of new sessions"},
                         {flag(false, 100), flag(true, 0),
                          "switches partial results ON again, for 0 % of new sessions"},
                         {flag(true, 10), flag(true, 50),
                          "raises partial results from 10 % to 50 % of new sessions"},
                         {flag(true, 100, 2), flag(true, 100),
                          "raises partial results from 98 % to 100 % of new sessions"},
                         {flag(true, 10, 0, true), flag(true, 10),
                          "raises partial results from 0 % to 10 % of new sessions"},
                         {flag(true, 10), chosen,
                          "switches partial results ON for golden-eagle-427, by an override"},
                         {chosen, chosen, ""},
                         {chosen, flag(true, 10), ""},
                         {flag(true, 50), flag(true, 10), ""},
                         {flag(true, 50), flag(false, 100), ""},
                         {flag(false, 50), flag(false, 100), ""}})
    EXPECT_EQ(switches_on(before, after), says);
}

}  // namespace
}  // namespace sotto::rollout
