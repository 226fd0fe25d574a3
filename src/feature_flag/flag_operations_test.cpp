#include "feature_flag/flag_operations.hpp"

#include "tests/support/flag_change.hpp"
#include "tests/support/memory_flag_store.hpp"

namespace sotto::feature_flag {
namespace {

using testing::change;

const std::string flag(rollout::default_parameter_name);

class FlagOperations : public ::testing::Test {
 protected:
  static rollout::FlagEdit percentage(int value) {
    rollout::FlagEdit edit;
    edit.rollout_percentage = value;
    return edit;
  }
  static rollout::FlagEdit enabled(bool value) {
    rollout::FlagEdit edit;
    edit.enabled = value;
    return edit;
  }

  int current_percentage() { return current_flag(store, flag)->flag.rollout_percentage; }

  testing::MemoryFlagStore store;
  const Author ada{"ada", "phase 1", UtcTime{milliseconds{1}}};
};

TEST_F(FlagOperations, ChangesAreVersionsWithTheirAuthor) {
  EXPECT_EQ(current_flag(store, flag).error().code, ErrorCode::not_found);
  const auto first = change_flag(store, flag, percentage(10), ada);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_FALSE(first->before);
  EXPECT_EQ(first->after.revision.version, 1u);
  const auto second = change_flag(store, flag, percentage(50), ada);
  ASSERT_TRUE(second);
  EXPECT_EQ(rollout::to_line(second->differences), "rollout_percentage 10 → 50");
  EXPECT_EQ(second->after.revision.changed_by, "ada");
  EXPECT_EQ(current_percentage(), 50);
}

TEST_F(FlagOperations, NoChangeIsNoVersion) {
  change_flag(store, flag, percentage(10), ada);
  const auto again = change_flag(store, flag, percentage(10), ada);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->differences.empty());
  EXPECT_EQ(again->after.revision.version, 1u);
  EXPECT_EQ(store.history(flag, 10)->size(), 1u);
}

TEST_F(FlagOperations, ADryRunChangesNothing) {
  const auto tried = change_flag(store, flag, percentage(10), ada, {{}, true});
  ASSERT_TRUE(tried);
  EXPECT_EQ(tried->after.flag.rollout_percentage, 10);
  EXPECT_EQ(*store.read(flag), std::nullopt);
}

TEST_F(FlagOperations, OfTwoOperatorsAtOnceTheSlowerIsTold) {
  change_flag(store, flag, percentage(10), ada);
  store.before_write = [this] {
    store.write(flag, 1, change("{\"enabled\":true,\"rollout_percentage\":20}", "grace", "faster"));
  };
  const auto beaten = change_flag(store, flag, percentage(50), ada);
  ASSERT_FALSE(beaten);
  EXPECT_EQ(beaten.error().code, ErrorCode::conflict);
  EXPECT_NE(beaten.error().message.find("grace"), std::string::npos);
  EXPECT_EQ(current_percentage(), 20);
  EXPECT_EQ(change_flag(store, flag, percentage(50), ada, {1, false}).error().code,
            ErrorCode::conflict)
      << "he had seen version 1";
  EXPECT_TRUE(change_flag(store, flag, percentage(50), ada, {2, false}));
}

TEST_F(FlagOperations, SwitchingOffAlwaysWins) {
  change_flag(store, flag, percentage(10), ada);
  store.before_write = [this] {
    store.write(flag, 1, change("{\"enabled\":true,\"rollout_percentage\":20}"));
  };
  const auto off = change_flag(store, flag, enabled(false), ada);
  ASSERT_TRUE(off) << off.error().message;
  EXPECT_FALSE(current_flag(store, flag)->flag.enabled);
  EXPECT_EQ(current_percentage(), 20) << "the other's change is kept";
}

TEST_F(FlagOperations, ADocumentThatIsRefusedCanBeSwitchedOffAndUndone) {
  change_flag(store, flag, percentage(10), ada);
  store.write(flag, 1, change("{\"enabled\":tru", "grace"));
  EXPECT_EQ(current_flag(store, flag).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(change_flag(store, flag, percentage(50), ada).error().code,
            ErrorCode::invalid_argument);
  ASSERT_TRUE(undo_flag(store, flag, {}, ada));
  EXPECT_EQ(current_percentage(), 10);
  store.write(flag, 3, change("nonsense", "grace"));
  ASSERT_TRUE(change_flag(store, flag, enabled(false), ada));
  EXPECT_FALSE(current_flag(store, flag)->flag.enabled);
}

TEST_F(FlagOperations, ADocumentWithoutRoomCanBeSwitchedOffAndUndone) {
  std::string full =
      R"({"enabled":true,"rollout_percentage":10,"overrides":{"golden-eagle-427":{"enabled":true,)"
      R"("expires_at":"2099-01-01T00:00:00Z"}},"note":"short","more":"")";
  full.insert(full.size() - 1, std::string(rollout::max_document_bytes - full.size() - 1, 'x'));
  full += '}';
  ASSERT_TRUE(store.write(flag, 0, change(full)));
  EXPECT_EQ(change_flag(store, flag, percentage(50), ada).error().code,
            ErrorCode::resource_exhausted);
  const auto off = change_flag(store, flag, enabled(false), ada);
  ASSERT_TRUE(off) << off.error().message;
  const rollout::Flag now = current_flag(store, flag)->flag;
  EXPECT_FALSE(now.enabled);
  EXPECT_EQ(now.rollout_percentage, 10);
  EXPECT_EQ(now.overrides.size(), 1u);
  ASSERT_EQ(now.extra.size(), 1u);
  EXPECT_EQ(now.extra.front().name, "note");
  EXPECT_EQ(off->differences.size(), 2u) << "what went is said";
}

TEST_F(FlagOperations, UndoGoesBackToTheLastValueOrToAnyKept) {
  EXPECT_EQ(undo_flag(store, flag, {}, ada).error().code, ErrorCode::not_found);
  for (const int value : {10, 50, 100}) change_flag(store, flag, percentage(value), ada);
  ASSERT_TRUE(undo_flag(store, flag, {}, {"grace", "", UtcTime{}}));
  EXPECT_EQ(current_percentage(), 50);
  EXPECT_EQ((*store.read(flag))->reason, "back to version 2");
  ASSERT_TRUE(undo_flag(store, flag, 1, ada));
  EXPECT_EQ(current_percentage(), 10);
  EXPECT_EQ(undo_flag(store, flag, 77, ada).error().code, ErrorCode::not_found);
  EXPECT_EQ(store.history(flag, 10)->size(), 5u) << "history only grows";
}

TEST_F(FlagOperations, WhatUndoWouldSwitchOnIsConfirmedFirst) {
  for (const int value : {10, 30}) change_flag(store, flag, percentage(value), ada);
  ASSERT_TRUE(change_flag(store, flag, enabled(false), ada));
  const auto refused = undo_flag(store, flag, {}, ada);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(refused.error().field, "confirm");
  EXPECT_EQ(refused.error().message,
            "going back to version 2 switches partial results ON again, for 30 % of new sessions: "
            "confirm that");
  const auto tried = undo_flag(store, flag, {}, ada, {{}, true});
  ASSERT_TRUE(tried);
  EXPECT_EQ(tried->switches_on, "switches partial results ON again, for 30 % of new sessions");
  EXPECT_EQ(undo_flag(store, flag, 1, ada).error().field, "confirm");
  EXPECT_EQ(undo_flag(store, flag, {}, ada, {2}).error().field, "version")
      << "what was not seen cannot be confirmed";
  EXPECT_FALSE(current_flag(store, flag)->flag.enabled);
  ASSERT_TRUE(undo_flag(store, flag, {}, ada, {{}, false, true}));
  EXPECT_EQ(current_percentage(), 30);
  ASSERT_TRUE(undo_flag(store, flag, 1, ada)) << "a smaller percentage switches nobody on";
  EXPECT_EQ(undo_flag(store, flag, {}, ada).error().field, "confirm") << "30 % again";
  ASSERT_TRUE(undo_flag(store, flag, 3, ada)) << "nor does switching off";
  EXPECT_FALSE(current_flag(store, flag)->flag.enabled);
}

TEST_F(FlagOperations, HistorySaysWhatEachVersionChanged) {
  change_flag(store, flag, percentage(10), ada);
  store.write(flag, 1, change("nonsense", "grace"));
  change_flag(store, flag, enabled(false), ada);
  const auto history = flag_history(store, flag, 10);
  ASSERT_EQ(history->size(), 3u);
  EXPECT_EQ(rollout::to_line((*history)[0].differences),
            "enabled true → false, rollout_percentage 10 → 0");
  EXPECT_TRUE((*history)[1].refused);
  EXPECT_EQ(rollout::to_line((*history)[2].differences), "rollout_percentage 0 → 10");
  EXPECT_EQ(flag_history(store, flag, 1)->size(), 1u);
}

TEST_F(FlagOperations, VersionsCanBeCompared) {
  for (const int value : {10, 50, 100}) change_flag(store, flag, percentage(value), ada);
  EXPECT_EQ(rollout::to_line(compare_versions(store, flag, {}, {})->differences),
            "rollout_percentage 50 → 100");
  EXPECT_EQ(rollout::to_line(compare_versions(store, flag, 1, {})->differences),
            "rollout_percentage 10 → 100");
  EXPECT_EQ(compare_versions(store, flag, 1, 9).error().code, ErrorCode::not_found);
}

TEST_F(FlagOperations, WhoMustBeSaid) {
  EXPECT_EQ(change_flag(store, flag, percentage(10), {"", "", {}}).error().field, "by");
  EXPECT_EQ(
      change_flag(store, flag, percentage(10), {"ada", std::string(501, 'x'), {}}).error().field,
      "reason");
}

TEST_F(FlagOperations, AStoreIsSeededOnce) {
  rollout::Flag all;
  all.rollout_percentage = 100;
  EXPECT_TRUE(*seed_flag(store, flag, all, ada));
  EXPECT_FALSE(*seed_flag(store, flag, rollout::Flag{}, ada));
  EXPECT_EQ(current_percentage(), 100);
}

}  // namespace
}  // namespace sotto::feature_flag
