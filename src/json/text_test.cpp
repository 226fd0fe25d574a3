#include "json/text.hpp"
#include "json/members.hpp"

#include <boost/json.hpp>
#include <limits>

namespace sotto::json {
namespace {

TEST(JsonText, WritesNumbersAsPeopleDo) {
  const boost::json::value value{{"a", 0.26},
                                 {"b", 11.31},
                                 {"c", 7},
                                 {"d", 2.0},
                                 {"e", std::numeric_limits<double>::quiet_NaN()},
                                 {"\"f\"", {true, nullptr, "x\ny"}},
                                 {"g", boost::json::object{}},
                                 {"h", boost::json::array{}}};
  EXPECT_EQ(
      to_text(value),
      R"({"a":0.26,"b":11.31,"c":7,"d":2,"e":null,"\"f\"":[true,null,"x\ny"],"g":{},"h":[]})");
  EXPECT_EQ(boost::json::parse(to_text(1e300)).as_double(), 1e300);
}

TEST(Members, AreThereOrNothing) {
  const auto object = parse_object(R"({"a":"x","n":3,"f":3.5,"m":-1,"z":null})");
  ASSERT_TRUE(object);
  EXPECT_EQ(text_member(*object, "a"), "x");
  EXPECT_EQ(text_member(*object, "n"), std::nullopt);
  EXPECT_EQ(text_member(*object, "none"), std::nullopt);
  EXPECT_EQ(count_member(*object, "n"), 3u);
  for (const char* name : {"a", "f", "m", "z", "none"})
    EXPECT_EQ(count_member(*object, name), std::nullopt) << name;
  EXPECT_FALSE(parse_object("[]") || parse_object("{") || parse_object(""));
}

}  // namespace
}  // namespace sotto::json
