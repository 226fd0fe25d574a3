#include "providers/aws/dynamodb/dynamodb_table.hpp"

#include <atomic>
#include <boost/json.hpp>
#include <limits>

namespace sotto::providers::aws::dynamodb {
namespace {

namespace json = boost::json;

TEST(DynamoDbTable, ATextIsReadAsItWasWrittenWhateverItsBytes) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  EXPECT_EQ(text("días\n"), json::parse(R"({"S":"días\n"})"));
  EXPECT_EQ(text("\xff"), json::parse(R"({"B":"/w=="})"));
  for (const std::string& one : {std::string(), std::string("\0a", 2), all_bytes}) {
    EXPECT_EQ(text_of({{"text", text(one)}}, "text"), one);
    EXPECT_EQ(text_of({{"text", bytes(one)}}, "text"), one);
  }
  EXPECT_FALSE(text_of({{"text", typed("B", "no base64!")}}, "text"));
  EXPECT_FALSE(text_of({{"text", typed("N", "1")}}, "text"));
  EXPECT_FALSE(text_of({{"text", 1}}, "text"));
}

TEST(DynamoDbTable, NumbersAreText) {
  EXPECT_EQ(number(std::numeric_limits<std::uint64_t>::max()),
            json::parse(R"({"N":"18446744073709551615"})"));
  EXPECT_EQ(number(0.85), json::parse(R"({"N":"0.85"})"));
  EXPECT_EQ(number_of<int>({{"n", typed("N", "-7")}}, "n"), -7);
  for (const char* wrong : {"", "7x", "99999999999", " 7"})
    EXPECT_FALSE(number_of<int>({{"n", typed("N", wrong)}}, "n")) << wrong;
  EXPECT_FALSE(number_of<int>({{"n", typed("S", "7")}}, "n"));
}

TEST(DynamoDbTable, NumbersInKeysAreInOrder) {
  EXPECT_EQ(padded(7, 4), "0007");
  EXPECT_LT(padded(9, 20), padded(10, 20));
  EXPECT_EQ(unpadded("0007", 4), 7u);
  for (const char* wrong : {"7", "00007", "000x", "", "-007"})
    EXPECT_FALSE(unpadded(wrong, 4)) << wrong;
}

TEST(DynamoDbTable, AllOfTheWorkIsDoneOnceHoweverManyDoIt) {
  for (const std::size_t at_once : {0u, 1u, 3u, 100u}) {
    std::vector<std::atomic<int>> done(10);
    for_each_at_once(done.size(), at_once, [&](std::size_t i) { ++done[i]; });
    for (const auto& one : done) EXPECT_EQ(one, 1);
  }
  for_each_at_once(0, 4, [](std::size_t) { FAIL(); });
}

}  // namespace
}  // namespace sotto::providers::aws::dynamodb
