#include "rollout/bucket.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <thread>

namespace sotto::rollout {
namespace {

// These must never change: a session would switch sides in the middle of a rollout. Made with
// `printf %s ID | sha256sum`, first eight digits, modulo 100.
TEST(Bucket, ThePublishedVectorsHold) {
  struct Case {
    const char* id;
    int plain, salted;
  };
  for (const auto& [id, plain, salted] : std::to_array<Case>({{"golden-eagle-427", 73, 34},
                                                              {"amber-acorn-100", 52, 84},
                                                              {"warm-willow-999", 21, 44},
                                                              {"silver-river-512", 33, 60},
                                                              {"session-1", 96, 26},
                                                              {"", 10, 74},
                                                              {"a", 10, 31},
                                                              {"quiet-harbor-318", 40, 75},
                                                              {"\xc3\x9cn\xc3\xaf"
                                                               "code",
                                                               40, 62}})) {
    EXPECT_EQ(bucket_of(id), plain) << id;
    EXPECT_EQ(bucket_of(id, "autumn-2026"), salted) << id;
  }
}

TEST(Bucket, IsTheSameOnEveryThread) {
  std::array<int, 4> buckets{};
  std::vector<std::thread> threads;
  for (int& bucket : buckets)
    threads.emplace_back([&bucket] {
      for (int i = 0; i < 1000; ++i) bucket = bucket_of("golden-eagle-427");
    });
  for (std::thread& thread : threads) thread.join();
  for (const int bucket : buckets) EXPECT_EQ(bucket, 73);
}

// A million ids of the form that people say aloud. The statistic has 99 degrees of freedom; its
// 0.999 quantile is 148.2 (Wilson and Hilferty 1931 give the same to 0.1), so a uniform hash fails
// once in a thousand, and this one, being fixed, always or never.
TEST(Bucket, AMillionSayableIdsAreSpreadEvenly) {
  const auto adjectives =
      std::to_array<const char*>({"golden", "silver", "amber", "quiet", "brave", "gentle", "rapid",
                                  "sunny",  "misty",  "lunar", "polar", "coral", "ivory",  "mellow",
                                  "noble",  "proud",  "royal", "vivid", "warm",  "wise"});
  const auto nouns = std::to_array<const char*>(
      {"eagle",  "river",  "acorn",   "harbor", "willow", "falcon",  "meadow",  "canyon",
       "comet",  "breeze", "forest",  "garden", "island", "lantern", "maple",   "ocean",
       "pebble", "raven",  "summit",  "valley", "badger", "cedar",   "delta",   "ember",
       "fjord",  "grove",  "heron",   "inlet",  "jaguar", "kestrel", "lagoon",  "marsh",
       "nectar", "otter",  "prairie", "quartz", "ridge",  "spruce",  "thistle", "umbra",
       "violet", "walnut", "yarrow",  "zephyr", "aspen",  "birch",   "crane",   "dune",
       "elm",    "fern",   "glade",   "hazel",  "iris",   "juniper", "kelp",    "lotus"});
  std::array<int, bucket_count> counts{};
  int ids = 0;
  for (int number = 100; number < 1000; ++number)
    for (const char* adjective : adjectives)
      for (const char* noun : nouns) {
        if (ids == 1'000'000) break;
        std::array<char, 64> id{};
        const int size = std::snprintf(id.data(), id.size(), "%s-%s-%d", adjective, noun, number);
        ++counts[static_cast<std::size_t>(bucket_of({id.data(), static_cast<std::size_t>(size)}))];
        ++ids;
      }
  ASSERT_EQ(ids, 1'000'000);
  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - 10'000.0, 2) / 10'000.0;
  EXPECT_LT(chi_square, 148.2);
  EXPECT_GT(chi_square, 61.1) << "too even to be a hash (0.001 quantile)";
}

}  // namespace
}  // namespace sotto::rollout
