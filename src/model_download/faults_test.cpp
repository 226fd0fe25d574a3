// Servers and networks that are not as they should be.
#include "model_download/test_support.hpp"

namespace sotto::model_download {
namespace {

using ::testing::HasSubstr;
using namespace sotto::model_download::testing;  // NOLINT: the fixture and its words

class Faults : public ModelFixture {
 protected:
  // A server that answers the requests for the weights as `next` says, and the others well.
  using Next = std::function<Reply(const HttpRequest&, std::size_t which)>;
  TestServer::Handler handler(Next next) {
    return
        [this, which = std::size_t{0}, next = std::move(next)](const HttpRequest& request) mutable {
          if (!request.target.ends_with(weights)) return answer(content(request), request);
          return next(request, which++);
        };
  }
  const std::string& right() const { return contents.at(weights); }
  Reply good(const HttpRequest& request) const { return answer(right(), request); }

  // What get() fails with; the model must not look whole.
  Error error(const TestServer& server) {
    const auto got = get(server);
    EXPECT_FALSE(got);
    EXPECT_FALSE(fs::exists(place(weights)));
    if (got) return {};
    EXPECT_THAT(got.error().message, HasSubstr("'sotto models get en-es-tiny'"));
    EXPECT_THAT(got.error().message, HasSubstr(weights));
    EXPECT_EQ(std::count(got.error().message.begin(), got.error().message.end(), '\n'), 0);
    return got.error();
  }
  std::uint64_t part_size() const {
    std::error_code none;
    const auto size = fs::file_size(place(weights + ".part"), none);
    return none ? 0 : size;
  }
};

TEST_F(Faults, AConnectionThatBreaksIsGoneOnWith) {
  TestServer server(handler([this](const HttpRequest& request, std::size_t which) {
    Reply reply = good(request);
    if (which < 3) reply.cut_after = 800'000;
    return reply;
  }));
  ASSERT_TRUE(get(server));
  EXPECT_TRUE(is_whole());
  const auto asked = for_weights(server);
  ASSERT_EQ(asked.size(), 4u);
  std::size_t last = 0;
  for (std::size_t i = 1; i < asked.size(); ++i) {
    const std::size_t from = std::stoul(range_of(asked[i]).substr(6));
    EXPECT_GT(from, last + 700'000) << "nothing comes twice";
    last = from;
  }
  EXPECT_THAT(waits,
              ::testing::ElementsAre(milliseconds{1'000}, milliseconds{1'000}, milliseconds{2'000}))
      << "a megabyte of progress is a new beginning";
}

TEST_F(Faults, AConnectionThatAlwaysBreaksIsGivenUp) {
  TestServer server(handler([this](const HttpRequest& request, std::size_t) {
    Reply reply = good(request);
    reply.cut_after = 1'000;
    return reply;
  }));
  const Error failed = error(server);
  EXPECT_EQ(failed.code, ErrorCode::unavailable);
  EXPECT_THAT(failed.message, HasSubstr("closed the connection in the middle of its answer"));
  EXPECT_THAT(failed.message, HasSubstr("is there a network?"));
  EXPECT_EQ(for_weights(server).size(), 4u);
  EXPECT_GT(part_size(), 2'000u) << "kept for the next time";
}

TEST_F(Faults, AServerThatIgnoresRangesSendsItAllAgain) {
  write(place(weights + ".part"), std::string(1'000'000, 'x'));
  TestServer server(handler([this](const HttpRequest&, std::size_t which) {
    Reply reply{200, right()};
    if (which < 2) reply.cut_after = 2'000'000;
    return reply;
  }));
  ASSERT_TRUE(get(server));
  EXPECT_TRUE(is_whole());
  EXPECT_EQ(for_weights(server).size(), 3u);
}

TEST_F(Faults, AServerThatIgnoresRangesAndAlwaysBreaksIsGivenUp) {
  TestServer server(handler([this](const HttpRequest&, std::size_t which) {
    Reply reply{200, right()};
    reply.cut_after = which % 2 == 0 ? 2'500'000 : 1'000;
    return reply;
  }));
  EXPECT_EQ(error(server).code, ErrorCode::unavailable);
  EXPECT_LE(for_weights(server).size(), 8u);
}

TEST_F(Faults, ARangeThatWasNotAskedForIsNotTaken) {
  write(place(weights + ".part"), right().substr(0, 1'000'000));
  const std::string size = std::to_string(right().size());
  for (const std::string& said :
       {"bytes 0-" + std::to_string(right().size() - 1) + "/" + size, std::string("bytes 5-4/9"),
        std::string("some"), "bytes 1000000-" + size + "/" + size}) {
    fs::remove(place(weights));
    write(place(weights + ".part"), right().substr(0, 1'000'000));
    TestServer server([&](const HttpRequest& request) {
      Reply reply = answer(content(request), request);
      if (!range_of(request).empty()) reply.headers = {{"Content-Range", said}};
      return reply;
    });
    const auto got = get(server);
    ASSERT_TRUE(got) << said << ": " << got.error().message;
    EXPECT_TRUE(is_whole()) << said;
    EXPECT_EQ(range_of(for_weights(server).at(1)), "") << said;
  }
}

TEST_F(Faults, AServerWhoseFileIsAnotherIsFoundOut) {
  const std::string shorter = right().substr(1), longer = right() + "x";
  std::string other = right();
  other.back() = '!';
  for (const std::string& wrong : {shorter, longer, other}) {
    for (const bool resumed : {false, true}) {
      fs::remove(place(weights + ".part"));
      if (resumed) write(place(weights + ".part"), right().substr(0, 1'000'000));
      TestServer server(
          handler([&](const HttpRequest& request, std::size_t) { return answer(wrong, request); }));
      const Error failed = error(server);
      EXPECT_EQ(failed.code, ErrorCode::invalid_argument) << failed.message;
      EXPECT_THAT(failed.message, HasSubstr("127.0.0.1 has another file"));
      EXPECT_LE(for_weights(server).size(), 2u);
      EXPECT_LT(part_size(), right().size()) << "what is not the file is not kept";
    }
  }
}

TEST_F(Faults, AnAnswerWithoutALengthIsBoundedToo) {
  TestServer endless(handler([this](const HttpRequest&, std::size_t) {
    Reply reply{200, right() + right() + right()};
    reply.no_length = true;
    return reply;
  }));
  const Error failed = error(endless);
  EXPECT_EQ(failed.code, ErrorCode::invalid_argument);
  EXPECT_THAT(failed.message, HasSubstr("more than " + std::to_string(right().size()) + " bytes"));
  EXPECT_LE(part_size(), right().size());
  fs::remove(place(weights + ".part"));
  TestServer short_one(handler([this](const HttpRequest& request, std::size_t which) {
    if (which > 0) return good(request);
    Reply reply{200, right().substr(0, 100)};
    reply.no_length = true;
    return reply;
  }));
  ASSERT_TRUE(get(short_one));
  EXPECT_EQ(range_of(for_weights(short_one).at(1)), "bytes=100-");
}

TEST_F(Faults, ALengthThatIsALieIsFoundOut) {
  for (const char* lie : {"5", "99999999999999", "-1", "x"}) {
    TestServer server(handler([&](const HttpRequest&, std::size_t) {
      Reply reply{200, right(), {{"Content-Length", lie}}};
      reply.no_length = true;
      return reply;
    }));
    const auto got = get(server);
    ASSERT_FALSE(got) << lie;
    EXPECT_EQ(part_size(), 0u) << "nothing was written";
  }
}

TEST_F(Faults, ARedirectIsFollowedAndACircleIsNot) {
  TestServer elsewhere([this](const HttpRequest& request) {
    EXPECT_EQ(request.target, "/store?sign=a%2Fb");
    return good(request);
  });
  TestServer server(handler([&](const HttpRequest&, std::size_t) {
    return Reply{302, "", {{"Location", elsewhere.url() + "/store?sign=a%2Fb"}}};
  }));
  ASSERT_TRUE(get(server));
  EXPECT_TRUE(is_whole());
  fs::remove(place(weights));
  TestServer circle(handler([](const HttpRequest& request, std::size_t) {
    return Reply{301, "", {{"Location", request.target}}};
  }));
  const Error failed = error(circle);
  EXPECT_EQ(failed.code, ErrorCode::invalid_argument);
  EXPECT_THAT(failed.message, HasSubstr("redirects again and again"));
  EXPECT_EQ(for_weights(circle).size(), 6u);
  TestServer nowhere(handler([](const HttpRequest&, std::size_t) { return Reply{302}; }));
  EXPECT_EQ(error(nowhere).code, ErrorCode::invalid_argument);
}

TEST_F(Faults, ARedirectFromHttpsToHttpIsRefused) {
  const auto certificate = http_client::testing::Certificate::make();
  settings.ca_file = folder.path() / "ca.pem";
  write(settings.ca_file, certificate.certificate);
  TestServer plain([this](const HttpRequest& request) { return good(request); });
  TestServer server(handler([&](const HttpRequest&, std::size_t) {
                      return Reply{302, "", {{"Location", plain.url() + "/x"}}};
                    }),
                    &certificate);
  const Error failed = error(server);
  EXPECT_THAT(failed.message, HasSubstr("redirects from https to http"));
  EXPECT_EQ(plain.connections(), 0);
}

TEST_F(Faults, WhatAServerSaysForGoodIsNotTriedAgain) {
  for (const auto& [status, code] :
       {std::pair{404, ErrorCode::not_found}, std::pair{410, ErrorCode::not_found},
        std::pair{403, ErrorCode::permission_denied}, std::pair{401, ErrorCode::permission_denied},
        std::pair{400, ErrorCode::unavailable}, std::pair{204, ErrorCode::unavailable}}) {
    TestServer server(handler([&, status = status](const HttpRequest&, std::size_t) {
      return Reply{status, "why"};
    }));
    const Error failed = error(server);
    EXPECT_EQ(failed.code, code) << status;
    EXPECT_THAT(failed.message, HasSubstr("127.0.0.1 answers " + std::to_string(status)));
    EXPECT_THAT(failed.message, ::testing::Not(HasSubstr("is there a network?")));
    EXPECT_EQ(for_weights(server).size(), 1u) << status;
  }
}

TEST_F(Faults, WhatMayPassIsTriedAgain) {
  for (const int status : {429, 500, 502, 503, 408}) {
    fs::remove(place(weights));
    waits.clear();
    std::size_t before = 0;
    TestServer server([&](const HttpRequest& request) {
      if (!request.target.ends_with(weights) || ++before > 2)
        return answer(content(request), request);
      Reply reply{status, "why"};
      if (status == 429) reply.headers = {{"Retry-After", "7"}};
      return reply;
    });
    ASSERT_TRUE(get(server)) << status;
    EXPECT_EQ(waits, (status == 429 ? std::vector<milliseconds>(2, std::chrono::seconds{7})
                                    : std::vector<milliseconds>{std::chrono::seconds{1},
                                                                std::chrono::seconds{2}}));
  }
}

TEST_F(Faults, AServerThatFailsForGoodOrAsksForTooMuchTimeIsGivenUp) {
  TestServer broken(handler([](const HttpRequest&, std::size_t) { return Reply{500}; }));
  EXPECT_THAT(error(broken).message, HasSubstr("answers 500"));
  EXPECT_EQ(for_weights(broken).size(), 4u);
  TestServer busy(handler([](const HttpRequest&, std::size_t) {
    return Reply{429, "", {{"Retry-After", "99999999999"}}};
  }));
  EXPECT_THAT(error(busy).message, HasSubstr("answers 429"));
  EXPECT_EQ(for_weights(busy).size(), 1u);
}

TEST_F(Faults, AServerThatHangsIsGivenUp) {
  settings.patience.quiet = milliseconds{30};
  settings.patience.tries = 2;
  TestServer server(handler([this](const HttpRequest& request, std::size_t which) {
    Reply reply = good(request);
    reply.hang_after = which == 0 ? 100'000 : 0;
    return reply;
  }));
  const Error failed = error(server);
  EXPECT_EQ(failed.code, ErrorCode::deadline_exceeded);
  EXPECT_THAT(failed.message, HasSubstr("did not answer in time"));
  EXPECT_GT(part_size(), 0u);
}

TEST_F(Faults, NobodyThereIsOneLine) {
  std::string url;
  {
    TestServer gone([](const HttpRequest&) { return Reply{}; });
    url = gone.url();
  }
  settings.mirror = url;
  const auto got = Downloader::create(settings).value().get(model(), models);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::unavailable);
  EXPECT_THAT(got.error().message, HasSubstr("is there a network?"));
  EXPECT_EQ(waits.size(), 3u);
  EXPECT_FALSE(fs::exists(place(""))) << "nothing came, nothing is left";
}

TEST_F(Faults, AFolderThatCannotBeWrittenIsNamed) {
  TestServer server(
      [this](const HttpRequest& request) { return answer(content(request), request); });
  write(models, "a file");
  const auto got = get(server);
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr(models.string()));
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(Faults, ADiskWithTooLittleRoomIsToldBeforeAnythingIsAskedFor) {
  offered = models::TranslationModels::parse("enes\ttiny\tmodel.gz\t" + std::to_string(1ULL << 60) +
                                             "\t" + std::string(64, 'a') + "\t\t")
                .value();
  TestServer server([](const HttpRequest&) { return Reply{}; });
  const auto got = get(server);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::resource_exhausted);
  EXPECT_THAT(got.error().message, HasSubstr(" MB free and "));
  EXPECT_EQ(server.connections(), 0);
}

}  // namespace
}  // namespace sotto::model_download
