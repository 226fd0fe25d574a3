#include "server/http/request_head.hpp"

#include <gtest/gtest.h>

namespace sotto::server {
namespace {

std::string request(const std::string& fields, const std::string& line = "GET / HTTP/1.1") {
  return line + "\r\n" + fields + "\r\n";
}

TEST(RequestHead, IsReadAsItIs) {
  const auto head = parse_head(request(
      "Host: localhost:8080\r\nX-Forwarded-For: a\r\nx-forwarded-for:\t b \r\nAuthorization: "
      "bearer abc\r\nAccept:\r\n",
      "GET /v1/x?y=1 HTTP/1.1"));
  ASSERT_TRUE(head) << head.error().error.message;
  EXPECT_EQ(head->method, "GET");
  EXPECT_EQ(head->target, "/v1/x?y=1");
  EXPECT_EQ(head->value("host"), "localhost:8080");
  EXPECT_EQ(head->joined("x-forwarded-for"), "a, b");
  EXPECT_EQ(head->bearer(), "abc");
  EXPECT_EQ(head->value("accept"), "");
  EXPECT_TRUE(head->keep_alive());
  EXPECT_FALSE(head->asks_for_websocket());
}

TEST(RequestHead, TheConnectionStaysWhereBothSidesWantIt) {
  EXPECT_FALSE(parse_head(request("Host: a\r\nConnection: Close\r\n"))->keep_alive());
  EXPECT_FALSE(parse_head(request("", "GET / HTTP/1.0"))->keep_alive());
  EXPECT_TRUE(parse_head(request("Connection: x, keep-alive\r\n", "GET / HTTP/1.0"))->keep_alive());
}

TEST(RequestHead, WhatTwoServersCouldReadDifferentlyIsRefused) {
  struct Case {
    std::string bytes;
    int status;
    std::string field;
  };
  const std::string host = "Host: a\r\n";
  const std::vector<Case> cases = {
      {request(host + "Transfer-Encoding: xchunked\r\n"), 501, "Transfer-Encoding"},
      {request(host + "Transfer-Encoding: chunked, identity\r\n"), 501, "Transfer-Encoding"},
      {request(host + "Transfer-Encoding: identity\r\n"), 501, "Transfer-Encoding"},
      {request(host + "Transfer-Encoding: gzip, chunked\r\n"), 501, "Transfer-Encoding"},
      {request(host + "Transfer-Encoding: \"chunked\"\r\n"), 501, "Transfer-Encoding"},
      {request(host + "Transfer-Encoding:\r\n"), 501, "Transfer-Encoding"},
      {request(host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 501,
       "Transfer-Encoding"},
      {request(host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400,
       "Transfer-Encoding"},
      {request(host + "Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0"), 400,
       "Transfer-Encoding"},
      {request(host + "Content-Length: 3\r\nContent-Length: 3\r\n"), 400, "Content-Length"},
      {request(host + "Content-Length: 3, 3\r\n"), 400, "Content-Length"},
      {request(host + "Content-Length: +3\r\n"), 400, "Content-Length"},
      {request(host + "Content-Length: -3\r\n"), 400, "Content-Length"},
      {request(host + "Content-Length: 0x3\r\n"), 400, "Content-Length"},
      {request(host + "Content-Length:\r\n"), 400, "Content-Length"},
      {request(""), 400, "Host"},
      {request("Host:\r\n"), 400, "Host"},
      {request(host + host), 400, "Host"},
      {request(host + "host: b\r\n"), 400, "Host"},
      {request("Host: a, b\r\n"), 400, "Host"},
      {request("Host: a/b\r\n"), 400, "Host"},
      {request("Host: user@a\r\n"), 400, "Host"},
      {request("Host: a:80x\r\n"), 400, "Host"},
      {request("Host: [::1\r\n"), 400, "Host"},
      {request(host + " folded\r\n"), 400, "header"},
      {request(host + "X: a\r\n\tfolded\r\n"), 400, "header"},
      {request("Host : a\r\n"), 400, "header"},
      {request(host + "no colon\r\n"), 400, "header"},
      {request(host + ": no name\r\n"), 400, "header"},
      {request(host + "X: a\nY: b\r\n"), 400, ""},
      {request(host + "X: a\rY: b\r\n"), 400, ""},
      {request(host + std::string("X: a\0b\r\n", 8)), 400, ""},
      {request(host, "GET /  HTTP/1.1"), 400, "path"},
      {request(host, "GET http://a/ HTTP/1.1"), 400, "path"},
      {request(host, "OPTIONS * HTTP/1.1"), 400, "path"},
      {request(host, "CONNECT a:80 HTTP/1.1"), 400, "path"},
      {request(host, "GET /\xC3\xA9 HTTP/1.1"), 400, "path"},
      {request(host, "GET / HTTP/2.0"), 505, ""},
      {request(host, "GET / HTTP/1.7"), 505, ""},
      {request(host, "GET / http/1.1"), 400, ""},
      {request(host, "GET / HTTP/1.1 "), 400, ""},
      {request(host, "GET /"), 400, ""},
      {request(host, "G(T / HTTP/1.1"), 400, ""},
      {request(host, " GET / HTTP/1.1"), 400, ""},
      {"\r\n" + request(host), 400, ""},
      {"\r\n\r\n", 400, ""},
      {request(host + "Expect: tea\r\n"), 417, "Expect"},
  };
  for (const Case& c : cases) {
    const auto head = parse_head(c.bytes);
    ASSERT_FALSE(head) << c.bytes;
    EXPECT_EQ(head.error().status, c.status) << c.bytes;
    EXPECT_EQ(head.error().error.field, c.field) << c.bytes;
    EXPECT_FALSE(head.error().error.message.empty()) << c.bytes;
  }
}

TEST(RequestHead, WhatIsSoundIsTaken) {
  for (const std::string& bytes :
       {request("Host: [2001:db8::1]:8080\r\n"), request("Host: 192.0.2.1\r\n"),
        request("Host: a-b.example.com:443\r\n"), request("", "GET / HTTP/1.0"),
        request("Host: a\r\nTransfer-Encoding: Chunked\r\n", "POST / HTTP/1.1"),
        request("Host: a\r\nContent-Length: 0003\r\n", "POST / HTTP/1.1"),
        request("Host: a\r\nExpect: 100-Continue\r\n", "POST / HTTP/1.1"),
        request("Host: a\r\nX: caf\xC3\xA9\r\n"), request("Host: a\r\n", "BREW /x HTTP/1.1")})
    EXPECT_TRUE(parse_head(bytes)) << bytes;
}

TEST(RequestHead, BytesThatCannotBecomeOneAreKnownEarly) {
  EXPECT_FALSE(never_a_head(""));
  EXPECT_FALSE(never_a_head("GET / HTTP/1.1\r"));
  EXPECT_FALSE(never_a_head("GET / HTTP/1.1\r\nHost: a\r\n"));
  EXPECT_TRUE(never_a_head("GET / HTTP/1.1\n"));
  EXPECT_TRUE(never_a_head("GET / HTTP/1.1\rH"));
  EXPECT_TRUE(never_a_head(std::string_view("\x16\x03\x01\x02\x00\x01", 6))) << "TLS";
  EXPECT_EQ(head_end("a\r\n\r\nbody"), 5u);
  EXPECT_FALSE(head_end("a\r\n\r"));
}

TEST(RequestHead, AHandshakeIsHeldToTheStandard) {
  const auto check = [](const std::string& fields) {
    const auto head = parse_head(
        request("Host: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" + fields));
    EXPECT_TRUE(head && head->asks_for_websocket()) << fields;
    const auto refused = check_handshake(*head);
    return refused ? refused->status : 101;
  };
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";  // RFC 6455, 1.3
  EXPECT_EQ(check(version + key), 101);
  EXPECT_EQ(check(key), 426);
  EXPECT_EQ(check("Sec-WebSocket-Version: 8\r\n" + key), 426);
  EXPECT_EQ(check(version + version + key), 426);
  EXPECT_EQ(check(version), 400);
  EXPECT_EQ(check(version + key + key), 400);
  for (const std::string wrong : {"x", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZR==",
                                  "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25j!Q=="})
    EXPECT_EQ(check(version + "Sec-WebSocket-Key: " + wrong + "\r\n"), 400) << wrong;
  EXPECT_EQ(check(version + key + "Content-Length: 5\r\n"), 400);
}

}  // namespace
}  // namespace sotto::server
