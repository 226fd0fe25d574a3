#include "providers/local/file_decision_sink.hpp"

#include <fstream>

#include "tests/support/file_content.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::local {
namespace {

using testing::content_of;

TEST(FileDecisionSink, AppendsLinesAndLeavesACutOneByItself) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "decisions.jsonl";
  const std::vector<std::string> two = {"{\"number\":1}", "{\"number\":2}"},
                                 one = {"{\"number\":3}"};
  ASSERT_TRUE(make_file_decision_sink(file)->take(SessionId{"a"}, two));
  ASSERT_TRUE(make_file_decision_sink(file)->take(SessionId{"a"}, one));
  EXPECT_EQ(content_of(file), "{\"number\":1}\n{\"number\":2}\n{\"number\":3}\n");
  std::ofstream(file, std::ios::app) << "{\"numb";
  ASSERT_TRUE(make_file_decision_sink(file)->take(SessionId{"b"}, one));
  EXPECT_TRUE(content_of(file).ends_with("{\"number\":3}\n{\"numb\n{\"number\":3}\n"));
}

TEST(FileDecisionSink, SaysWhereItCannotWrite) {
  const testing::TemporaryFolder folder;
  const auto refused =
      make_file_decision_sink(folder.path() / "nowhere" / "file")->take(SessionId{"a"}, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("nowhere"), std::string::npos);
}

}  // namespace
}  // namespace sotto::providers::local
