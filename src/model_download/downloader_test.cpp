#include "model_download/downloader.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <future>

#include "model_download/background.hpp"
#include "model_download/test_support.hpp"
#include "models/folders.hpp"

namespace sotto::model_download {
namespace {

using ::testing::HasSubstr;
using namespace sotto::model_download::testing;  // NOLINT: the fixture and its words

class DownloaderTest : public ModelFixture {
 protected:
  TestServer good{[this](const HttpRequest& request) { return answer(content(request), request); }};
};

TEST_F(DownloaderTest, FetchesAModelOnceTheWeightsLast) {
  std::uint64_t said = 0, last = 0;
  Hooks hooks;
  hooks.on_start = [&](std::uint64_t missing, const std::string& host) {
    said = missing;
    EXPECT_EQ(host, "127.0.0.1");
    EXPECT_FALSE(fs::exists(place(weights)));
  };
  hooks.on_progress = [&](std::uint64_t done, std::uint64_t missing) {
    EXPECT_GT(done, last);
    EXPECT_EQ(missing, model().model.size());
    last = done;
  };
  const auto got = get(good, hooks);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(*got, model().model.size());
  EXPECT_EQ(said, model().model.size());
  EXPECT_EQ(last, model().model.size());
  EXPECT_TRUE(is_whole());
  std::vector<std::string> asked;
  for (const HttpRequest& request : good.requests()) {
    EXPECT_EQ(range_of(request), "");
    asked.push_back(request.target);
  }
  EXPECT_THAT(asked, ::testing::ElementsAre("/mirror/models/tiny/enes/lex.50.50.enes.s2t.bin.gz",
                                            "/mirror/models/tiny/enes/vocab.enes.spm.gz",
                                            "/mirror/models/tiny/enes/" + weights));
  for (const auto& entry : fs::directory_iterator(place("")))
    EXPECT_NE(entry.path().extension(), ".part");
  EXPECT_EQ(get(good), 0u);
  EXPECT_EQ(good.requests().size(), 3u) << "nothing is fetched twice";
}

TEST_F(DownloaderTest, FetchesOnlyWhatIsMissingOrDamaged) {
  ASSERT_TRUE(get(good));
  write(place("vocab.enes.spm.gz"), "A VOCABULARY");  // as long as it should be
  EXPECT_EQ(get(good), 12u);
  EXPECT_TRUE(is_whole());
  EXPECT_EQ(good.requests().size(), 4u);
}

TEST_F(DownloaderTest, GoesOnWhereAStoppedProgramEnded) {
  write(place(weights + ".part"), contents.at(weights).substr(0, 2'000'000));
  ASSERT_TRUE(get(good));
  EXPECT_TRUE(is_whole());
  EXPECT_EQ(range_of(for_weights(good).at(0)), "bytes=2000000-");
}

TEST_F(DownloaderTest, APartThatIsAllThereIsOnlyChecked) {
  write(place(weights + ".part"), contents.at(weights));
  ASSERT_TRUE(get(good));
  EXPECT_TRUE(is_whole());
  EXPECT_TRUE(for_weights(good).empty());
}

TEST_F(DownloaderTest, APartOfAnotherFileIsFoundOutAndFetchedAgain) {
  write(place(weights + ".part"), std::string(2'000'000, 'x'));
  ASSERT_TRUE(get(good));
  EXPECT_TRUE(is_whole());
  EXPECT_EQ(range_of(for_weights(good).at(1)), "") << "from its beginning";
  write(place("vocab.enes.spm.gz.part"), std::string(100, 'x'));  // longer than the file
  fs::remove(place("vocab.enes.spm.gz"));
  ASSERT_TRUE(get(good));
  EXPECT_TRUE(is_whole());
}

TEST_F(DownloaderTest, AStopKeepsWhatHasCome) {
  std::stop_source stop;
  Hooks hooks;
  hooks.on_progress = [&](std::uint64_t done, std::uint64_t) {
    if (done > 1'000'000) stop.request_stop();
  };
  const auto stopped = get(good, hooks, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().message, HasSubstr("sotto models get en-es-tiny"));
  const auto kept = fs::file_size(place(weights + ".part"));
  EXPECT_GT(kept, 900'000u);
  EXPECT_FALSE(fs::exists(place(weights)));
  ASSERT_TRUE(get(good));
  EXPECT_EQ(range_of(for_weights(good).at(1)), "bytes=" + std::to_string(kept) + "-");
  EXPECT_TRUE(is_whole());
}

TEST_F(DownloaderTest, OfTwoAtOnceOneFetchesAndTheOtherWaits) {
  std::atomic<int> good_ones = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { good_ones += get(good) ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good_ones, 4);
  EXPECT_TRUE(is_whole());
  EXPECT_EQ(good.requests().size(), 3u);
}

TEST_F(DownloaderTest, AnotherThatNeverEndsIsNotWaitedForForEver) {
  fs::create_directories(models / "bergamot");
  const int other =
      ::open((models / "bergamot/.lock-enes-tiny").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  settings.lock_patience = milliseconds{1};
  int busy = 0;
  Hooks hooks;
  hooks.on_busy = [&] { ++busy; };
  const auto kept_out = get(good, hooks);
  ASSERT_FALSE(kept_out);
  EXPECT_EQ(kept_out.error().code, ErrorCode::unavailable);
  EXPECT_EQ(busy, 1);
  settings.lock_patience = std::chrono::hours{1};
  std::stop_source stop;
  hooks.on_busy = [&] { stop.request_stop(); };
  EXPECT_FALSE(get(good, hooks, stop.get_token()));
  ::close(other);
  EXPECT_TRUE(get(good));
}

TEST_F(DownloaderTest, ForgetsThatTheModelWasRemoved) {
  ASSERT_TRUE(get(good));
  ASSERT_TRUE(models::remove(model().model, models));
  EXPECT_TRUE(models::is_removed(model().model, models));
  EXPECT_FALSE(fs::exists(place("")));
  ASSERT_TRUE(get(good));
  EXPECT_FALSE(models::is_removed(model().model, models));
}

TEST_F(DownloaderTest, AMirrorMustBeAUrl) {
  for (const char* wrong : {"mirror", "/mirror", "ftp://mirror", "https://m/?q=1"}) {
    Settings of;
    of.mirror = wrong;
    const auto made = Downloader::create(of);
    ASSERT_FALSE(made) << wrong;
    EXPECT_EQ(made.error().field, "SOTTO_MODELS_MIRROR");
  }
}

class BackgroundTest : public DownloaderTest {
 protected:
  // Runs one to its end, and tells what was told.
  std::string run(const TestServer& server) {
    settings.mirror = server.url();
    std::promise<std::string> told;
    {
      Background::Events events;
      events.on_ready = [&](const models::TranslationModel& ready, std::uint64_t missing) {
        told.set_value(ready.model.name + " " + std::to_string(missing));
      };
      events.on_failed = [&](const Error& error) { told.set_value(error.message); };
      const Background background(Downloader::create(settings).value(), {&model()}, models, events);
      auto future = told.get_future();
      return future.wait_for(std::chrono::seconds{30}) == std::future_status::ready ? future.get()
                                                                                    : "nothing";
    }
  }
};

TEST_F(BackgroundTest, SaysWhenTheModelIsThere) {
  EXPECT_EQ(run(good), "en-es-tiny " + std::to_string(model().model.size()));
  EXPECT_TRUE(is_whole());
  EXPECT_EQ(run(good), "en-es-tiny 0");
}

TEST_F(BackgroundTest, SaysOnceThatItCannot) {
  TestServer none([](const HttpRequest&) { return Reply{404}; });
  EXPECT_THAT(run(none), HasSubstr("answers 404"));
  EXPECT_EQ(none.requests().size(), 1u);
}

TEST_F(BackgroundTest, LeavesARemovedModelAloneAndEndsWithItsOwner) {
  ASSERT_TRUE(get(good));
  ASSERT_TRUE(models::remove(model().model, models));
  settings.mirror = good.url();
  { const Background background(Downloader::create(settings).value(), {&model()}, models, {}); }
  EXPECT_EQ(good.requests().size(), 3u);
  ASSERT_TRUE(models::forget_removal(model().model, models));
  TestServer hangs([](const HttpRequest&) {
    Reply reply{200, "x"};
    reply.hang_after = 0;
    return reply;
  });
  settings.mirror = hangs.url();
  settings.patience.quiet = std::chrono::hours{1};
  { const Background background(Downloader::create(settings).value(), {&model()}, models, {}); }
}

}  // namespace
}  // namespace sotto::model_download
