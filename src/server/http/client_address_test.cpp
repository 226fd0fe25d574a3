#include "server/http/client_address.hpp"

#include <gtest/gtest.h>

namespace sotto::server {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

RequestHead with(Fields fields) {
  RequestHead head;
  head.fields = std::move(fields);
  return head;
}

TEST(ClientAddress, OnlyATrustedProxyIsBelieved) {
  const auto proxies = ClientAddress::create({"127.0.0.1", "10.0.0.0/8", "2001:db8::/32"});
  ASSERT_TRUE(proxies);
  const RequestHead head = with({{"x-forwarded-for", "192.0.2.7"}});
  EXPECT_EQ(proxies->of("127.0.0.1", head), "192.0.2.7");
  EXPECT_EQ(proxies->of("10.255.1.2", head), "192.0.2.7");
  EXPECT_EQ(proxies->of("2001:db8:1::5", head), "192.0.2.7");
  EXPECT_EQ(proxies->of("::ffff:10.1.1.1", head), "192.0.2.7") << "mapped into IPv6";
  EXPECT_EQ(proxies->of("127.0.0.2", head), "127.0.0.2");
  EXPECT_EQ(proxies->of("2001:db9::5", head), "2001:db9::5");
  EXPECT_EQ(ClientAddress().of("127.0.0.1", head), "127.0.0.1");
}

TEST(ClientAddress, IsTheLastHopThatIsNotTrusted) {
  const auto proxies = *ClientAddress::create({"10.0.0.0/8"});
  const auto of = [&](Fields fields) { return proxies.of("10.0.0.1", with(std::move(fields))); };
  EXPECT_EQ(of({}), "10.0.0.1");
  EXPECT_EQ(of({{"x-forwarded-for", "6.6.6.6, 192.0.2.7, 10.0.0.9"}}), "192.0.2.7");
  EXPECT_EQ(of({{"x-forwarded-for", "6.6.6.6"}, {"x-forwarded-for", "192.0.2.7"}}), "192.0.2.7");
  EXPECT_EQ(of({{"x-forwarded-for", "10.0.0.3, 10.0.0.2"}}), "10.0.0.3");
  EXPECT_EQ(of({{"x-forwarded-for", "192.0.2.7:4711"}}), "192.0.2.7");
  EXPECT_EQ(of({{"x-forwarded-for", "[2001:db8::1]:80"}}), "2001:db8::1");
  EXPECT_EQ(of({{"x-forwarded-for", "2001:db8::1"}}), "2001:db8::1");
  EXPECT_EQ(of({{"forwarded", "for=6.6.6.6, for=\"192.0.2.7:80\";proto=https"}}), "192.0.2.7");
  EXPECT_EQ(of({{"forwarded", "proto=http;For=\"[2001:db8::1]:80\"; by=10.0.0.1"}}), "2001:db8::1");
  EXPECT_EQ(of({{"forwarded", "for=6.6.6.6"}, {"forwarded", "for=192.0.2.7"}}), "192.0.2.7");
  EXPECT_EQ(of({{"forwarded", "for=192.0.2.7"}, {"x-forwarded-for", "192.0.2.7"}}), "192.0.2.7");
}

TEST(ClientAddress, AMalformedHeaderLeavesThePeer) {
  const auto proxies = *ClientAddress::create({"10.0.0.0/8"});
  for (const std::string list :
       {"", "x", "192.0.2.7,", ",192.0.2.7", "192.0.2", "192.0.2.7:x", "[192.0.2.7]", "[::1",
        "fe80::1%eth0", "unknown", "192.0.2.7 192.0.2.8", "192.0.2.300"})
    EXPECT_EQ(proxies.of("10.0.0.1", with({{"x-forwarded-for", list}})), "10.0.0.1") << list;
  for (const std::string list :
       {"", "for", "for=", "for=unknown", "for=_hidden", "for=\"192.0.2.7", "proto=https",
        "for=192.0.2.7;for=192.0.2.8", "for=\"192.0.2.7\"x", "for=192.0.2.7,", "for=\"\\1.2.3.4\""})
    EXPECT_EQ(proxies.of("10.0.0.1", with({{"forwarded", list}})), "10.0.0.1") << list;
  EXPECT_EQ(proxies.of("10.0.0.1",
                       with({{"forwarded", "for=6.6.6.6"}, {"x-forwarded-for", "192.0.2.7"}})),
            "10.0.0.1")
      << "one of them was written by the client";
}

TEST(ClientAddress, WhatIsNoNetworkIsNamed) {
  for (const std::string text : {"", "x", "10.0.0.0/33", "10.0.0/8", "::/129", "localhost"}) {
    const auto proxies = ClientAddress::create({text});
    ASSERT_FALSE(proxies) << text;
    EXPECT_EQ(proxies.error().field, "trusted-proxy");
  }
}

TEST(ClientKey, IsOneForAllThatAHostMayUse) {
  EXPECT_EQ(client_key("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client_key("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client_key("2001:db8:1:2:3::4"), client_key("2001:db8:1:2:ffff::1"));
  EXPECT_NE(client_key("2001:db8:1:2::"), client_key("2001:db8:1:3::"));
  EXPECT_EQ(site_key("2001:db8:1:2::9"), site_key(client_key("2001:db8:1:3::")));
  EXPECT_NE(site_key("2001:db8:1::"), site_key("2001:db8:2::"));
  EXPECT_EQ(site_key("192.0.2.7"), "");
  EXPECT_EQ(client_key("?"), "?");
}

}  // namespace
}  // namespace sotto::server
