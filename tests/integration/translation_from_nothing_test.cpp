// From a clean data folder to captions by a fetched translation model, and then without a network.
// The model is a tiny one, made for the test, which says words of its own for those it knows.

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <future>
#include <map>
#include <stdexcept>

#include "http_client/test_server.hpp"
#include "models/sha256.hpp"
#include "providers/apertium/translator.hpp"
#include "providers/bergamot/test_support.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/shell_command.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace fs = std::filesystem;
namespace json = boost::json;
using sotto::http_client::HttpRequest;
using sotto::http_client::testing::Reply;
using sotto::http_client::testing::TestServer;
using sotto::testing::content_of;
using sotto::testing::Ran;
using sotto::testing::ServerProcess;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto patience = std::chrono::seconds{60};

std::string recording(const std::string& number) {
  return "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-" +
         number + ".wav";
}

// Whether it has a word of the tiny model's, none of which Apertium says.
bool is_of_tiny_model(const std::string& text) {
  for (const char* const word : {"mengano", "dichoso", "existir"})
    if (text.find(word) != std::string::npos) return true;
  return false;
}

// A WebSocket to the server. What is read comes within a minute; throws where it does not.
class Client {
 public:
  Client(std::uint16_t port, const std::string& target) : socket_(io_) {
    socket_.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    socket_.handshake("localhost", target);
  }

  json::object read() {
    beast::flat_buffer buffer;
    std::optional<beast::error_code> result;
    socket_.async_read(buffer, [&](beast::error_code error, std::size_t) { result = error; });
    io_.restart();
    io_.run_for(patience);
    if (!result) {
      socket_.next_layer().close();
      io_.restart();
      io_.run();
      throw std::runtime_error("the server has said nothing for a minute");
    }
    if (*result) throw beast::system_error(*result);
    return json::parse(beast::buffers_to_string(buffer.data())).as_object();
  }
  void say(const json::object& message) {
    socket_.text(true);
    socket_.write(asio::buffer(json::serialize(message)));
  }
  void send(const std::string& audio) {
    socket_.binary(true);
    socket_.write(asio::buffer(audio));
  }

 private:
  asio::io_context io_;
  beast::websocket::stream<asio::ip::tcp::socket> socket_;
};

// The Spanish captions of a session to which the recording is played, without its last bytes.
std::string captions_of(std::uint16_t port, const std::string& number, std::size_t cut = 0) {
  const auto created = json::parse(
      sotto::testing::HttpClient(port).ask("POST", "/v1/sessions", R"({"language":"en"})").body);
  const std::string session = "/v1/sessions/" + std::string(created.at("session_id").as_string());
  Client listener(port, session + "/captions?lang=es");
  Client speaker(port, session + "/audio");
  speaker.say({{"type", "start"}, {"token", created.at("speaker_token")}});
  constexpr std::size_t head = 44;  // of the WAV file
  const std::string file = content_of(recording(number));
  speaker.send(file.substr(head, file.size() - head - cut));
  speaker.say({{"type", "end"}});
  std::map<std::int64_t, std::string> segments;
  for (json::object said = listener.read();; said = listener.read()) {
    if (said.at("type") == "status" && said.at("state") == "ended") break;
    if (said.at("type") != "caption" || !said.at("final").as_bool()) continue;
    segments[said.at("segment").to_number<std::int64_t>()] = said.at("text").as_string();
  }
  std::string text;
  for (const auto& [id, segment] : segments) text += segment + "\n";
  return text;
}

// Until a session is translated by the tiny model: while that is being loaded, Apertium is in its
// place, and what it made of a text is kept, so that each session has another. "" where a minute
// does not do.
std::string captions_of_tiny_model(std::uint16_t port) {
  constexpr std::size_t fifth_of_second = 6400;
  const auto until = std::chrono::steady_clock::now() + patience;
  for (std::size_t cut = 0; cut < 10; ++cut)
    for (const char* const number : {"0870", "0890", "0920", "0930"}) {
      const std::string text = captions_of(port, number, cut * fifth_of_second);
      if (is_of_tiny_model(text)) return text;
      if (std::chrono::steady_clock::now() > until) return "";
    }
  return "";
}

// Who translates English to Spanish, in order.
std::vector<std::string> engines_of(std::uint16_t port) {
  const auto answer =
      json::parse(sotto::testing::HttpClient(port).ask("GET", "/v1/languages").body);
  std::vector<std::string> engines;
  for (const auto& language : answer.at("languages").as_array())
    for (const auto& pair : language.at("translations").as_array())
      if (language.at("language") == "en" && pair.at("target") == "es")
        for (const auto& engine : pair.at("engines").as_array())
          engines.emplace_back(engine.at("engine").as_string());
  return engines;
}

bool contains(const std::vector<sotto::LanguagePair>& pairs, const sotto::LanguagePair& pair) {
  return std::find(pairs.begin(), pairs.end(), pair) != pairs.end();
}

class TranslationFromNothing : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto apertium = sotto::providers::apertium::ApertiumTranslator::create({});
    const sotto::LanguagePair to_spanish{sotto::Language{"en"}, sotto::Language{"es"}};
    if (!apertium || !contains((*apertium)->pairs(), to_spanish))
      GTEST_SKIP() << "apertium or apertium-eng-spa is not installed";
    if (!sotto::providers::bergamot::test::installed_engine())
      GTEST_SKIP() << "Node.js or the package of workers/bergamot is not installed";
    make_model();
    mirror.emplace([this](const HttpRequest& request) {
      opened.wait_for(patience);
      const auto found = files.find(request.target);
      return found == files.end() ? Reply{404} : Reply{200, found->second};
    });
    url = mirror->url();
  }

  // The tiny model in the mirror's layout, and a list that has it alone.
  void make_model() {
    const fs::path made = place.path() / "made";
    ASSERT_TRUE(sotto::providers::bergamot::test::succeeds(
        {"node", SOTTO_SOURCE_DIR "/tests/support/tiny_translation_model.mjs", made.string(),
         "enes", "he=mengano", "the=dichoso", "be=existir", "man=varón"}));
    std::ofstream list(place.path() / "list.tsv");
    list << "repository\tsome/models\ncommit\tabc\nlicence\tMPL-2.0\n";
    for (const auto& file : fs::directory_iterator(made)) {
      const std::string name = file.path().filename();
      list << "enes\ttiny\t" << name << '\t' << file.file_size() << '\t'
           << sotto::models::sha256_of(file.path()).value() << "\t\t\n";
      files["/models/tiny/enes/" + name] = content_of(file.path());
    }
  }

  // A clean data folder, and no network but the mirror.
  std::map<std::string, std::string> environment() const {
    return {{"XDG_DATA_HOME", (place.path() / "data").string()},
            {"XDG_STATE_HOME", (place.path() / "state").string()},
            {"SOTTO_MODELS", ""},
            {"SOTTO_OFFLINE", ""},
            {"SOTTO_TRANSLATOR", ""},
            {"SOTTO_RECOGNISER", "pocketsphinx"},
            {"SOTTO_TRANSLATION_MODELS", (place.path() / "list.tsv").string()},
            {"SOTTO_MODELS_MIRROR", url}};
  }
  Ran sotto(const std::string& arguments) {
    std::string command = "env";
    for (const auto& [name, value] : environment())
      command.append(" ").append(name).append("='").append(value).append("'");
    return sotto::testing::run_command(command + " '" SOTTO_BINARY "' " + arguments, place.path());
  }
  ServerProcess serve(std::vector<std::string> arguments = {}) const {
    arguments.emplace_back("--fetch-models");
    return ServerProcess(arguments, environment());
  }
  std::string translated() {
    const Ran ran =
        sotto("translate " + recording("0880") + " --to es --translator bergamot --json");
    EXPECT_EQ(ran.code, 0) << ran.err;
    if (ran.code != 0) return "";
    return std::string(json::parse(ran.out).at("translations").at("es").as_string());
  }

  sotto::testing::TemporaryFolder place;
  std::map<std::string, std::string> files;  // by target
  std::promise<void> opening;                // of the mirror
  const std::shared_future<void> opened = opening.get_future().share();
  std::optional<TestServer> mirror;
  std::string url;
};

TEST_F(TranslationFromNothing, TheProgramFetchesAModelAndTranslatesWithoutANetworkFromThenOn) {
  opening.set_value();
  const Ran none = sotto("translate " + recording("0880") + " --to es --translator bergamot");
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("sotto models get"));

  const Ran got = sotto("models get en-es");
  ASSERT_EQ(got.code, 0) << got.err;
  EXPECT_EQ(mirror->requests().size(), 3u);
  EXPECT_TRUE(fs::exists(place.path() / "data/sotto/models/bergamot/enes-tiny"));
  const std::string first = translated();
  EXPECT_THAT(first, AllOf(HasSubstr("mengano"), HasSubstr("varón")));

  mirror.reset();
  EXPECT_EQ(translated(), first);
  EXPECT_EQ(sotto("models verify en-es").code, 0);
  const Ran again = sotto("models get en-es");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out + again.err, Not(HasSubstr("fetching")));
}

TEST_F(TranslationFromNothing, AServerTakesTheModelWhenItIsThereAndNeedsNoNetworkFromThenOn) {
  {
    const ServerProcess server = serve();
    EXPECT_THAT(server.line_with("translation: "),
                AllOf(HasSubstr("fetching Firefox's model en-es-tiny ("),
                      HasSubstr(" from 127.0.0.1, once; Apertium translates until it is there")));
    // The mirror does not answer yet.
    EXPECT_THAT(engines_of(server.port()), ElementsAre("Apertium"));
    EXPECT_THAT(captions_of(server.port(), "0880"), HasSubstr("hombre"));

    opening.set_value();
    EXPECT_EQ(server.line_with("translation: "),
              "translation: Firefox's model en-es-tiny is there; new sessions use it");
    EXPECT_THAT(engines_of(server.port()), ElementsAre("Bergamot enes-tiny", "Apertium"));
    ASSERT_NE(captions_of_tiny_model(server.port()), "");
    EXPECT_THAT(captions_of(server.port(), "0880"), HasSubstr("varón"))
        << "what Apertium made of it is forgotten";
  }
  mirror.reset();
  const ServerProcess server = serve();
  EXPECT_THAT(engines_of(server.port()), ElementsAre("Bergamot enes-tiny", "Apertium"));
  EXPECT_NE(captions_of_tiny_model(server.port()), "");
}

TEST_F(TranslationFromNothing, OfflineNothingIsAsked) {
  opening.set_value();
  const ServerProcess server = serve({"--offline"});
  EXPECT_THAT(captions_of(server.port(), "0880"), HasSubstr("hombre"));
  EXPECT_EQ(mirror->connections(), 0);
}

TEST_F(TranslationFromNothing, OfAMirrorThatLiesOneLineIsSaidAndApertiumTranslates) {
  for (auto& [target, content] : files) content.back() = static_cast<char>(content.back() ^ 1);
  opening.set_value();
  const Ran got = sotto("models get en-es");
  EXPECT_EQ(got.code, 1);
  EXPECT_EQ(std::count(got.err.begin(), got.err.end(), '\n'), 1) << got.err;
  const ServerProcess server = serve();
  EXPECT_THAT(server.line_with("; Apertium translates, and"), HasSubstr("SHA-256"));
  EXPECT_THAT(engines_of(server.port()), ElementsAre("Apertium"));
  EXPECT_THAT(captions_of(server.port(), "0880"), HasSubstr("hombre"));
}

TEST_F(TranslationFromNothing, WithoutTheMirrorOneLineIsSaidAndApertiumTranslates) {
  mirror.reset();
  const ServerProcess server = serve();
  EXPECT_THAT(server.line_with("; Apertium translates, and"), HasSubstr("127.0.0.1"));
  EXPECT_THAT(captions_of(server.port(), "0880"), HasSubstr("hombre"));
}

}  // namespace
