#include "web/assets.hpp"

#include <numeric>

namespace sotto::web {
namespace {

TEST(Assets, HoldTheStartPageAndTheListenerPage) {
  for (const auto* path : {"/", "/listen"}) {
    const auto* page = find_asset(path);
    ASSERT_NE(page, nullptr) << path;
    EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
    EXPECT_TRUE(page->body.starts_with("<!doctype html>")) << path;
  }
}

TEST(Assets, ArePathsExactly) {
  EXPECT_EQ(find_asset(""), nullptr);
  EXPECT_EQ(find_asset("/listen/"), nullptr);
  EXPECT_EQ(find_asset("/LISTEN"), nullptr);
  EXPECT_EQ(find_asset("/app/../listen"), nullptr);
}

// Every address a page refers to is one of ours: nothing is fetched from another host.
TEST(Assets, ReferOnlyToEachOther) {
  for (const auto& asset : assets()) {
    if (!asset.content_type.starts_with("text/html")) continue;
    for (const std::string_view attribute : {"src=\"", "href=\""}) {
      for (auto at = asset.body.find(attribute); at != std::string_view::npos;
           at = asset.body.find(attribute, at + 1)) {
        const auto begin = at + attribute.size();
        const auto target = asset.body.substr(begin, asset.body.find('"', begin) - begin);
        EXPECT_NE(find_asset(target), nullptr) << asset.path << " refers to " << target;
      }
    }
  }
}

TEST(Assets, HaveDistinctPathsAndQuotedTags) {
  std::string_view before;
  for (const auto& asset : assets()) {
    EXPECT_LT(before, asset.path);
    before = asset.path;
    EXPECT_TRUE(asset.etag.starts_with('"') && asset.etag.ends_with('"')) << asset.etag;
    EXPECT_FALSE(asset.body.empty()) << asset.path;
  }
}

TEST(Assets, AreSmallEnoughForAPhoneOnASlowNetwork) {
  const auto all = assets();
  const auto bytes = std::accumulate(all.begin(), all.end(), std::size_t{0},
                                     [](auto sum, const auto& a) { return sum + a.body.size(); });
  EXPECT_LT(bytes, 60'000U) << "all pages together, before compression";
}

}  // namespace
}  // namespace sotto::web
