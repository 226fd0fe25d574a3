#include "http_client/url.hpp"

namespace sotto::http_client {
namespace {

TEST(Url, IsReadWithItsQuery) {
  const auto url = parse_url("https://store.example.org:8443/a%20b/c?sign=x%2Fy&z").value();
  EXPECT_TRUE(url.endpoint.tls);
  EXPECT_EQ(url.endpoint.host, "store.example.org");
  EXPECT_EQ(url.endpoint.port, 8443);
  EXPECT_EQ(url.target, "/a%20b/c?sign=x%2Fy&z");
  EXPECT_EQ(url.text(), "https://store.example.org:8443/a%20b/c?sign=x%2Fy&z");
  EXPECT_EQ(parse_url("http://h").value().text(), "http://h/");
  EXPECT_EQ(parse_url("http://h/x#part").value().target, "/x") << "the fragment is the reader's";
  for (const char* wrong : {"", "/x", "h/x", "ftp://h/x", "http:///x", "http://u:p@h/",
                            "http://h:0", "http://h/\r\nX: y", "file:///etc/passwd"})
    EXPECT_FALSE(parse_url(wrong)) << wrong;
}

TEST(Url, ASecretIsNotRepeated) {
  for (const char* wrong : {"https://ada:s3cret@h/x", "https://ada:s3 cret@h/x"}) {
    const auto url = parse_url(wrong);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().message.find("s3"), std::string::npos) << url.error().message;
    EXPECT_NE(url.error().message.find("@h/x"), std::string::npos);
  }
  EXPECT_TRUE(parse_url("https://h/a@b"));
}

TEST(Url, ARedirectIsAbsoluteOrRelative) {
  const auto base = parse_url("https://a.example/x/y?q").value();
  const auto to = [&](const char* location) {
    const auto url = follow(base, location);
    return url ? url->text() : url.error().message;
  };
  EXPECT_EQ(to("https://b.example:444/z?s=1"), "https://b.example:444/z?s=1");
  EXPECT_EQ(to("/z"), "https://a.example/z");
  EXPECT_EQ(to("z"), "https://a.example/x/z");
  EXPECT_EQ(to("../z"), "https://a.example/z");
  EXPECT_EQ(to("//c.example/z"), "https://c.example/z");
  EXPECT_EQ(to("http://b.example/z"), "a.example redirects from https to http, to b.example");
  EXPECT_FALSE(follow(base, "ftp://b.example/z"));
  EXPECT_FALSE(follow(base, "http://[::1/"));
  EXPECT_EQ(follow(parse_url("http://a.example/").value(), "https://b.example/")->text(),
            "https://b.example/");
}

}  // namespace
}  // namespace sotto::http_client
