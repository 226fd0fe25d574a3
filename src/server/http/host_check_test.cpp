#include "server/http/host_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sotto::server {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

RequestHead with(Fields fields, const std::string& method = "GET") {
  RequestHead head;
  head.method = method;
  head.fields = std::move(fields);
  return head;
}

int status_of(const HostCheck& check, const RequestHead& head, const std::string& path = "/") {
  const auto refused = check.refuse(head, path);
  return refused ? refused->status : 200;
}

TEST(HostCheck, KnowsItsOwnNames) {
  const auto loopback = *HostCheck::create({.names = {"Lectern", "lectern.local"}});
  for (const std::string host : {"localhost", "localhost:8080", "LOCALHOST.", "127.0.0.1:1",
                                 "127.9.9.9", "[::1]:8080", "lectern", "lectern.local:8080"})
    EXPECT_TRUE(loopback.knows(host)) << host;
  for (const std::string host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                                 "192.0.2.1", "0.0.0.0", "[2001:db8::1]", "xlocalhost"})
    EXPECT_FALSE(loopback.knows(host)) << host;
  const auto one = *HostCheck::create({.address = "192.0.2.1"});
  EXPECT_TRUE(one.knows("192.0.2.1:80"));
  EXPECT_FALSE(one.knows("192.0.2.2"));
  for (const std::string address : {"0.0.0.0", "::"}) {
    const auto all = *HostCheck::create({.address = address});
    EXPECT_TRUE(all.knows("192.0.2.2:8080"));
    EXPECT_TRUE(all.knows("[2001:db8::1]"));
    EXPECT_FALSE(all.knows("evil.example")) << "a name that leads here is not one of its own";
  }
  const auto named = *HostCheck::create({.public_url = "https://Talks.example.com:8443/x"});
  EXPECT_TRUE(named.knows("talks.example.com"));
}

TEST(HostCheck, AnotherHostIsMisdirected) {
  const auto check = *HostCheck::create({});
  const auto refused = check.refuse(with({{"host", "evil.example"}}), "/v1/rollout");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 421);
  EXPECT_NE(refused->error.message.find("--public-url"), std::string::npos);
  EXPECT_EQ(refused->error.message.find("evil"), std::string::npos);
  EXPECT_EQ(status_of(check, with({})), 200) << "HTTP/1.0 needs none";
}

TEST(HostCheck, PagesOfOthersMayNotAsk) {
  const auto check = *HostCheck::create({.public_url = "https://talks.example.com"});
  const auto status = [&](const std::string& host, const std::string& origin) {
    return status_of(check, with({{"host", host}, {"origin", origin}}, "POST"), "/v1/sessions");
  };
  EXPECT_EQ(status("localhost:8080", "http://localhost:8080"), 200);
  EXPECT_EQ(status("localhost", "http://localhost"), 200);
  EXPECT_EQ(status("localhost:80", "http://localhost"), 200);
  EXPECT_EQ(status("talks.example.com", "https://talks.example.com"), 200);
  EXPECT_EQ(status("localhost:8080", "https://talks.example.com"), 200) << "a proxy's own Host";
  EXPECT_EQ(status("localhost:8080", "http://localhost:3000"), 403) << "another port";
  EXPECT_EQ(status("localhost:8080", "http://127.0.0.1:8080"), 403);
  EXPECT_EQ(status("localhost:8080", "http://evil.example"), 403);
  for (const std::string origin :
       {"null", "", "x", "http://", "http://localhost:8080/", "file://localhost:8080",
        "http://a@localhost:8080", "http://localhost:8080, http://localhost:8080"})
    EXPECT_EQ(status("localhost:8080", origin), 403) << origin;
}

TEST(HostCheck, AllowedOriginsReadAndNothingElse) {
  const auto check = *HostCheck::create({.allowed_origins = {"https://www.Example.com:443"}});
  const Fields page = {{"host", "localhost"}, {"origin", "https://www.example.com"}};
  const auto status = [&](const std::string& method, const std::string& path) {
    return status_of(check, with(page, method), path);
  };
  EXPECT_EQ(status("GET", "/v1/sessions/golden-eagle-427"), 200);
  EXPECT_EQ(status("GET", "/v1/sessions/golden-eagle-427/captions"), 200);
  EXPECT_EQ(status("GET", "/v1/sessions/golden-eagle-427/captions.vtt"), 200);
  EXPECT_EQ(status("POST", "/ofrep/v1/evaluate/flags"), 200);
  EXPECT_EQ(status("POST", "/ofrep/v1/evaluate/flags/partial-results"), 200);
  EXPECT_EQ(status("POST", "/v1/sessions"), 403);
  EXPECT_EQ(status("GET", "/v1/sessions"), 403);
  EXPECT_EQ(status("GET", "/v1/sessions/golden-eagle-427/audio"), 403);
  EXPECT_EQ(status("DELETE", "/v1/sessions/golden-eagle-427"), 403);
  EXPECT_EQ(status("GET", "/v1/rollout"), 403);
  EXPECT_EQ(status("PATCH", "/v1/rollout"), 403);
}

TEST(HostCheck, TellsBrowsersWhatAllowedOriginsMayDo) {
  const auto check = *HostCheck::create({.allowed_origins = {"https://www.example.com"}});
  const auto preflight = [](const std::string& origin, const std::string& method) {
    return with(
        {{"host", "localhost"}, {"origin", origin}, {"access-control-request-method", method}},
        "OPTIONS");
  };
  const std::string flags = "/ofrep/v1/evaluate/flags", page = "https://www.example.com";
  EXPECT_TRUE(check.is_preflight(preflight(page, "POST"), flags));
  EXPECT_EQ(status_of(check, preflight(page, "POST"), flags), 200);
  EXPECT_EQ(status_of(check, preflight(page, "PATCH"), "/v1/rollout"), 403);
  EXPECT_EQ(status_of(check, preflight("https://evil.example", "POST"), flags), 403);
  const auto has = [](const Fields& fields, const std::string& name, const std::string& value) {
    return std::find(fields.begin(), fields.end(), std::pair(name, value)) != fields.end();
  };
  const Fields told = check.cors_fields(preflight(page, "POST"), flags);
  EXPECT_TRUE(has(told, "Access-Control-Allow-Origin", page));
  EXPECT_TRUE(has(told, "Access-Control-Allow-Methods", "POST"));
  EXPECT_TRUE(has(told, "Vary", "Origin"));
  const Fields plain = check.cors_fields(with({{"host", "localhost"}}), "/v1/languages");
  EXPECT_EQ(plain, (Fields{{"Vary", "Origin"}}));
  EXPECT_TRUE(check.cors_fields(with({{"origin", page}}), "/v1/rollout").empty());
  EXPECT_TRUE(HostCheck::create({})->cors_fields(with({}), "/v1/languages").empty());
}

TEST(HostCheck, WhatIsNoOriginIsNamed) {
  for (const std::string text : {"*", "example.com", "https://", "ws://a", "https://a/x", "null"}) {
    const auto check = HostCheck::create({.allowed_origins = {text}});
    ASSERT_FALSE(check) << text;
    EXPECT_EQ(check.error().field, "allow-origin");
  }
  EXPECT_EQ(HostCheck::create({.public_url = "talks"}).error().field, "public-url");
}

}  // namespace
}  // namespace sotto::server
