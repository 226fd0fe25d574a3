// The program as people run it: what it says, and how it ends.
#include <sys/wait.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace {

namespace fs = std::filesystem;

const std::string recording =
    "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.wav";

struct Ran {
  int code = -1;
  std::string out, err;
};

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class CommandLine : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sotto-cli-XXXXXX").string();
    folder = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder); }

  Ran sotto(const std::string& arguments, const std::string& environment = "") {
    const fs::path out = folder / "out", err = folder / "err";
    const std::string command = environment + " '" SOTTO_BINARY "' " + arguments + " >'" +
                                out.string() + "' 2>'" + err.string() + "' </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, slurp(out), slurp(err)};
  }

  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(folder / name, std::ios::binary) << content;
    return (folder / name).string();
  }

  fs::path folder;
};

TEST_F(CommandLine, EveryMistakeIsOneLineThatSaysWhatToDo) {
  struct Case {
    std::string arguments;
    int code;
    std::string says;
    std::string environment = {};
  };
  const std::string whole = slurp(recording);
  const std::vector<Case> cases = {
      {"", 2, "subcommand"},
      {"sing", 2, "subcommand"},
      {"translate", 2, "recording"},
      {"translate " + recording, 2, "--to"},
      {"translate " + recording + " --to es --fast", 2, "--fast"},
      {"translate " + recording + " --to xx", 2, "--to takes: ca, es"},
      {"translate " + folder.string() + "/none.wav --to es", 1, "none.wav"},
      {"translate " + folder.string() + " --to es", 1, "folder"},
      {"translate " + file("empty.wav", "") + " --to es", 1, "empty"},
      {"translate " + file("talk.mp3", "ID3 and so on, no RIFF at all") + " --to es", 1,
       "not a WAV file"},
      {"translate " + file("cut.wav", whole.substr(0, whole.size() / 2)) + " --to es", 1, "s"},
      {"translate " + recording + " --to es --events-out /no/such/folder/f", 1,
       "/no/such/folder/f"},
      {"translate " + recording + " --to es", 1, "pocketsphinx-en-us",
       "SOTTO_POCKETSPHINX_MODEL=/none"},
      {"translate " + recording + " --to es", 1, "apertium-eng-spa", "SOTTO_APERTIUM_MODES=/none"},
      {"serve --port 99999", 2, "99999"},
      {"serve --port 0 --address nowhere", 1, "nowhere"},
      {"serve --port 0 --demo-folder /none", 1, "pocketsphinx-testdata"},
      {"serve --port 0", 2, "PARTIAL_RESULTS_ENABLED", "PARTIAL_RESULTS_ENABLED=maybe"},
      {"serve --port 0", 2, "LOG_LEVEL", "LOG_LEVEL=loud"},
  };
  for (const Case& c : cases) {
    const Ran ran = sotto(c.arguments, c.environment);
    EXPECT_EQ(ran.code, c.code) << c.arguments << "\n" << ran.err;
    EXPECT_NE(ran.err.find(c.says), std::string::npos) << c.arguments << "\n" << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << c.arguments << "\n"
                                                                   << ran.err;
    EXPECT_EQ(ran.out, "") << c.arguments;
  }
}

TEST_F(CommandLine, ABusyPortIsNamed) {
  boost::asio::io_context io;
  using boost::asio::ip::tcp;
  tcp::acceptor busy(io, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0));
  const std::string port = std::to_string(busy.local_endpoint().port());
  const Ran ran = sotto("serve --port " + port);
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err, "sotto: port " + port +
                         " is in use; stop what uses it or choose another with --port N\n");
}

TEST_F(CommandLine, ErrorsAreJsonWhenAskedFor) {
  const Ran ran = sotto("translate /no/such.wav --to es --json");
  EXPECT_EQ(ran.code, 1);
  const auto error = boost::json::parse(ran.err).at("error");
  EXPECT_EQ(error.at("code").as_string(), "not_found");
}

TEST_F(CommandLine, HelpNamesEveryOption) {
  EXPECT_EQ(sotto("--help").code, 0);
  const Ran help = sotto("translate --help");
  EXPECT_EQ(help.code, 0);
  for (const char* option : {"--to", "--realtime", "--final-only", "--json", "--events-out"})
    EXPECT_NE(help.out.find(option), std::string::npos) << option;
}

TEST_F(CommandLine, TranslatesARecordingAndSavesItsEvents) {
  const std::string events = (folder / "events.jsonl").string();
  const Ran ran = sotto("translate " + recording + " --to es,ca --json --events-out " + events);
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto talk = boost::json::parse(ran.out);
  const std::string spanish(talk.at("translations").at("es").as_string());
  const std::string catalan(talk.at("translations").at("ca").as_string());
  EXPECT_GT(spanish.size(), 10u);
  EXPECT_GT(catalan.size(), 10u);
  EXPECT_NE(spanish, catalan);
  for (const char* figure :
       {"latency_ms", "erasure", "translation_calls", "cache_hits", "audio_seconds", "cpu_seconds"})
    EXPECT_TRUE(talk.as_object().contains(figure)) << figure;
  EXPECT_NEAR(talk.at("audio_seconds").to_number<double>(), 2.99, 0.02);
  EXPECT_FALSE(talk.at("segments").as_array().empty());
  std::ifstream lines(events);
  int finals = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto event = boost::json::parse(line);
    EXPECT_EQ(event.at("Language").as_string(), "en");
    finals += event.at("Transcript").at("Results").at(0).at("IsPartial").as_bool() ? 0 : 1;
  }
  EXPECT_GE(finals, 1);
}

}  // namespace
