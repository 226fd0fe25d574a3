#include "providers/aws/client/sigv4.hpp"

#include "base/encoding.hpp"
#include "providers/aws/client/digest.hpp"

namespace sotto::providers::aws {
namespace {

// Requests and signatures of AWS's Signature Version 4 test suite, as published in
// awslabs/aws-c-auth, tests/aws-signing-test-suite/v4 (Apache-2.0); the names are its folders.
// Its folded header lines are left out: RFC 9112 forbids to send them.
const Credentials suite_keys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
const SigningScope suite_scope{"us-east-1", "service"};
const UtcTime suite_time = parse_utc("2015-08-30T12:36:00Z").value();
const std::string short_token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
const std::string long_token =
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfI"
    "eoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0"
    "wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDry"
    "pNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
const std::string unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

struct Vector {
  std::string name;
  std::string signature;
  std::string method = "GET";
  std::string path = "/";
  std::string query = {};
  Pairs headers = {};
  std::string body = {};
  std::string token = {};
};

SignableRequest request_of(const Vector& vector) {
  SignableRequest request{vector.method, vector.path, vector.query, vector.headers, vector.body};
  request.headers.emplace_back("Host", "example.amazonaws.com");
  return request;
}

Credentials keys_of(const Vector& vector) {
  Credentials keys = suite_keys;
  keys.session_token = vector.token;
  return keys;
}

const std::vector<Vector> by_header = {
    {"get-relative-relative-normalized (is get-vanilla)",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", "GET",
     "/example1/example2/../.."},
    {"get-slash-pointless-dot-normalized",
     "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5", "GET", "/./example"},
    {"get-slashes-normalized", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
     "GET", "//example//"},
    {"get-space-normalized", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
     "GET", "/example space/"},
    {"get-unreserved", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f", "GET",
     "/" + unreserved},
    {"get-utf8", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85", "GET",
     "/\u1234"},
    {"get-vanilla-empty-query-key",
     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb", "GET", "/",
     "Param1=value1"},
    {"get-vanilla-query-order-encoded",
     "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac", "GET", "/",
     "Param-3=Value3&Param=Value2&%E1%88%B4=Value1"},
    {"get-vanilla-query-unreserved",
     "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197", "GET", "/",
     unreserved + "=" + unreserved},
    {"get-vanilla-utf8-query", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
     "GET", "/", "\u1234=bar"},
    {"get-header-key-duplicate",
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
     "GET",
     "/",
     "",
     {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}},
    {"get-header-value-order",
     "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
     "GET",
     "/",
     "",
     {{"My-Header1", "value4"},
      {"My-Header1", "value1"},
      {"My-Header1", "value3"},
      {"My-Header1", "value2"}}},
    {"get-header-value-trim",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
     "GET",
     "/",
     "",
     {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}},
    {"get-vanilla-with-session-token",
     "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
     "GET",
     "/",
     "",
     {},
     "",
     short_token},
    {"post-sts-header-after (is post-vanilla)",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", "POST"},
    {"post-sts-header-before",
     "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
     "POST",
     "/",
     "",
     {},
     "",
     long_token},
    {"post-vanilla-query", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
     "POST", "/", "Param1=value1"},
    {"post-x-www-form-urlencoded",
     "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
     "POST",
     "/",
     "",
     {{"Content-Type", "application/x-www-form-urlencoded"},
      {"Content-Length", "13"},
      {"x-amz-content-sha256", "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"}},
     "Param1=value1"},
};

TEST(SigV4, SignsTheTestSuitesRequestsByHeader) {
  for (const Vector& vector : by_header) {
    SignableRequest request = request_of(vector);
    sign(request, keys_of(vector), suite_scope, suite_time);
    EXPECT_EQ(request.headers.back().first, "Authorization") << vector.name;
    EXPECT_THAT(request.headers.back().second, ::testing::EndsWith("Signature=" + vector.signature))
        << vector.name << "\n"
        << canonical_request(request);
  }
}

TEST(SigV4, SignsTheTestSuitesRequestsByQuery) {
  const std::vector<Vector> by_query = {
      {"get-vanilla-query", "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"},
      {"get-vanilla-query-order-key-case",
       "86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5", "GET", "/",
       "Param2=value2&Param1=value1"},
      {"get-vanilla-utf8-query", "0bdd809b1519ac4f0c1dc3540e2cc46bd0c7f778eda408b2ebf3b913d21ff600",
       "GET", "/", "\u1234=bar"},
      {"get-space-normalized", "7a1f416954786484c9824d93c1f26ef64acb9b1b6c9154d08c9f07d0e394abf6",
       "GET", "/example space/"},
      {"get-vanilla-with-session-token",
       "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c",
       "GET",
       "/",
       "",
       {},
       "",
       short_token},
  };
  for (const Vector& vector : by_query) {
    const std::string query = presigned_query(request_of(vector), keys_of(vector), suite_scope,
                                              suite_time, std::chrono::hours{1});
    EXPECT_THAT(query, ::testing::EndsWith("&X-Amz-Signature=" + vector.signature)) << vector.name;
    EXPECT_THAT(query, ::testing::HasSubstr("X-Amz-Expires=3600")) << vector.name;
  }
}

TEST(SigV4, TheHeadersAreReplacedWhenARequestIsSignedAgain) {
  SignableRequest request = request_of({"", ""});
  Credentials keys = suite_keys;
  keys.session_token = "one";
  sign(request, keys, suite_scope, suite_time - std::chrono::minutes{10});
  keys.session_token = "";
  sign(request, keys, suite_scope, suite_time);
  ASSERT_EQ(request.headers.size(), 3u);  // Host, X-Amz-Date, Authorization
  EXPECT_EQ(request.headers[1], (Pair{"X-Amz-Date", "20150830T123600Z"}));
  EXPECT_EQ(request.headers[2].second,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(SigV4, HeadersThatOthersMayChangeAreNotSigned) {
  SignableRequest request = request_of({"", ""});
  request.headers.emplace_back("User-Agent", "sotto");
  request.headers.emplace_back("Connection", "keep-alive");
  EXPECT_EQ(canonical_request(request),
            "GET\n/\n\nhost:example.amazonaws.com\n\nhost\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(SigV4, AnEscapedPathIsEncodedOnceMore) {
  SignableRequest request = request_of({"", ""});
  request.path = "/2015-03-31/functions/arn%3Aaws%3Alambda/%C3%A9%2Fx/";
  EXPECT_THAT(canonical_request(request),
              ::testing::StartsWith(
                  "GET\n/2015-03-31/functions/arn%253Aaws%253Alambda/%25C3%25A9%252Fx/\n"));
}

TEST(SigV4, QueriesAreEncodedOnceHoweverTheyCome) {
  SignableRequest request = request_of({"", ""});
  request.query = "b=2&b=1&&flag&c=&a=x y&d=%7e%zz%2&=v";
  EXPECT_THAT(canonical_request(request),
              ::testing::HasSubstr("\n=v&a=x%20y&b=1&b=2&c=&d=~%25zz%252&flag=\n"));
  EXPECT_EQ(encode_query({{"a b", "c/d"}, {"\u00e9", "1+1"}}), "a%20b=c%2Fd&%C3%A9=1%2B1");
  EXPECT_EQ(percent_encode("a/b c", true), "a/b%20c");
}

TEST(Digest, PinnedValues) {
  // FIPS 180-4's example and RFC 4231's second test case.
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace sotto::providers::aws
