#include "providers/sherpa/piper_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/sherpa/test_support.hpp"

namespace sotto::providers::sherpa {
namespace {

using ::testing::HasSubstr;

TEST(PiperConfig, IsReadFromTheVoicesDescription) {
  const auto config = parse_piper_config(test::description(
      "en_GB", R"(,"inference":{"noise_scale":0.5,"length_scale":1.25,"noise_w":0.6})"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->language, Language("en"));
  EXPECT_EQ(config->espeak_voice, "en-us");
  EXPECT_EQ(config->name, "test");
  EXPECT_EQ(config->sample_rate, 22'050);
  EXPECT_FLOAT_EQ(config->noise_scale, 0.5F);
  EXPECT_FLOAT_EQ(config->length_scale, 1.25F);
  EXPECT_FLOAT_EQ(config->noise_w, 0.6F);
  EXPECT_EQ(config->tokens, "_ 0\na 1\n  2\n");
}

TEST(PiperConfig, ItsMetadataAreProtobuf) {
  const auto config = parse_piper_config(test::description());
  ASSERT_TRUE(config);
  // Field 14, 16 bytes: key (field 1) and value (field 2).
  EXPECT_THAT(config->metadata, HasSubstr("\x72\x10\x0a\x07"
                                          "comment"
                                          "\x12\x05"
                                          "piper"
                                          "\x72"));
  EXPECT_THAT(config->metadata, HasSubstr("\x0a\x0bsample_rate\x12\x05"
                                          "22050"));
  EXPECT_THAT(config->metadata, HasSubstr("\x0a\x0an_speakers\x12\x01"
                                          "1"));
}

TEST(PiperConfig, OlderOnesNameOnlyTheVoiceOfThePhonemes) {
  const auto config = parse_piper_config(
      R"({"audio":{"sample_rate":16000},"espeak":{"voice":"es-419"},"phoneme_id_map":{"a":1}})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->language, Language("es"));
  EXPECT_EQ(config->name, "");
}

TEST(PiperConfig, PhonemesThatAreNoOneCharacterAreLeftOut) {
  const auto config = parse_piper_config(
      R"({"audio":{"sample_rate":16000},"espeak":{"voice":"es"},"phoneme_id_map":)"
      R"({"a":[1],"ai":[2],"\n":[3],"":[4],"b":[],"\u02c8":[5]}})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->tokens, "a 1\n\u02c8 5\n");
}

TEST(PiperConfig, NamesWhatIsWrong) {
  const auto field = [](const std::string& text) {
    const auto config = parse_piper_config(text);
    return config ? std::string("taken") : config.error().field;
  };
  const std::string audio = R"({"audio":{"sample_rate":22050},)";
  const std::string spoken = audio + R"("espeak":{"voice":"en-us"},)";
  EXPECT_EQ(field(""), "the file");
  EXPECT_EQ(field("[]"), "the file");
  EXPECT_EQ(field("{}"), "espeak.voice");
  EXPECT_EQ(field(audio + R"("espeak":{"voice":"--path=/"}})"), "espeak.voice");
  EXPECT_EQ(field(R"({"phoneme_type":"text"})"), "phoneme_type");
  EXPECT_EQ(field(R"({"audio":{"sample_rate":1},"espeak":{"voice":"en"}})"), "audio.sample_rate");
  EXPECT_EQ(field(spoken + R"("language":{"code":"../x"}})"), "language.code");
  EXPECT_EQ(field(spoken + R"("num_speakers":0})"), "num_speakers");
  EXPECT_EQ(field(spoken + R"("phoneme_id_map":{}})"), "phoneme_id_map");
  EXPECT_EQ(field(spoken + R"("phoneme_id_map":{"a":[-1]}})"), "phoneme_id_map");
  EXPECT_EQ(field(spoken + R"("phoneme_id_map":{"a":["1"]}})"), "phoneme_id_map");
}

}  // namespace
}  // namespace sotto::providers::sherpa
