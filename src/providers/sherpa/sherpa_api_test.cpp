#include "providers/sherpa/sherpa_api.hpp"

#include <gtest/gtest.h>

#if __has_include("sherpa-onnx/c-api/c-api.h")
#include "sherpa-onnx/c-api/c-api.h"
#define HAS_SHERPA_HEADER
#endif

namespace sotto::providers::sherpa::api {
namespace {

TEST(SherpaApi, HasTheSizesOfVersion2) {
  EXPECT_EQ(sizeof(Config), 456U);
  EXPECT_EQ(sizeof(GenerationConfig), 104U);
  EXPECT_EQ(sizeof(Audio), 16U);
}

#ifdef HAS_SHERPA_HEADER
TEST(SherpaApi, HasTheHeadersPlaces) {
#define SAME_PLACE(ours, our_member, theirs, their_member) \
  EXPECT_EQ(offsetof(ours, our_member), offsetof(theirs, their_member))
  using Model = SherpaOnnxOfflineTtsModelConfig;
  SAME_PLACE(ModelConfig, num_threads, Model, num_threads);
  SAME_PLACE(ModelConfig, provider, Model, provider);
  SAME_PLACE(ModelConfig, kokoro, Model, kokoro);
  SAME_PLACE(ModelConfig, kitten, Model, kitten);
  SAME_PLACE(ModelConfig, supertonic, Model, supertonic);
  SAME_PLACE(VitsConfig, tokens, SherpaOnnxOfflineTtsVitsModelConfig, tokens);
  SAME_PLACE(VitsConfig, length_scale, SherpaOnnxOfflineTtsVitsModelConfig, length_scale);
  SAME_PLACE(KokoroConfig, length_scale, SherpaOnnxOfflineTtsKokoroModelConfig, length_scale);
  SAME_PLACE(KittenConfig, length_scale, SherpaOnnxOfflineTtsKittenModelConfig, length_scale);
  SAME_PLACE(Config, max_num_sentences, SherpaOnnxOfflineTtsConfig, max_num_sentences);
  SAME_PLACE(Config, silence_scale, SherpaOnnxOfflineTtsConfig, silence_scale);
  using Generation = SherpaOnnxGenerationConfig;
  SAME_PLACE(GenerationConfig, sid, Generation, sid);
  SAME_PLACE(GenerationConfig, phoneme_codepoints, Generation, phoneme_codepoints);
  SAME_PLACE(GenerationConfig, phoneme_codepoints_num_sentences, Generation,
             phoneme_codepoints_num_sentences);
#undef SAME_PLACE
  EXPECT_EQ(sizeof(Config), sizeof(SherpaOnnxOfflineTtsConfig));
  EXPECT_EQ(sizeof(GenerationConfig), sizeof(Generation));
}
#endif

TEST(SherpaApi, TakesOneVersion) {
  EXPECT_TRUE(fits("2.0.1"));
  for (const char* const other : {"", "2.1.0", "1.13.4", "2.00", "20.0.1"})
    EXPECT_FALSE(fits(other));
}

TEST(SherpaApi, SaysWhatIsWrongWithALibrary) {
  const auto missing = open("/nowhere/libsherpa-onnx-c-api.so");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(missing.error().message.find("sotto models get sherpa-onnx"), std::string::npos);
  const auto other = open("libm.so.6");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(open(FAKE_SHERPA_ONNX));
}

}  // namespace
}  // namespace sotto::providers::sherpa::api
