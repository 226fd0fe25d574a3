// Amazon Transcribe streaming on this machine, for tests in other languages:
// `transcribe_server FOLDER` writes its certificate to FOLDER/ca.pem, then prints its port, and a
// line for what was wrong with messages when standard input ends.
#include <cstdio>
#include <fstream>
#include <string>

#include "providers/aws/client/test_server.hpp"
#include "tests/support/transcribe_server.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto certificate = sotto::providers::aws::testing::Certificate::make();
  std::ofstream(std::string(argv[1]) + "/ca.pem") << certificate.certificate;
  sotto::testing::TranscribeServerSettings settings;
  settings.certificate = certificate.certificate;
  settings.key = certificate.key;
  // The third connection is refused in the middle of the talk.
  settings.fault = [](int connection, bool came, int number) {
    using sotto::testing::TranscribeFault;
    if (connection != 2 || !came || number != 20) return TranscribeFault{};
    return TranscribeFault{TranscribeFault::Kind::exception, "LimitExceededException", "too many"};
  };
  sotto::testing::TranscribeServer server(settings);
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  for (const std::string& complaint : server.complaints()) std::printf("%s\n", complaint.c_str());
}
