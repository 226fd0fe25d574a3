#include "web/assets.hpp"

#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/crc.hpp>
#include <cstdint>

namespace sotto::web {
namespace {

/// The files that a page's HTML refers to.
std::vector<std::string_view> references(const Asset& page) {
  std::vector<std::string_view> found;
  for (const std::string_view attribute : {"src=\"", "href=\""}) {
    for (auto at = page.body.find(attribute); at != std::string_view::npos;
         at = page.body.find(attribute, at + 1)) {
      const auto begin = at + attribute.size();
      found.push_back(page.body.substr(begin, page.body.find('"', begin) - begin));
    }
  }
  return found;
}

std::vector<const Asset*> pages() {
  std::vector<const Asset*> found;
  for (const auto& asset : assets())
    if (asset.content_type.starts_with("text/html")) found.push_back(&asset);
  return found;
}

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return number;
}

/// What a file in gzip's format (RFC 1952) holds, when it has no name, extra field or comment.
std::string inflated(std::string_view gzip, std::size_t expected_size) {
  constexpr std::size_t header = 10;
  std::string out(expected_size + 1, '\0');  // one more, to notice what is too long
  boost::beast::zlib::z_params parameters;
  parameters.next_in = gzip.data() + header;
  // With the trailer, which is left alone: Beast may ask for more behind the last code.
  parameters.avail_in = gzip.size() - header;
  parameters.next_out = out.data();
  parameters.avail_out = out.size();
  boost::beast::zlib::inflate_stream stream;
  boost::beast::error_code error;
  stream.write(parameters, boost::beast::zlib::Flush::finish, error);
  EXPECT_EQ(error, boost::beast::zlib::error::end_of_stream) << error.message();
  out.resize(parameters.total_out);
  return out;
}

TEST(Assets, HoldEveryPage) {
  for (const auto* path : {"/", "/console", "/listen", "/speak"}) {
    const auto* page = find_asset(path);
    ASSERT_NE(page, nullptr) << path;
    EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
    EXPECT_TRUE(page->body.starts_with("<!doctype html>")) << path;
  }
  EXPECT_EQ(pages().size(), 4U);
}

TEST(Assets, HoldWhatTheSpeakersPageLoadsLater) {
  const auto* worklet = find_asset("/app/capture_worklet.js");
  ASSERT_NE(worklet, nullptr);
  EXPECT_EQ(worklet->content_type, "text/javascript; charset=utf-8");
}

TEST(Assets, ArePathsExactly) {
  EXPECT_EQ(find_asset(""), nullptr);
  EXPECT_EQ(find_asset("/listen/"), nullptr);
  EXPECT_EQ(find_asset("/LISTEN"), nullptr);
  EXPECT_EQ(find_asset("/app/../listen"), nullptr);
}

// Every address a page refers to is one of ours: nothing is fetched from another host.
TEST(Assets, ReferOnlyToEachOther) {
  for (const auto* page : pages())
    for (const auto target : references(*page))
      EXPECT_NE(find_asset(target), nullptr) << page->path << " refers to " << target;
}

TEST(Assets, HaveDistinctPathsAndQuotedTags) {
  std::string_view before;
  for (const auto& asset : assets()) {
    EXPECT_LT(before, asset.path);
    before = asset.path;
    for (const auto tag : {asset.etag, asset.gzip_etag})
      EXPECT_TRUE(tag.size() > 2 && tag.starts_with('"') && tag.ends_with('"')) << tag;
    EXPECT_NE(asset.etag, asset.gzip_etag) << "they are of two representations";
    EXPECT_FALSE(asset.body.empty()) << asset.path;
  }
}

TEST(Assets, AreTheSameWhenCompressed) {
  for (const auto& asset : assets()) {
    ASSERT_GT(asset.gzip.size(), 18U) << asset.path;
    EXPECT_EQ(asset.gzip.substr(0, 4), std::string_view("\x1f\x8b\x08\x00", 4)) << asset.path;
    const auto trailer = asset.gzip.substr(asset.gzip.size() - 8);
    boost::crc_32_type checksum;
    checksum.process_bytes(asset.body.data(), asset.body.size());
    EXPECT_EQ(little_endian(trailer), checksum.checksum()) << asset.path;
    EXPECT_EQ(little_endian(trailer.substr(4)), asset.body.size()) << asset.path;
    EXPECT_EQ(inflated(asset.gzip, asset.body.size()), asset.body) << asset.path;
  }
}

TEST(Assets, AreSmallEnoughForAPhoneOnASlowNetwork) {
  for (const auto* page : pages()) {
    std::size_t bytes = page->gzip.size();
    for (const auto target : references(*page))
      if (const auto* asset = find_asset(target)) bytes += asset->gzip.size();
    EXPECT_LT(bytes, 60'000U) << "first view of " << page->path << ", compressed";
  }
}

}  // namespace
}  // namespace sotto::web
