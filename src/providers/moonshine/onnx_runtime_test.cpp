#include "providers/moonshine/onnx_runtime.hpp"

#include <fstream>

#include "providers/moonshine/call_watch.hpp"
#include "providers/moonshine/silero.hpp"
#include "providers/moonshine/speech_model.hpp"
#include "tests/support/installed_models.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::moonshine {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::installed_file;
using testing::installed_moonshine;

// The first `bytes` of a file; all where they are none.
std::string beginning_of(const fs::path& file, std::size_t bytes = SIZE_MAX) {
  std::ifstream in(file, std::ios::binary);
  std::string out;
  out.resize(std::min<std::size_t>(bytes, fs::file_size(file)));
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  return out;
}

TEST(OnnxRuntime, RefusesWhatIsNotTheRuntime) {
  const auto code_and_message = [](const fs::path& path) {
    const auto runtime = onnx::Runtime::load(path);
    return runtime ? std::pair(ErrorCode::internal, std::string("it was loaded"))
                   : std::pair(runtime.error().code, runtime.error().message);
  };
  const testing::TemporaryFolder folder;
  const fs::path text = folder.path() / "libonnxruntime.so";
  std::ofstream(text) << "a text";
  for (const fs::path& path : {fs::path("/nowhere/libonnxruntime.so"), text, folder.path()}) {
    const auto [code, message] = code_and_message(path);
    EXPECT_EQ(code, ErrorCode::not_found) << path;
    EXPECT_THAT(message, HasSubstr(path.string()));
  }
  const auto [other, other_message] = code_and_message("libm.so.6");
  EXPECT_EQ(other, ErrorCode::unavailable);
  EXPECT_THAT(other_message, HasSubstr("libm.so.6"));
  const auto [old, old_message] = code_and_message(FAKE_ONNX_RUNTIME_OLD);
  EXPECT_EQ(old, ErrorCode::unavailable);
  EXPECT_THAT(old_message, ::testing::AllOf(HasSubstr("1.2.0"), HasSubstr(FAKE_ONNX_RUNTIME_OLD)));
}

TEST(OnnxRuntime, SaysItsVersionAndWhyItReadsNoModel) {
  const auto runtime = onnx::Runtime::load(FAKE_ONNX_RUNTIME);
  ASSERT_TRUE(runtime) << runtime.error().message;
  EXPECT_EQ((*runtime)->version(), "17.0-fake");
  const auto model = onnx::Model::load(*runtime, FAKE_ONNX_RUNTIME);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::unavailable);
  EXPECT_THAT(model.error().message,
              ::testing::AllOf(HasSubstr(FAKE_ONNX_RUNTIME), HasSubstr("no model at all")));
  const auto none = onnx::Model::load(*runtime, "/nowhere/model.onnx");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_THAT(none.error().message, HasSubstr("/nowhere/model.onnx"));
}

// With the runtime of this machine.
class InstalledRuntime : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto file = installed_file("onnxruntime", "libonnxruntime");
    if (!file) GTEST_SKIP() << file.error().message;
    auto loaded = onnx::Runtime::load(*file);
    ASSERT_TRUE(loaded) << loaded.error().message;
    runtime_ = std::move(*loaded);
  }

  // A file that holds `bytes`.
  fs::path file(const std::string& name, const std::string& bytes) {
    const fs::path path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  const testing::TemporaryFolder folder_;
  std::shared_ptr<onnx::Runtime> runtime_;
};

TEST_F(InstalledRuntime, SaysItsVersion) {
  EXPECT_THAT(runtime_->version(), ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+.*"));
}

TEST_F(InstalledRuntime, NamesTheFileThatIsNoModel) {
  std::vector<fs::path> files;
  for (const std::string ending : {".onnx", ".ort"}) {
    files.push_back(file("empty" + ending, ""));
    files.push_back(file("text" + ending, "This is no model, but a text that says so.\n"));
    files.push_back(file("zeros" + ending, std::string(100'000, '\0')));
    files.push_back(file("ones" + ending, std::string(100'000, '\xFF')));
  }
  for (const auto& [model, stem] :
       {std::pair("silero-vad", "silero"), std::pair("moonshine-tiny-en", "encoder")}) {
    const auto whole = installed_file(model, stem);
    if (!whole) continue;
    const std::string ending = whole->extension().string();
    const std::size_t size = fs::file_size(*whole);
    for (const std::size_t length : {std::size_t{7}, std::size_t{1000}, size / 2, size - size / 20})
      files.push_back(file("cut" + std::to_string(length) + ending, beginning_of(*whole, length)));
  }
  for (const fs::path& path : files) {
    const auto model = onnx::Model::load(runtime_, path);
    ASSERT_FALSE(model) << path;
    EXPECT_EQ(model.error().code, ErrorCode::unavailable) << path;
    EXPECT_THAT(model.error().message, HasSubstr(path.string()));
    EXPECT_EQ(model.error().message.find('\n'), std::string::npos) << "one line";
  }
}

TEST_F(InstalledRuntime, ADamagedModelIsRefusedOrComputesSomething) {
  const auto whole = installed_file("silero-vad", "silero");
  if (!whole) GTEST_SKIP() << whole.error().message;
  const std::string bytes = beginning_of(*whole);
  for (std::size_t i = 1; i < 20; ++i) {
    std::string damaged = bytes;
    for (std::size_t n = 0; n < 16; ++n) damaged[bytes.size() * i / 20 + n] ^= 0x55;
    const auto model = SileroModel::load(runtime_, file("damaged.onnx", damaged));
    if (model) continue;
    EXPECT_THAT(model.error().message, HasSubstr("damaged.onnx"));
  }
}

TEST_F(InstalledRuntime, ModelsInEachOthersPlacesAreRefusedByName) {
  const auto silero = installed_file("silero-vad", "silero");
  const auto tiny = installed_moonshine("tiny"), base = installed_moonshine("base");
  if (!silero) GTEST_SKIP() << silero.error().message;
  if (!tiny) GTEST_SKIP() << tiny.error().message;
  const auto expect_refused = [&](const MoonshineFiles& files, const fs::path& named) {
    const auto model = load_moonshine(runtime_, files);
    ASSERT_FALSE(model) << named;
    EXPECT_EQ(model.error().code, ErrorCode::unavailable);
    EXPECT_THAT(model.error().message, HasSubstr(named.string()));
  };
  expect_refused({*silero, tiny->decoder, tiny->vocabulary}, *silero);
  expect_refused({tiny->encoder, *silero, tiny->vocabulary}, *silero);
  expect_refused({tiny->decoder, tiny->encoder, tiny->vocabulary}, tiny->decoder);
  expect_refused({tiny->encoder, tiny->decoder, tiny->encoder}, tiny->encoder);
  const auto detector = SileroModel::load(runtime_, tiny->encoder);
  ASSERT_FALSE(detector);
  EXPECT_THAT(detector.error().message, HasSubstr(tiny->encoder.string()));
  if (!base) GTEST_SKIP() << base.error().message;
  expect_refused({base->encoder, tiny->decoder, tiny->vocabulary}, tiny->decoder);
  expect_refused({tiny->encoder, base->decoder, tiny->vocabulary}, base->decoder);
}

TEST_F(InstalledRuntime, ACancelledCallHasExceededItsDeadline) {
  const auto files = installed_moonshine("tiny");
  if (!files) GTEST_SKIP() << files.error().message;
  const auto model = load_moonshine(runtime_, *files);
  ASSERT_TRUE(model) << model.error().message;
  const std::vector<float> sound(16'000, 0.01f);
  auto cancellation = onnx::Cancellation::create(runtime_);
  ASSERT_TRUE(cancellation);
  EXPECT_TRUE((*model)->transcribe(sound, {.cancellation = &*cancellation}));
  cancellation->cancel();
  const auto answer = (*model)->transcribe(sound, {.cancellation = &*cancellation});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::deadline_exceeded);
  const auto too_short = (*model)->transcribe(std::span(sound).first(1599), {});
  ASSERT_FALSE(too_short);
  EXPECT_EQ(too_short.error().code, ErrorCode::invalid_argument);
  const std::vector<TokenId> unknown{TokenId{1} << 40};
  const auto no_token = (*model)->transcribe(sound, {.prefix = unknown});
  ASSERT_FALSE(no_token);
  EXPECT_EQ(no_token.error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace sotto::providers::moonshine
