#include "server/tls/tls_context.hpp"

#include "server/tls/self_signed.hpp"

namespace sotto::server {
namespace {

constexpr UtcTime now{milliseconds{1'764'000'000'000}};
const HostNames host{{"localhost", "hall.example.org"}, {"127.0.0.1", "::1", "192.168.1.20"}};

std::string pem() { return *make_self_signed(host, now); }
std::string key_of(const std::string& text) {
  return text.substr(0, text.find("-----BEGIN CERTIFICATE"));
}
std::string certificate_of(const std::string& text) {
  return text.substr(text.find("-----BEGIN CERTIFICATE"));
}

Result<std::shared_ptr<TlsContext>> with(const std::string& chain, const std::string& key) {
  return TlsContext::create([=] {
    return Result<TlsMaterial>({chain, key, "--tls-cert c.pem", "--tls-key k.pem"});
  });
}

TEST(TlsContext, SaysWhichFileIsWrongAndHow) {
  const std::string one = pem(), other = pem();
  std::string damaged = certificate_of(one);
  damaged.replace(damaged.size() / 2, 8, "????????");
  struct Case {
    std::string chain, key, place, words;
  };
  const std::vector<Case> cases = {
      {"", key_of(one), "--tls-cert c.pem", "no certificate in PEM"},
      {key_of(one), key_of(one), "--tls-cert c.pem", "no certificate in PEM"},
      {damaged, key_of(one), "--tls-cert c.pem", "certificate 1 in it is damaged"},
      {certificate_of(one) + damaged, key_of(one), "--tls-cert c.pem", "certificate 2"},
      {certificate_of(one), "", "--tls-key k.pem", "no private key in PEM"},
      {certificate_of(one), key_of(other), "--tls-key k.pem",
       "is not the key of the certificate in --tls-cert c.pem"},
      {certificate_of(one), "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n", "--tls-key k.pem",
       "is encrypted"},
      {certificate_of(one), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
       "--tls-key k.pem", "is damaged"},
  };
  for (const Case& c : cases) {
    const auto made = with(c.chain, c.key);
    ASSERT_FALSE(made) << c.words;
    EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(made.error().message.starts_with(c.place)) << made.error().message;
    EXPECT_NE(made.error().message.find(c.words), std::string::npos) << made.error().message;
  }
  EXPECT_TRUE(with(certificate_of(one), key_of(one)));
  EXPECT_TRUE(with(one, one)) << "both in one file";
}

TEST(TlsContext, DescribesItsCertificate) {
  const auto tls = with(pem(), pem());
  ASSERT_FALSE(tls) << "two keys";
  const std::string one = pem();
  const TlsCertificate described = (*with(one, one))->certificate();
  EXPECT_EQ(described.fingerprint.size(), 95u);
  EXPECT_TRUE(described.self_signed);
  EXPECT_TRUE(described.has_names);
  EXPECT_FALSE((*with(one, one))->strict()) << "HSTS would lock people out of a self-signed one";
  EXPECT_TRUE(warnings_of(described, now).empty());
}

TEST(TlsContext, WarnsOfTimesAndNames) {
  TlsCertificate certificate;
  certificate.not_before = now;
  certificate.not_after = now + std::chrono::days(90);
  EXPECT_EQ(warnings_of(certificate, now),
            std::vector<std::string>{"it names no host (subjectAltName), so browsers refuse it"});
  certificate.has_names = true;
  EXPECT_TRUE(warnings_of(certificate, now).empty());
  EXPECT_EQ(warnings_of(certificate, now + std::chrono::days(80)),
            std::vector<std::string>{"it expires in 10 days"});
  EXPECT_EQ(warnings_of(certificate, now + std::chrono::days(90)),
            std::vector<std::string>{"it expired on " + format_utc(certificate.not_after)});
  EXPECT_EQ(warnings_of(certificate, now - std::chrono::days(1)),
            std::vector<std::string>{"it is valid only from " + format_utc(now)});
}

TEST(TlsContext, ABadNewFileLeavesTheOldOneInUse) {
  Result<TlsMaterial> material = TlsMaterial{pem(), {}, "c", "k"};
  material->key = material->chain;
  const auto tls = TlsContext::create([&] { return material; });
  ASSERT_TRUE(tls);
  const std::string before = (*tls)->certificate().fingerprint;
  const auto good = material;
  material->key = "";
  EXPECT_FALSE((*tls)->reload());
  material = fail(ErrorCode::not_found, "no such file");
  EXPECT_EQ((*tls)->reload().error().message, "no such file");
  EXPECT_EQ((*tls)->certificate().fingerprint, before);
  EXPECT_TRUE((*tls)->make());
  const std::string newer = pem();
  material = TlsMaterial{newer, newer, "c", "k"};
  EXPECT_TRUE((*tls)->reload());
  EXPECT_NE((*tls)->certificate().fingerprint, before);
}

TEST(SelfSigned, ServesItsNamesUntilAWeekBeforeItsEnd) {
  const std::string made = pem();
  EXPECT_TRUE(serves(made, host, now));
  const auto end = (*with(made, made))->certificate().not_after;
  EXPECT_LE(end - (*with(made, made))->certificate().not_before, std::chrono::days(398));
  EXPECT_TRUE(serves(made, host, end - std::chrono::days(7) - std::chrono::seconds(1)));
  EXPECT_FALSE(serves(made, host, end - std::chrono::days(7)));
  EXPECT_FALSE(serves(made, host, now - std::chrono::days(3))) << "the clock was set back";
  HostNames moved = host;
  moved.addresses.emplace_back("10.0.0.7");
  EXPECT_FALSE(serves(made, moved, now));
  moved = host;
  moved.names.emplace_back("other.local");
  EXPECT_FALSE(serves(made, moved, now));
  moved = host;
  moved.addresses.pop_back();
  EXPECT_TRUE(serves(made, moved, now)) << "who trusts it need not be asked again";
  EXPECT_FALSE(serves("", host, now));
  EXPECT_FALSE(serves("nonsense", host, now));
}

TEST(SelfSigned, TakesNoNameThatIsNone) {
  for (const char* name : {"", "a,DNS:b", "a b", "ünïcode"})
    EXPECT_FALSE(make_self_signed({{name}, {}}, now)) << name;
  EXPECT_FALSE(make_self_signed({{"localhost"}, {"127.0.0.1,DNS:x"}}, now));
  EXPECT_FALSE(make_self_signed({{"localhost"}, {"localhost"}}, now));
}

TEST(SelfSigned, IsForThisMachine) {
  const HostNames here = local_names();
  EXPECT_THAT(here.names, ::testing::Contains("localhost"));
  EXPECT_THAT(here.addresses, ::testing::IsSupersetOf({"127.0.0.1", "::1"}));
  const auto made = make_self_signed(here, now);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(serves(*made, here, now));
}

}  // namespace
}  // namespace sotto::server
