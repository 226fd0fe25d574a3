#include "json/text.hpp"

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

}  // namespace
}  // namespace sotto::json
