#include "server/sessions/transcript_cache.hpp"

#include <gtest/gtest.h>

namespace sotto::server {
namespace {

constexpr std::chrono::seconds fresh_for{10};
constexpr TranscriptCache::Clock::time_point start{std::chrono::hours{1}};

Response text(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

TEST(TranscriptCache, KeepsThemForAMoment) {
  TranscriptCache cache;
  EXPECT_FALSE(cache.find("a", start));
  cache.keep("a", text("1"), start, fresh_for);
  cache.keep("a", text("2"), start + std::chrono::seconds{9}, fresh_for);
  EXPECT_EQ(cache.find("a", start + std::chrono::seconds{9})->body, "1");
  EXPECT_FALSE(cache.find("b", start));
  EXPECT_FALSE(cache.find("a", start + fresh_for));
}

TEST(TranscriptCache, IsBounded) {
  TranscriptCache cache;
  cache.keep("a", text(std::string(TranscriptCache::max_bytes, 'x')), start, fresh_for);
  cache.keep("b", text("y"), start, fresh_for);
  EXPECT_FALSE(cache.find("b", start));
  EXPECT_TRUE(cache.find("a", start));
  cache.keep("b", text("y"), start + fresh_for, fresh_for);
  EXPECT_TRUE(cache.find("b", start + fresh_for));
}

}  // namespace
}  // namespace sotto::server
