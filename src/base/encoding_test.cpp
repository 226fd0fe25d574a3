#include "base/encoding.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace sotto {
namespace {

TEST(Base64, IsThatOfRfc4648) {
  // Section 10.
  for (const auto& [bytes, text] : {std::pair{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg=="},
                                    {"fooba", "Zm9vYmE="},
                                    {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, ReadsWhatIsWritten) {
  std::mt19937 random{3};
  for (std::size_t size = 0; size < 200; ++size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
}

TEST(Base64, ReadsNothingElse) {
  for (const char* wrong : {"Zg", "Zg=", "=g==", "Z===", "A===", "Zh==", "Zm9=", "Zm9=Zg==", "Zm 9",
                            "Zm-_", "====", "==", "Zm9vA"})
    EXPECT_FALSE(from_base64(wrong)) << wrong;
}

TEST(Hexadecimal, HasTwoDigitsAByte) {
  constexpr std::array<unsigned char, 4> bytes{0x00, 0x0F, 0xA0, 0xFF};
  EXPECT_EQ(to_hex(bytes), "000fa0ff");
  EXPECT_EQ(to_hex({}), "");
}

}  // namespace
}  // namespace sotto
