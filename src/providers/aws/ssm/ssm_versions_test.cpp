#include "providers/aws/ssm/ssm_versions.hpp"

namespace sotto::providers::aws {
namespace {

const UtcTime noon = parse_utc("2026-02-28T12:00:00.123Z").value();

SsmVersion foreign(std::uint64_t number, const std::string& value,
                   const std::string& description = "") {
  return {number, value, description, "arn:aws:iam::1:user/grace", noon + milliseconds{5}};
}

// Made by a writer who had seen version `over`.
SsmVersion ours(std::uint64_t number, const std::string& value, std::uint64_t over) {
  return foreign(number, value, to_description({"ana", "because", noon, over}, value));
}

TEST(SsmNote, SaysWhoWhyWhenAndOverWhat) {
  const std::string text = to_description({"ana", "phase \"1\"\n", noon, 3}, "value");
  EXPECT_EQ(text,
            R"({"by":"ana","reason":"phase \"1\"\n","at":"2026-02-28T12:00:00.123Z","over":3,)"
            R"("sum":"cd42404d52ad55cc"})");
  const auto read = note_of(foreign(4, "value", text));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->by, "ana");
  EXPECT_EQ(read->reason, "phase \"1\"\n");
  EXPECT_EQ(read->at, noon);
  EXPECT_EQ(read->over, 3u);
}

TEST(SsmNote, LosesTheEndOfAReasonThatIsTooLong) {
  std::string reason;
  for (int i = 0; i < 400; ++i) reason += "é\x01";
  const std::string text = to_description({"ana", reason, noon, 3}, "value");
  EXPECT_LE(text.size(), longest_description);
  EXPECT_GT(text.size(), longest_description - 20);
  const auto read = note_of(foreign(4, "value", text));
  ASSERT_TRUE(read) << text;
  EXPECT_EQ(read->by, "ana");
  EXPECT_EQ(reason.find(read->reason), 0u);
}

TEST(SsmNote, IsNoOtherDescription) {
  for (
      const char* other :
      {"", "The flag of partial results", "{}", R"({"by":"ana"})",
       R"({"by":"ana","reason":"","at":"yesterday","over":3,"sum":"cd42404d52ad55cc"})",
       R"({"by":"ana","reason":"","at":"2026-02-28T12:00:00Z","over":-3,"sum":"cd42404d52ad55cc"})",
       R"({"by":"ana","reason":"","at":"2026-02-28T12:00:00Z","over":3,"sum":"0000000000000000"})"})
    EXPECT_FALSE(note_of(foreign(4, "value", other))) << other;
}

TEST(SsmRevision, OfAnotherProgramHasTheArn) {
  // The description is the version's before it, which the aws command line keeps.
  const SsmVersion kept = foreign(2, "b", ours(1, "a", 0).description);
  for (const SsmVersion& version : {foreign(2, "b", "the flag"), kept}) {
    const auto revision = revision_of(version);
    EXPECT_EQ(revision.changed_by, "arn:aws:iam::1:user/grace");
    EXPECT_EQ(revision.reason, "");
    EXPECT_EQ(revision.changed_at, noon + milliseconds{5});
  }
}

struct Counting {
  std::string name;
  std::vector<SsmVersion> versions;
  std::uint64_t counts;
};

TEST(SsmVersions, TheLatestThatSawTheOneBeforeItCounts) {
  const std::vector<Counting> cases = {
      {"none", {}, 0},
      {"one", {ours(1, "a", 0)}, 1},
      {"in turn", {ours(1, "a", 0), ours(2, "b", 1)}, 2},
      {"two at once", {ours(1, "a", 0), ours(2, "b", 1), ours(3, "c", 1)}, 2},
      {"three at once", {ours(1, "a", 0), ours(2, "b", 1), ours(3, "c", 1), ours(4, "d", 1)}, 2},
      {"put back", {ours(2, "b", 1), ours(3, "c", 1), ours(4, "b", 3)}, 4},
      {"put back twice", {ours(2, "b", 1), ours(3, "c", 1), ours(4, "b", 3), ours(5, "b", 3)}, 5},
      {"another program's", {ours(1, "a", 0), foreign(2, "b")}, 2},
      {"another program's that keeps the description",
       {ours(1, "a", 0), ours(2, "b", 1), foreign(3, "c", ours(2, "b", 1).description)},
       3},
      {"unseen, over another program's", {foreign(1, "a"), foreign(2, "b"), ours(3, "c", 1)}, 2},
      {"a call made twice", {ours(1, "a", 0), ours(2, "b", 1), ours(3, "b", 1)}, 3},
      {"the oldest that is kept", {ours(7, "a", 5)}, 7},
  };
  for (const Counting& one : cases) {
    const SsmVersion* counts = counting_version(one.versions);
    EXPECT_EQ(counts ? counts->version : 0, one.counts) << one.name;
  }
}

}  // namespace
}  // namespace sotto::providers::aws
