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

}  // namespace
}  // namespace sotto::feature_flag
