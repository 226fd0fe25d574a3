// Fetching of translation models by the program, from a server on this machine.

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "serving/background_models.hpp"
#include "http_client/test_server.hpp"
#include "models/folders.hpp"
#include "models/sha256.hpp"
#include "tests/support/shell_command.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using sotto::http_client::HttpRequest;
using sotto::http_client::testing::Reply;
using sotto::http_client::testing::TestServer;
using sotto::testing::Ran;
using sotto::testing::run_command;
using ::testing::HasSubstr;
using ::testing::Not;

// Two made-up models, into English and out of it, and a list that has them.
class TranslationModelsCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream list(folder.path() / "list.tsv");
    list << "repository\tsome/models\ncommit\tabc\nlicence\tMPL-2.0\n";
    for (const std::string pair : {"enes", "fren"})
      for (const std::string kind : {"model", "lex", "vocab"}) {
        std::string name = kind;
        name.append(".").append(pair).append(".gz");
        contents[name] = name + std::string(kind == "model" ? 500'000 : 1'000, 'x');
        std::ofstream(folder.path() / "content", std::ios::binary) << contents[name];
        list << pair << "\ttiny\t" << name << '\t' << contents[name].size() << '\t'
             << sotto::models::sha256_of(folder.path() / "content").value() << "\t20.5\t0.8\n";
      }
  }

  // What every run sees: a clean folder, and no network but the server.
  std::string environment() const {
    return "SOTTO_MODELS='" + models.string() + "' SOTTO_TRANSLATION_MODELS='" +
           (folder.path() / "list.tsv").string() + "' SOTTO_MODELS_MIRROR='" + url + "' ";
  }
  Ran sotto(const std::string& arguments, const std::string& more = "") {
    return run_command(environment() + more + " '" SOTTO_BINARY "' models " + arguments,
                       folder.path());
  }
  std::string state(const std::string& name) {
    const auto answer = boost::json::parse(sotto("list --json " + name).out);
    return std::string(answer.at("models").as_array().at(0).at("state").as_string());
  }

  std::map<std::string, std::string> contents;
  sotto::testing::TemporaryFolder folder;
  const fs::path models = folder.path() / "models";
  TestServer server{[this](const HttpRequest& request) {
    const auto found = contents.find(request.target.substr(request.target.rfind('/') + 1));
    return found == contents.end() ? Reply{404} : Reply{200, found->second};
  }};
  const std::string url = server.url();
};

TEST_F(TranslationModelsCommand, AreFetchedOnceAndKeptInMindWhenRemoved) {
  EXPECT_EQ(state("en-es"), "missing");
  EXPECT_THAT(sotto("list").out, Not(HasSubstr("en-es-tiny")));
  const Ran got = sotto("get en-es");
  ASSERT_EQ(got.code, 0) << got.err;
  EXPECT_THAT(got.out, HasSubstr("en-es-tiny: fetching 0.5 MB from 127.0.0.1"));
  EXPECT_THAT(got.out, HasSubstr("MPL-2.0"));
  EXPECT_EQ(state("en-es"), "ready");
  EXPECT_TRUE(fs::exists(models / "bergamot/enes-tiny/model.enes.gz"));
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(server.requests().front().target, "/models/tiny/enes/lex.enes.gz");

  const Ran again = sotto("get en-es");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(server.requests().size(), 3u) << "a second run downloads nothing";
  EXPECT_THAT(sotto("list").out, HasSubstr("translates en to es, BLEU 20.5, recommended"));
  const Ran verified = sotto("verify");
  EXPECT_THAT(verified.out, HasSubstr("en-es-tiny: as it should be")) << verified.err;

  std::ofstream(models / "bergamot/enes-tiny/vocab.enes.gz") << "something else";
  EXPECT_EQ(sotto("verify en-es").code, 1);
  EXPECT_EQ(sotto("get enes").code, 0);
  EXPECT_EQ(server.requests().size(), 4u) << "only the damaged file";

  EXPECT_EQ(sotto("remove en-es").code, 0);
  EXPECT_EQ(state("en-es"), "removed");
  EXPECT_FALSE(fs::exists(models / "bergamot/enes-tiny"));
  EXPECT_EQ(sotto("remove en-es").code, 1);
}

TEST_F(TranslationModelsCommand, GoThroughEnglishWhereNoneIsDirect) {
  const Ran got = sotto("get fr-es --json");
  ASSERT_EQ(got.code, 0) << got.err;
  EXPECT_THAT(got.err, HasSubstr("fr-es: no model is direct; it goes through English"));
  EXPECT_EQ(boost::json::parse(got.out).at("models").as_array().size(), 2u);
  EXPECT_EQ(state("fr-en"), "ready");
  EXPECT_EQ(state("en-es"), "ready");
  const Ran removed = sotto("remove fr-es");
  EXPECT_EQ(removed.code, 2);
  EXPECT_THAT(removed.err, HasSubstr("fr-en-tiny or en-es-tiny"));
  EXPECT_EQ(state("fr-en"), "ready");
}

TEST_F(TranslationModelsCommand, WithoutANetworkOneLineSaysWhatToDo) {
  EXPECT_EQ(sotto("get en-es").code, 0);
  const std::size_t before = server.requests().size();
  // What is here needs no network.
  EXPECT_EQ(sotto("get en-es", "SOTTO_OFFLINE=1").code, 0);
  const Ran offline = sotto("get fr-en", "SOTTO_OFFLINE=1");
  EXPECT_EQ(offline.code, 1);
  EXPECT_THAT(offline.err, HasSubstr("fr-en-tiny is not here"));
  EXPECT_EQ(std::count(offline.err.begin(), offline.err.end(), '\n'), 1) << offline.err;
  EXPECT_EQ(server.requests().size(), before);
  contents.clear();  // a mirror without the files
  const Ran none = sotto("get fr-en");
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("127.0.0.1 answers 404"));
  EXPECT_EQ(std::count(none.err.begin(), none.err.end(), '\n'), 1) << none.err;
  const Ran wrong = sotto("get fr-en", "SOTTO_MODELS_MIRROR=mirror");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("must be a URL"));
}

TEST_F(TranslationModelsCommand, AnUnknownNameIsToldTheOnesThereAre) {
  for (const char* verb : {"list", "verify", "get", "remove"}) {
    const Ran ran = sotto(std::string(verb) + " xx-es");
    EXPECT_EQ(ran.code, 2) << verb;
    EXPECT_THAT(ran.err, HasSubstr("between English and es, fr")) << verb;
  }
  const Ran bad = sotto("list", "SOTTO_TRANSLATION_MODELS=/nowhere");
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("there is no /nowhere"));
}

// Runs `sotto serve` until a line begins so, or a minute long; what it said.
std::string serve_until(const std::string& line, const std::string& environment,
                        const fs::path& folder) {
  const std::string serve = environment +
                            " timeout 60 '" SOTTO_BINARY
                            "' serve --port 0 --no-demo --fetch-models --data '" +
                            (folder / "data").string() + "'";
  const Ran ran = run_command("( { " + serve + " & echo $! >'" + (folder / "pid").string() +
                                  "'; wait $!; } | { sed '/^" + line + "/q'; kill $(cat '" +
                                  (folder / "pid").string() + "'); } )",
                              folder);
  return ran.out;
}

TEST_F(TranslationModelsCommand, AServerFetchesWhatItLacksWhileItServes) {
  const std::string first = serve_until("translation: Firefox", environment(), folder.path());
  EXPECT_THAT(first, HasSubstr("translation: fetching Firefox's model en-es-tiny (0.5 MB) from "
                               "127.0.0.1, once; Apertium translates until it is there\n"));
  EXPECT_THAT(first, HasSubstr("translation: Firefox's model en-es-tiny is there"));
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(state("en-es"), "ready");
  const std::string second = serve_until("stop with", environment(), folder.path());
  EXPECT_THAT(second, Not(HasSubstr("translation: ")));
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(TranslationModelsCommand, AServerWithoutTheMirrorSaysSoAndServes) {
  contents.clear();
  const std::string said = serve_until("translation: cannot", environment(), folder.path());
  EXPECT_THAT(said, HasSubstr("listening on "));
  EXPECT_THAT(said, HasSubstr("answers 404"));
  EXPECT_THAT(said, HasSubstr("; 'sotto models get en-es-tiny' tries again; Apertium translates, "
                              "and --offline does not ask\n"));
}

TEST(FetchingMeanwhile, IsLeftWhereNobodyWantsIt) {
  const sotto::testing::TemporaryFolder folder;
  ::setenv("SOTTO_MODELS", folder.path().c_str(), 1);
  const sotto::telemetry::Log log(
      sotto::telemetry::Level::error, [](const std::string&) {}, [] { return std::string(); });
  sotto::app::ServeOptions options;
  options.models.mirror = "no URL";  // an error as soon as anything would be asked for
  const auto begins = [&] {
    const auto begun = sotto::app::fetch_models_meanwhile(options, log, "Bergamot, Apertium");
    return !begun || *begun != nullptr;
  };
  EXPECT_FALSE(begins()) << "not asked for";
  options.fetch_models = true;
  EXPECT_TRUE(begins());
  options.models.offline = true;
  EXPECT_FALSE(begins());
  options.models.offline = false;
  options.engines.translators.chain = "translate";
  EXPECT_FALSE(begins()) << "another translator was chosen";
  options.engines.translators.chain = "bergamot,apertium";
  EXPECT_TRUE(begins());
  const auto* const model = sotto::models::translation_models().named("en-es")->front();
  fs::create_directories((folder.path() / model->model.files.front().path).parent_path());
  std::ofstream(folder.path() / model->model.files.front().path) << "x";
  ASSERT_TRUE(sotto::models::remove(model->model, folder.path()));
  EXPECT_FALSE(begins()) << "it was removed";
  ::unsetenv("SOTTO_MODELS");
}

}  // namespace
