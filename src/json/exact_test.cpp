#include "json/exact.hpp"

#include <bit>
#include <boost/json.hpp>
#include <cstdint>
#include <limits>
#include <random>

#include "json/text.hpp"

namespace sotto::json {
namespace {

std::uint64_t bits(double number) { return std::bit_cast<std::uint64_t>(number); }

double there_and_back(double number) {
  const auto object = parse_object_exactly(to_text(boost::json::object{{"n", number}}));
  if (!object) return std::numeric_limits<double>::quiet_NaN();
  const boost::json::value& read = object->at("n");
  return read.is_double() ? read.as_double() : read.to_number<double>();
}

TEST(Exact, NumbersComeBackBitForBit) {
  using limits = std::numeric_limits<double>;
  for (const double number :
       {0.0, -0.0, 0.1, 1.0 / 3, 1e300, 123456789012345680.0, 9007199254740993.0, 1.5e19,
        limits::min(), limits::denorm_min(), limits::max(), -limits::max(), limits::epsilon()})
    EXPECT_EQ(bits(there_and_back(number)), bits(number)) << number;
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const double number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    ASSERT_EQ(bits(there_and_back(number)), bits(number)) << number;
    const double usual = std::uniform_real_distribution<>(0, 5000)(random);
    ASSERT_EQ(bits(there_and_back(usual)), bits(usual)) << usual;
  }
}

TEST(Exact, AllElseIsAsTheParserHasIt) {
  const std::string text =
      R"( {"a":[1,-2,{"b\n\u00e9":"x\ty"},true,false,null,18446744073709551615],)"
      R"("":{},"long":")" +
      std::string(10'000, 'x') + R"(","d":0.5e1} )";
  const auto object = parse_object_exactly(text);
  ASSERT_TRUE(object);
  EXPECT_EQ(boost::json::value(*object), boost::json::parse(text));
  for (const char* none : {"", "{", "[]", "1", "{\"a\":01}", "{\"a\":1}x", "{\"a\":1,}",
                           "{\"a\":NaN}", "{/*c*/}", "{\"a\":\"\xff\"}"})
    EXPECT_FALSE(parse_object_exactly(none)) << none;
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  EXPECT_FALSE(parse_object_exactly(deep));
}

}  // namespace
}  // namespace sotto::json
