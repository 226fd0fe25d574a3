#include "feature_flag/acknowledgement.hpp"

#include <thread>

#include "tests/support/flag_change.hpp"
#include "tests/support/memory_flag_store.hpp"

namespace sotto::feature_flag {
namespace {

using std::chrono::milliseconds;

const std::string flag = "/flag";
const ports::FlagRevision revision{3, "", "ada", "", UtcTime{milliseconds{1000}}};

TEST(Acknowledgement, NamesThoseThatHaveNotGivenIt) {
  testing::MemoryFlagStore store;
  const auto a = store.join(flag, "hall-a pid 1"), b = store.join(flag, "hall-b pid 2");
  ASSERT_TRUE((*a)->acknowledge(3, UtcTime{milliseconds{1143}}));
  ASSERT_TRUE((*b)->acknowledge(2, UtcTime{milliseconds{900}}));
  const auto seen = await_acknowledgements(store, flag, revision, milliseconds{1});
  ASSERT_TRUE(seen);
  EXPECT_EQ(to_line(*seen), "1 of 2 processes acknowledged in 143 ms; not yet: hall-b pid 2");
  ASSERT_TRUE((*b)->acknowledge(3, UtcTime{milliseconds{1200}}));
  EXPECT_EQ(to_line(*await_acknowledgements(store, flag, revision, milliseconds{1})),
            "2 of 2 processes acknowledged in 200 ms");
}

TEST(Acknowledgement, IsWaitedFor) {
  for (const bool pushes : {true, false}) {
    testing::MemoryFlagStore store;
    store.set_pushes(pushes);
    const auto seat = store.join(flag, "hall-a pid 1");
    std::thread process([&] { (void)(*seat)->acknowledge(3, UtcTime{milliseconds{1001}}); });
    const auto seen = await_acknowledgements(store, flag, revision, std::chrono::minutes(1));
    process.join();
    ASSERT_EQ(seen->size(), 1u);
    EXPECT_TRUE(seen->front().given);
  }
}

TEST(Acknowledgement, WhereNobodyReadsNobodyIsWaitedFor) {
  testing::MemoryFlagStore store;
  const auto seen = await_acknowledgements(store, flag, revision, std::chrono::hours(1));
  EXPECT_EQ(to_line(*seen), "no process has signed in as a reader of this flag");
}

// A store whose readers are leases, and which does not know all who read the flag.
class LeasedAcknowledgement : public ::testing::Test {
 protected:
  LeasedAcknowledgement() {
    following.not_listed = "functions";
    following.ask_list = milliseconds{1};
    store.set_pushes(false);
    store.set_following(following);
  }
  std::vector<Acknowledgement> await(milliseconds patience = milliseconds{1}) {
    return await_acknowledgements(store, flag, revision, patience).value();
  }

  testing::MemoryFlagStore store;
  ports::FlagFollowing following;
};

TEST_F(LeasedAcknowledgement, OfNobodyIsNotKnown) {
  const auto seen = await(std::chrono::hours(1));
  EXPECT_FALSE(is_acknowledged(seen, following));
  EXPECT_TRUE(is_acknowledged(seen, {})) << "where the list is complete nobody reads the flag";
  EXPECT_EQ(not_known(seen, following), std::vector<std::string>{"not known: functions"});
}

TEST_F(LeasedAcknowledgement, IsGivenByALaterVersionToo) {
  const auto seat = store.join(flag, "hall-a pid 1");
  ASSERT_TRUE((*seat)->acknowledge(5, UtcTime{milliseconds{1143}}));
  EXPECT_TRUE(is_acknowledged(await(std::chrono::hours(1)), following));
}

TEST_F(LeasedAcknowledgement, NamesWhoIsGoneWithoutWaitingForIt) {
  const UtcTime heard{milliseconds{0}};
  store.set_reader(flag, {"hall-a pid 1", 3, UtcTime{milliseconds{1143}}, 2, heard, false});
  store.set_reader(flag, {"hall-b pid 2", 2, UtcTime{milliseconds{900}}, 1, heard, true});
  const auto seen = await(std::chrono::hours(1));
  EXPECT_FALSE(is_acknowledged(seen, following));
  EXPECT_EQ(to_line(seen), "1 of 1 process acknowledged in 143 ms");
  EXPECT_EQ(not_known(seen, following).front(),
            "gone: hall-b pid 2 (at version 2, 1 live session) was heard of last at "
            "1970-01-01T00:00:00.000Z; whether it still runs is not known");
}

TEST_F(LeasedAcknowledgement, SaysWhatThoseActOnWhoHaveNotGivenIt) {
  store.set_reader(flag, {"hall-a pid 1", 2, UtcTime{milliseconds{900}}, 12, UtcTime{}, false});
  const auto seen = await();
  EXPECT_FALSE(is_acknowledged(seen, following));
  EXPECT_EQ(to_line(seen),
            "0 of 1 process acknowledged; not yet: hall-a pid 1 (at version 2, 12 live sessions)");
}

}  // namespace
}  // namespace sotto::feature_flag
