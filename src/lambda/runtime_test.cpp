#include "lambda/runtime.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/support/runtime_api.hpp"

namespace sotto::lambda {
namespace {

using ::testing::HasSubstr;

class RuntimeLoop : public ::testing::Test {
 protected:
  RuntimeLoop()
      : runtime(Runtime::create(api.address(), [this](const std::string& id) {
                  trace_id = id;
                }).value()) {}

  static Result<std::string> echo(std::string_view payload, const InvocationContext&) {
    return std::string(payload);
  }

  testing::RuntimeApi api;
  std::string trace_id;
  Runtime runtime;
};

TEST_F(RuntimeLoop, HandsAnInvocationOverAndItsAnswerBack) {
  const std::string id = api.invoke("{\"n\":1}", UtcTime{milliseconds{1'764'000'000'123}});
  InvocationContext seen;
  ASSERT_TRUE(runtime.run_once([&](std::string_view payload, const InvocationContext& context) {
    seen = context;
    return Result<std::string>("got " + std::string(payload));
  }));
  EXPECT_EQ(seen.request_id, id);
  EXPECT_EQ(seen.deadline, UtcTime{milliseconds{1'764'000'000'123}});
  EXPECT_THAT(seen.function_arn, HasSubstr("audio-processor"));
  EXPECT_THAT(trace_id, HasSubstr("Root=1-"));
  const auto answer = api.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->path, "invocation/" + id + "/response");
  EXPECT_EQ(answer->body, "got {\"n\":1}");
  EXPECT_EQ(answer->error_type, "");
}

TEST_F(RuntimeLoop, KeepsOneConnectionForAsLongAsItLasts) {
  for (int i = 0; i < 5; ++i) {
    api.invoke(std::to_string(i));
    ASSERT_TRUE(runtime.run_once(echo));
    EXPECT_EQ(api.answer()->body, std::to_string(i));
  }
  EXPECT_EQ(api.connections(), 1);
  api.set_hangs_up(true);
  for (int i = 0; i < 3; ++i) {
    api.invoke(std::to_string(i));
    ASSERT_TRUE(runtime.run_once(echo));
    EXPECT_EQ(api.answer()->body, std::to_string(i));
  }
  EXPECT_GT(api.connections(), 4);
}

TEST_F(RuntimeLoop, ReadsLargePayloadsInChunksToo) {
  std::string large;
  for (int i = 0; large.size() < 5'000'000; ++i) large += std::to_string(i) + "\r\n";
  for (const bool chunked : {false, true}) {
    api.set_chunked(chunked);
    for (const std::string& payload : {std::string("{}"), large, std::string()}) {
      api.invoke(payload);
      ASSERT_TRUE(runtime.run_once(echo));
      EXPECT_TRUE(api.answer()->body == payload) << payload.size() << " bytes";
    }
  }
}

TEST_F(RuntimeLoop, AnErrorIsOfItsInvocationAndTheLoopGoesOn) {
  const std::string id = api.invoke("{}");
  ASSERT_TRUE(runtime.run_once([](auto, const auto&) -> Result<std::string> {
    return fail(ErrorCode::invalid_argument, "the \"event\" is none", "event");
  }));
  auto answer = api.answer();
  EXPECT_EQ(answer->path, "invocation/" + id + "/error");
  EXPECT_EQ(answer->error_type, "Function.InvalidArgument");
  EXPECT_EQ(answer->body,
            R"({"errorMessage":"the \"event\" is none","errorType":"Function.InvalidArgument",)"
            R"("stackTrace":[]})");
  api.invoke("{}");
  ASSERT_TRUE(runtime.run_once(
      [](auto, const auto&) -> Result<std::string> { throw std::runtime_error("out of luck"); }));
  answer = api.answer();
  EXPECT_EQ(answer->error_type, "Function.Internal");
  EXPECT_THAT(answer->body, HasSubstr("out of luck"));
  api.invoke("{}");
  ASSERT_TRUE(runtime.run_once([](auto, const auto&) -> Result<std::string> {
    return std::string(Runtime::max_answer_bytes + 1, 'x');
  }));
  EXPECT_EQ(api.answer()->error_type, "Function.ResourceExhausted");
}

TEST_F(RuntimeLoop, AnAnswerThatIsRefusedIsOverAndABrokenContainerEnds) {
  api.set_status(413);
  api.invoke("{}");
  EXPECT_TRUE(runtime.run_once(echo));
  api.set_status(500);
  api.invoke("{}");
  const Error error = runtime.run(echo);
  EXPECT_EQ(error.code, ErrorCode::unavailable);
  EXPECT_THAT(error.message, HasSubstr("cannot go on"));
}

TEST_F(RuntimeLoop, WaitsForAnInvocation) {
  std::thread later([this] {
    EXPECT_TRUE(api.await_asking());
    api.invoke("late");
  });
  ASSERT_TRUE(runtime.run_once(echo));
  later.join();
  EXPECT_EQ(api.answer()->body, "late");
}

TEST_F(RuntimeLoop, SaysWhyItCannotBegin) {
  ASSERT_TRUE(runtime.report_init_error({ErrorCode::not_found, "no folder", "data"}));
  const auto answer = api.answer();
  EXPECT_EQ(answer->path, "init/error");
  EXPECT_EQ(answer->error_type, "Function.NotFound");
}

TEST(RuntimeAddress, MustBeOneThatNeedsNoNames) {
  for (const char* wrong :
       {"", "host.example:80", "127.0.0.1:0", "127.0.0.1:x", "1.2.3:80", ":1"}) {
    const auto made = Runtime::create(wrong, {});
    ASSERT_FALSE(made) << wrong;
    EXPECT_EQ(made.error().field, "AWS_LAMBDA_RUNTIME_API");
  }
  auto nobody = Runtime::create("localhost:1", {}).value();
  EXPECT_EQ(nobody.run({}).code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace sotto::lambda
