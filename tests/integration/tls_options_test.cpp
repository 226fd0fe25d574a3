// What the options about TLS make of files and of the data folder.
#include "serving/tls_options.hpp"

#include <sys/stat.h>

#include "files/atomic_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::app {
namespace {

class TlsOptionsTest : public ::testing::Test {
 protected:
  std::string fingerprint() {
    auto tls = open_tls({.certificate = {}, .key = {}, .self_signed = true}, folder.path(), around);
    EXPECT_TRUE(tls) << tls.error().message;
    return (*tls)->certificate().fingerprint;
  }

  testing::TemporaryFolder folder;
  UtcTime now{milliseconds{1'764'000'000'000}};
  server::HostNames names{{"localhost"}, {"127.0.0.1"}};
  TlsSurroundings around{[this] { return names; }, [this] { return now; }};
};

TEST_F(TlsOptionsTest, NoneIsNoTls) {
  const auto tls = open_tls({}, folder.path(), around);
  ASSERT_TRUE(tls);
  EXPECT_EQ(*tls, nullptr);
}

TEST_F(TlsOptionsTest, ASelfSignedCertificateIsKeptUntilItDoesNotServe) {
  const std::string first = fingerprint();
  EXPECT_EQ(fingerprint(), first) << "who has accepted it need not do so again";
  struct stat status {};
  ASSERT_EQ(::stat((folder.path() / self_signed_file).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  now += std::chrono::days{391};
  const std::string second = fingerprint();
  EXPECT_NE(second, first) << "it was about to expire";
  names.addresses.emplace_back("192.168.1.20");
  const std::string third = fingerprint();
  EXPECT_NE(third, second) << "the machine has another address";
  ASSERT_TRUE(files::write_file(folder.path() / self_signed_file, "damaged", 0600));
  EXPECT_NE(fingerprint(), third);
}

TEST_F(TlsOptionsTest, ReloadingMakesItAnewWhereItMust) {
  const auto tls =
      open_tls({.certificate = {}, .key = {}, .self_signed = true}, folder.path(), around);
  ASSERT_TRUE(tls);
  const std::string first = (*tls)->certificate().fingerprint;
  EXPECT_TRUE((*tls)->reload());
  EXPECT_EQ((*tls)->certificate().fingerprint, first);
  names.names.emplace_back("hall.local");
  EXPECT_TRUE((*tls)->reload());
  EXPECT_NE((*tls)->certificate().fingerprint, first);
}

TEST_F(TlsOptionsTest, ErrorsNameTheOptionAndTheFile) {
  const std::string none = (folder.path() / "none.pem").string();
  const auto missing = open_tls({.certificate = none, .key = none}, folder.path(), around);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_EQ(missing.error().message, "--tls-cert " + none + ": no such file");
  const std::string directory = folder.path().string();
  const auto folder_given =
      open_tls({.certificate = directory, .key = directory}, folder.path(), around);
  EXPECT_TRUE(folder_given.error().message.starts_with("--tls-cert " + directory));
  EXPECT_EQ(open_tls({.certificate = none, .key = ""}, folder.path(), around).error().field,
            "--tls-key");
  EXPECT_EQ(open_tls({.certificate = "", .key = none}, folder.path(), around).error().field,
            "--tls-cert");
}

}  // namespace
}  // namespace sotto::app
