#include "base/fnv1a.hpp"

namespace sotto {
namespace {

// From the authors' test program, test_fnv.c (http://www.isthe.com/chongo/tech/comp/fnv/). These
// must never change: hashes are stored.
TEST(Fnv1a, ThePublishedVectorsHold) {
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325u);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(fnv1a("b"), 0xaf63df4c8601f1a5u);
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8u);
  EXPECT_EQ(fnv1a("chongo was here!\n"), 0x46810940eff5f915u);
  EXPECT_EQ(fnv1a(std::string_view("\0", 1)), 0xaf63bd4c8601b7dfu) << "a byte of zero counts";
}

TEST(Fnv1a, TakesBytesAboveAsciiAsTheyAre) {
  Fnv1a hash;
  for (const unsigned byte : {0xC3u, 0xA9u}) hash.add(byte);
  EXPECT_EQ(fnv1a("\xC3\xA9"), hash.value());
}

}  // namespace
}  // namespace sotto
