// What happens when a service misbehaves: the same for all of them.
#include "providers/web_translators/test_support.hpp"

namespace sotto::providers::web_translators {
namespace {

using namespace std::chrono_literals;
using contract::Answers;
using test::HttpRequest;
using test::Kind;
using test::Reply;
using test::Subject;

const std::string text = "private words of a talk";

class WebFaults : public ::testing::TestWithParam<Kind> {
 protected:
  static void expect_error(const Result<std::string>& result, ErrorCode code) {
    ASSERT_FALSE(result.has_value()) << *result;
    EXPECT_EQ(result.error().code, code) << result.error().message;
    EXPECT_FALSE(result.error().message.empty());
    for (const std::string& secret : {test::secret_key, std::string("private"), text})
      EXPECT_EQ(result.error().message.find(secret), std::string::npos) << result.error().message;
  }
  // Answers the first requests with these, then as it should.
  static test::TestServer::Handler first(std::vector<Reply> replies) {
    return [replies, next = std::size_t{0}](const HttpRequest& request) mutable {
      return next < replies.size() ? replies[next++] : GetParam().serve(request);
    };
  }
  static Reply good() { return GetParam().says("palabras privadas de una charla"); }
};

TEST_P(WebFaults, ASlowAnswerIsAnAnswer) {
  Subject subject(GetParam(), [](const HttpRequest&) {
    Reply reply = good();
    reply.after = 300ms;
    return reply;
  });
  EXPECT_EQ(subject.ask(text), "palabras privadas de una charla");
}

TEST_P(WebFaults, AHungServiceMissesTheDeadlineOfAllThatWaits) {
  Limits limits;
  limits.deadline = 400ms;
  limits.failures_to_open = 1'000;
  Subject subject(
      GetParam(), [](const HttpRequest&) { return Reply{.after = 60s}; }, limits);
  Answers answers;
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < 5; ++i)
    subject.translate(test::english_spanish, text, answers.completion(i));
  ASSERT_TRUE(answers.wait_for(5));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s) << "none waits for those before it";
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(answers.all()[i].request, i);
    expect_error(answers.all()[i].result, ErrorCode::deadline_exceeded);
  }
}

TEST(WebLimits, EveryFailureIsThereWithinFiveSeconds) { EXPECT_LT(Limits{}.deadline, 5s); }

TEST_P(WebFaults, WaitsAsLongAsItIsAskedTo) {
  Subject subject(GetParam(), first({Reply{429, "", {{"Retry-After", "3"}}}}));
  EXPECT_TRUE(subject.ask(text));
  EXPECT_EQ(subject.clock.waits(), std::vector<milliseconds>{3s});
}

TEST_P(WebFaults, WhatIsAskedToWaitTooLongSaysSoAtOnceAndSoDoesTheNext) {
  Limits limits;
  limits.deadline = 30s;
  Subject subject(GetParam(), first({Reply{429, "", {{"Retry-After", "60"}}}}), limits);
  expect_error(subject.ask(text), ErrorCode::resource_exhausted);
  expect_error(subject.ask(text), ErrorCode::resource_exhausted);
  EXPECT_EQ(subject.asked, 1) << "the service is left alone";
  EXPECT_TRUE(subject.clock.waits().empty());
  subject.clock.advance(61s);
  EXPECT_TRUE(subject.ask(text));
}

TEST_P(WebFaults, TooManyRequestsAreTriedOnceMoreThenHeldBack) {
  Subject subject(GetParam(), first({Reply{429}, Reply{429}}));
  expect_error(subject.ask(text), ErrorCode::resource_exhausted);
  EXPECT_EQ(subject.asked, 2);
  EXPECT_EQ(subject.clock.waits(), std::vector<milliseconds>{300ms}) << "100 ms and half of 400";
  expect_error(subject.ask(text), ErrorCode::resource_exhausted);
  EXPECT_EQ(subject.asked, 2);
  subject.clock.advance(1'100ms);
  EXPECT_TRUE(subject.ask(text));
}

TEST_P(WebFaults, AFailureIsTriedOnceMore) {
  for (const Reply& bad : {Reply{500, text}, Reply{503}, Reply{502, "<html>"},
                           Reply{.body = "{\"a\":1}", .cut_after = 30}, Reply{200, "no JSON"},
                           Reply{200, "{\"translatedText\":[\"\xff\"]}"}, Reply{200, ""}}) {
    Subject subject(GetParam(), first({bad}));
    EXPECT_TRUE(subject.ask(text)) << bad.status << bad.body;
    EXPECT_EQ(subject.asked, 2);
    Subject twice(GetParam(), first({bad, bad}));
    expect_error(twice.ask(text), ErrorCode::unavailable);
    EXPECT_EQ(twice.asked, 2);
    EXPECT_TRUE(twice.ask(text)) << "it goes on";
  }
}

TEST_P(WebFaults, WhatKeepsFailingIsLeftAloneThenProbed) {
  std::atomic<bool> broken = true;
  Subject subject(GetParam(), [&](const HttpRequest& request) {
    return broken ? Reply{500} : GetParam().serve(request);
  });
  for (int i = 0; i < 8; ++i) expect_error(subject.ask(text), ErrorCode::unavailable);
  EXPECT_EQ(subject.asked, 10) << "five requests, twice each";
  subject.clock.advance(11s);
  expect_error(subject.ask(text), ErrorCode::unavailable);
  EXPECT_EQ(subject.asked, 12) << "one probes";
  broken = false;
  subject.clock.advance(11s);
  EXPECT_TRUE(subject.ask(text));
  EXPECT_TRUE(subject.ask(text));
}

TEST_P(WebFaults, ARefusedKeyIsNamedByItsVariable) {
  for (const int status : {401, 403}) {
    Subject subject(GetParam(), [=](const HttpRequest&) {
      return Reply{status, test::secret_key + text};
    });
    const auto result = subject.ask(text);
    expect_error(result, ErrorCode::unavailable);
    EXPECT_NE(result.error().message.find("_KEY"), std::string::npos) << result.error().message;
    EXPECT_EQ(subject.asked, 1) << "not tried again";
  }
}

TEST_P(WebFaults, ARefusedTextHurtsNoOther) {
  Subject subject(GetParam(), [](const HttpRequest& request) {
    const bool bad = request.body.find("private") != std::string::npos;
    return bad ? Reply{400, text} : GetParam().serve(request);
  });
  for (int i = 0; i < 8; ++i) expect_error(subject.ask(text), ErrorCode::unavailable);
  EXPECT_EQ(subject.ask("the white house"), "la casa blanca");
}

TEST_P(WebFaults, AnOversizedAnswerIsRefused) {
  for (const std::size_t size : {std::size_t{2} << 20, std::size_t{6} << 20}) {
    Subject subject(GetParam(), first({GetParam().says(std::string(size, 'a'))}));
    expect_error(subject.ask(text), ErrorCode::unavailable);
    EXPECT_EQ(subject.asked, 1);
  }
}

TEST_P(WebFaults, AnAnswerOfAnotherFormIsNone) {
  for (const char* body :
       {"[]", "{}", "null", "1", R"({"translatedText":1})", R"({"translatedText":[1]})",
        R"({"translatedText":[]})", R"({"translatedText":["a","b"]})", R"({"translations":1})",
        R"({"translations":[1]})", R"({"translations":[{}]})", R"({"translations":[{"text":1}]})",
        R"({"choices":1})", R"({"choices":[]})", R"({"choices":[1]})", R"({"choices":[{}]})",
        R"({"choices":[{"message":1}]})", R"({"choices":[{"message":{"content":null}}]})",
        R"({"choices":[{"message":{"content":[]},"finish_reason":3}]})"}) {
    Subject subject(GetParam(), first({Reply{200, body}}));
    expect_error(subject.ask(text), ErrorCode::unavailable);
    EXPECT_TRUE(subject.ask(text));
  }
}

TEST_P(WebFaults, WhatIsNoTranslationIsDropped) {
  std::string again_and_again;
  for (int i = 0; i < 12; ++i) again_and_again += "y otra ";
  for (const std::string& said :
       {std::string(), std::string(" \n"), std::string("Частные слова из разговора"),
        std::string("these are the private words of a talk that we have"), std::string(500, 'a'),
        again_and_again}) {
    Subject subject(GetParam(), first({GetParam().says(said)}));
    expect_error(subject.ask(text), ErrorCode::unavailable);
    EXPECT_TRUE(subject.ask(text));
  }
}

TEST_P(WebFaults, MarkupIsText) {
  for (const std::string markup : {"<b>uno</b> & <i>dos</i>", "{\"a\": [1]} \\ \"x\" y",
                                   "<script>alert(1)</script> uno", "&amp; &lt;p&gt;"}) {
    std::string sent;
    Subject subject(GetParam(), [&](const HttpRequest& request) {
      sent = request.body;
      return GetParam().says(markup);
    });
    EXPECT_EQ(subject.ask(markup), markup);
    const std::string escaped = boost::json::serialize(boost::json::string(markup));
    EXPECT_NE(sent.find(escaped.substr(1, escaped.size() - 2)), std::string::npos) << sent;
  }
}

TEST_P(WebFaults, AnswersKeepTheirOrderWhereOneOfThemFails) {
  std::atomic<int> count = 0;
  Limits limits = test::patient_limits();
  limits.max_batch = 1;
  limits.in_flight = 4;
  limits.failures_to_open = 100;
  Subject subject(
      GetParam(),
      [&](const HttpRequest& request) {
        const int now = count++;
        if (now % 4 == 1) return Reply{404};
        Reply reply = GetParam().serve(request);
        reply.after = milliseconds{now % 3 * 10};
        return reply;
      },
      limits);
  Answers answers;
  for (std::size_t i = 0; i < 24; ++i)
    subject.translate(test::english_spanish, "the white house", answers.completion(i));
  ASSERT_TRUE(answers.wait_for(24));
  std::size_t failed = 0;
  for (std::size_t i = 0; i < 24; ++i) {
    EXPECT_EQ(answers.all()[i].request, i);
    if (!answers.all()[i].result) ++failed;
  }
  EXPECT_EQ(failed, 6u);
}

TEST_P(WebFaults, DestructionDuringAWaitForARetryIsQuick) {
  const auto began = std::chrono::steady_clock::now();
  {
    http_client::testing::TestServer server([](const HttpRequest& request) {
      if (request.target == "/languages") return testing::libretranslate_languages();
      return Reply{429, "", {{"Retry-After", "30"}}};
    });
    auto real = Dependencies::real(http_client::HttpClient::create({}).value());
    const auto translator = GetParam().make(server.url(), real, test::patient_limits());
    Answers answers;
    translator->translate(test::english_spanish, text, answers.completion(0));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

TEST_P(WebFaults, NobodyThereIsUnavailable) {
  auto server = std::make_unique<http_client::testing::TestServer>(GetParam().serve);
  test::TestClock clock;
  const auto translator =
      GetParam().make(server->url(), clock.dependencies(), test::patient_limits());
  server.reset();
  expect_error(contract::translate_one(*translator, test::english_spanish, text),
               ErrorCode::unavailable);
}

INSTANTIATE_TEST_SUITE_P(All, WebFaults, ::testing::ValuesIn(test::all_kinds()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace sotto::providers::web_translators
