// The program as people run it: what it says, and how it ends.
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "feature_flag/outcome_json.hpp"
#include "providers/local/sqlite_rollout_store.hpp"
#include "rollout/flag.hpp"
#include "simulation/simulate.hpp"
#include "tests/support/shell_command.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/transcribe_lines.hpp"

namespace {

namespace fs = std::filesystem;
using sotto::testing::content_of;
using sotto::testing::Ran;
using sotto::testing::run_command;

const std::string recording =
    "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.wav";

class CommandLine : public ::testing::Test {
 protected:
  Ran sotto(const std::string& arguments, const std::string& environment = "",
            const std::string& input = "/dev/null") {
    // What the program keeps goes with the test.
    return run_command("XDG_STATE_HOME='" + folder.string() + "/state' " + environment +
                           " '" SOTTO_BINARY "' " + arguments,
                       folder, input);
  }

  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(folder / name, std::ios::binary) << content;
    return (folder / name).string();
  }

  struct Case {
    std::string arguments;
    int code;
    std::string says;
    std::string environment = {};
  };

  void expect_one_line_each(const std::vector<Case>& cases) {
    for (const Case& c : cases) {
      // The recogniser that needs no models: without them another line would say so.
      const Ran ran =
          sotto(c.arguments, "SOTTO_RECOGNISER=pocketsphinx " + std::string(c.environment));
      EXPECT_EQ(ran.code, c.code) << c.arguments << "\n" << ran.err;
      EXPECT_NE(ran.err.find(c.says), std::string::npos) << c.arguments << "\n" << ran.err;
      EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << c.arguments << "\n"
                                                                     << ran.err;
      EXPECT_EQ(ran.out, "") << c.arguments;
    }
  }

  const ::sotto::testing::TemporaryFolder temporary;
  const fs::path folder = temporary.path();
};

TEST_F(CommandLine, EveryMistakeIsOneLineThatSaysWhatToDo) {
  const std::string whole = content_of(recording);
  expect_one_line_each({
      {"", 2, "subcommand"},
      {"sing", 2, "subcommand"},
      {"translate", 2, "recording"},
      {"translate " + recording, 2, "--to"},
      {"translate " + recording + " --to es --fast", 2, "--fast"},
      {"translate " + recording + " --to xx", 2, "with what is installed --to takes: "},
      {"translate " + folder.string() + "/none.wav --to es", 1, "none.wav"},
      {"translate " + folder.string() + " --to es", 1, "folder"},
      {"translate " + file("empty.wav", "") + " --to es", 1, "empty"},
      {"translate " + file("talk.mp3", "ID3 and so on, no RIFF at all") + " --to es", 1,
       "not a WAV file"},
      {"translate " + file("cut.wav", whole.substr(0, whole.size() / 2)) + " --to es", 1, "s"},
      {"translate " + recording + " --to es --events-out /no/such/folder/f", 1,
       "/no/such/folder/f"},
      {"translate " + recording + " --to es --recogniser pocketsphinx", 1, "pocketsphinx-en-us",
       "SOTTO_POCKETSPHINX_MODEL=/none"},
      {"translate " + recording + " --to es", 1, "apertium-eng-spa", "SOTTO_APERTIUM_MODES=/none"},
      {"replay", 2, "events"},
      {"replay " + folder.string() + "/none.jsonl", 1, "none.jsonl"},
      {"replay --summary " + file("cut.jsonl", "{\"ArrivalMs\":1}\n{\"Trans"), 1,
       "cut.jsonl line 2"},
      {"replay --min-stability 0.5 " + recording, 2, "must be from 0.7 to 0.95"},
      {"replay --max-buffer-timeout 60 " + recording, 2, "must be from 2 to 10"},
      {"replay --max-buffer-timeout nan " + recording, 2, "max_buffer_timeout"},
      {"replay --mode early " + recording, 2, "--mode"},
      {"tune", 2, "events"},
      {"tune " + folder.string() + "/none.wav", 1, "none.wav"},
      {"tune --thresholds 0.2 " + file("one.jsonl", "{}\n"), 2, "must be from 0.7 to 0.95"},
      {"tune --fit-stability " + file("one.jsonl", "{}\n"), 2, "no partial result became final"},
      {"tune --svg /no/such/folder/f.svg " + file("one.jsonl", "{}\n"), 1, "/no/such/folder/f.svg"},
      {"metrics --minutes 0", 2, "--minutes"},
  });
}

TEST_F(CommandLine, EveryMistakeInServingIsOneLineThatSaysWhatToDo) {
  expect_one_line_each({
      {"serve --port 0", 2, "must be from 0.7 to 0.95", "MIN_STABILITY_THRESHOLD=0.5"},
      {"serve --port 0", 2, "orphan_timeout is 1, must be from 5 to 60", "ORPHAN_TIMEOUT=1"},
      {"serve --port 99999", 2, "99999"},
      {"serve --port 0 --address nowhere", 1, "nowhere"},
      {"serve --port 0 --demo-folder /none", 1, "in /none; put WAV files there"},
      {"serve --port 0", 2, "PARTIAL_RESULTS_ENABLED", "PARTIAL_RESULTS_ENABLED=maybe"},
      {"serve --port 0", 2, "LOG_LEVEL", "LOG_LEVEL=loud"},
      {"serve --port 0", 2, "ROLLOUT_PERCENTAGE is \"101\"", "ROLLOUT_PERCENTAGE=101"},
      {"serve --port 0", 2, "FEATURE_FLAG_CACHE_TTL is \"0\"", "FEATURE_FLAG_CACHE_TTL=0"},
      {"serve --port 0", 2, "FEATURE_FLAG_PARAMETER_NAME", "FEATURE_FLAG_PARAMETER_NAME=config"},
      {"serve --port 0 --store nonsense", 2, "must be sqlite:PATH, file:PATH or ssm:REGION"},
      {"serve --port 0 --sessions nonsense", 2, "must be dynamodb:TABLE"},
      {"serve --port 0 --rollouts dynamodb:no", 2, "must be dynamodb:TABLE"},
      {"serve --port 0", 2, "SOTTO_OPERATOR_TOKEN has 5 characters, must have 20",
       "SOTTO_OPERATOR_TOKEN=short"},
      {"serve --port 0 --webhook nonsense", 2, "the webhook must be a URL"},
      {"serve --port 0 --price-translation-million -1", 2, "--price-translation-million"},
      {"serve --port 0 --environment moon", 2, "moon"},
      {"serve --port 0 --gates nowhere", 2, "--gates"},
      {"serve --config /no/such/file", 2, "/no/such/file"},
      {"serve --config " + file("unknown.toml", "colour = 1\n"), 2,
       "\"colour\" is not a setting of"},
      {"serve --config " + file("wrong.toml", "port = \"x\"\n"), 2, "wrong.toml"},
      {"serve --config " + file("range.toml", "max_buffer_timeout = 60\n"), 2, "from 2 to 10"},
  });
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

TEST_F(CommandLine, MetricsAreATableOrJson) {
  const Ran nothing = sotto("metrics");
  EXPECT_EQ(nothing.code, 0) << nothing.err;
  EXPECT_NE(nothing.out.find("nothing was measured"), std::string::npos);
  const auto empty = boost::json::parse(sotto("metrics --json").out);
  EXPECT_TRUE(empty.at("canary").at("PartialResultProcessingLatency").is_null());
  EXPECT_EQ(empty.at("control").at("SessionErrors").to_number<int>(), 0);
}

TEST_F(CommandLine, APlanIsTriedOnSyntheticSessions) {
  const Ran table = sotto("rollout simulate --scenario slower --runs 2");
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_NE(table.out.find("latency_ratio 2"), std::string::npos) << table.out;
  const Ran json = sotto("rollout simulate --scenario slower --runs 2 --seed 3 --json");
  const auto body = boost::json::parse(json.out);
  EXPECT_EQ(body.at("scenarios").at(0).at("rolled_back"), 2);
  EXPECT_EQ(sotto("rollout simulate --scenario slower --runs 2 --seed 3 --json").out, json.out);
  EXPECT_EQ(sotto("rollout simulate --scenario nope").code, 2);
  EXPECT_NE(sotto("rollout simulate --list").out.find("both arms are alike"), std::string::npos);
  EXPECT_EQ(sotto("rollout simulate --plan nope").code, 2);
  EXPECT_EQ(sotto("rollout simulate --plan '" + file("plan.json", R"({"phases":3})") + "'").code,
            2);
}

TEST_F(CommandLine, APlanIsTriedOnAShapeOfOnesOwn) {
  const std::string mine =
      file("mine.json", R"({"name":"mine","meaning":"four a day","sessions_a_day":4})");
  const Ran ran = sotto("rollout simulate --scenario slower --shape '" + mine +
                        "' --shape '" SOTTO_SOURCE_DIR "/shapes/sparse-5.json' --runs 1 --json");
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto scenarios = boost::json::parse(ran.out).at("scenarios").as_array();
  ASSERT_EQ(scenarios.size(), 3u);
  EXPECT_EQ(scenarios.at(0).at("expected"), "taken_back");
  EXPECT_EQ(scenarios.at(1).at("meaning"), "four a day");
  EXPECT_EQ(scenarios.at(2).at("scenario"), "sparse-5");
  const Ran wrong = sotto("rollout simulate --shape '" +
                          file("wrong.json", R"({"name":"wrong","meaning":"x","cost":-1})") + "'");
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("wrong.json: cost is -1, must be from 0 to 1000"), std::string::npos)
      << wrong.err;
  EXPECT_NE(sotto("rollout simulate --shape nope.json").code, 0);
}

TEST_F(CommandLine, APlanIsTriedOnRecordedSessions) {
  EXPECT_NE(sotto("rollout backtest").err.find("no recorded sessions"), std::string::npos);
  std::vector<sotto::ports::JournalEntry> entries;
  sotto::simulation::Random random(1);
  sotto::simulation::PlayOptions options;
  options.started_at = sotto::simulation::simulated_start;
  options.at_most = std::chrono::weeks{1};
  options.ended = [&](const sotto::rollout::SessionOutcome& one) {
    entries.push_back({0, one.ended_at, *sotto::feature_flag::outcome_text(one)});
  };
  sotto::simulation::simulate(sotto::rollout::guide_plan(),
                              *sotto::simulation::scenario_named("slower"), options, random);
  entries.push_back({0, entries.back().at, "{}"});
  ASSERT_TRUE(sotto::providers::local::make_sqlite_rollout_store(folder)->add_sessions(
      std::string(sotto::rollout::default_parameter_name), entries));
  const std::string data = "rollout backtest --data '" + folder.string() + "' ";
  const Ran table = sotto(data);
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_NE(table.out.find("stepped_back"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("1 line"), std::string::npos) << table.out;
  const Ran json = sotto(data + "--splits 5 --json");
  const auto body = boost::json::parse(json.out);
  EXPECT_EQ(body.at("recorded").at("stopped_by"), "latency_ratio");
  EXPECT_EQ(body.at("split_control").at("stopped"), 0);
  EXPECT_EQ(body.at("unreadable"), 1);
  EXPECT_EQ(sotto(data + "--from 2030-01-01").code, 1);
  EXPECT_EQ(sotto(data + "--from yesterday").code, 2);
  EXPECT_NE(table.out.find("Phase canary: 10 %"), std::string::npos) << table.out;
  EXPECT_EQ(body.at("detectable_harm").at("phases").as_array().size(), 3u);
  const Ran check = sotto("rollout plan check --data '" + folder.string() + "' --json");
  ASSERT_EQ(check.code, 0) << check.err;
  const auto harm = boost::json::parse(check.out);
  EXPECT_GT(harm.at("recorded_control_sessions").to_number<int>(), 20);
  EXPECT_EQ(harm.at("unreadable"), 1);
  EXPECT_EQ(harm.at("phases").at(0).at("asks_for_approval"), true);
}

TEST_F(CommandLine, APlanIsCheckedForTheHarmThatItCanSee) {
  const Ran nothing = sotto("rollout plan check");
  EXPECT_EQ(nothing.code, 1);
  EXPECT_NE(nothing.err.find("--sessions-per-day"), std::string::npos) << nothing.err;
  const Ran table = sotto("rollout plan check --sessions-per-day 20");
  ASSERT_EQ(table.code, 0) << table.err;
  EXPECT_NE(table.out.find("plan guide, 20 sessions a day"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("WARNING: after its bake time it will ask for approval"),
            std::string::npos)
      << table.out;
  EXPECT_EQ(sotto("rollout plan check --sessions-per-day 20").out, table.out);
  EXPECT_EQ(sotto("rollout plan check --sessions-per-day 0").code, 2);
  EXPECT_EQ(sotto("rollout plan check --plan nope --sessions-per-day 20").code, 2);
  EXPECT_EQ(sotto("rollout plan").code, 2);
}

TEST_F(CommandLine, EachSettingSaysWhereItComesFrom) {
  const std::string config = file(
      "sotto.toml", "port = 9001\nno-demo = true\nmin-stability = 0.8\n[serve]\nmax_rate = 7\n");
  const Ran ran = sotto("serve --print-config --json --port 9002 --config " + config,
                        "MIN_STABILITY_THRESHOLD=0.9");
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto settings = boost::json::parse(ran.out).as_object();
  const auto says = [&](const char* name) {
    const auto& setting = settings.at(name);
    return std::string(setting.at("value").as_string()) + " from " +
           std::string(setting.at("source").as_string());
  };
  EXPECT_EQ(says("port"), "9002 from command line");
  EXPECT_EQ(says("min-stability"), "0.9 from MIN_STABILITY_THRESHOLD");
  EXPECT_EQ(says("demo"), "false from " + config);
  EXPECT_EQ(says("max-rate"), "7 from " + config);
  EXPECT_EQ(says("orphan-timeout"), "15 from default");
  EXPECT_EQ(settings.count("config"), 0u);
  const Ran table = sotto("serve --print-config");
  EXPECT_NE(table.out.find("demo                      true"), std::string::npos) << table.out;
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
  for (const char* figure : {"latency_ms", "erasure", "translation_calls", "translated_characters",
                             "cache_hits", "audio_seconds", "cpu_seconds"})
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

TEST_F(CommandLine, WhoSaysWordsInPlaceOfMoonshineIsSaidWithTheReasonAndWhatToDo) {
  for (const char* shared : {"/usr/local/share/sotto/models", "/usr/share/sotto/models"})
    if (fs::exists(shared)) GTEST_SKIP() << "there are models in " << shared;
  const std::string nowhere = "SOTTO_MODELS='" + folder.string() + "'";
  const Ran ran = sotto("translate --to es --json " + recording, nowhere);
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(ran.err.starts_with("sotto: PocketSphinx recognised in place of Moonshine"))
      << ran.err;
  EXPECT_NE(ran.err.find("'sotto models get onnxruntime'"), std::string::npos) << ran.err;
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  const Ran chosen =
      sotto("translate --to es --json --recogniser pocketsphinx " + recording, nowhere);
  EXPECT_EQ(chosen.code, 0);
  EXPECT_EQ(chosen.err, "") << "it is what was asked for";
}

class RecordedEvents : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    for (std::uint64_t seed = 1; seed <= 3; ++seed)
      for (const std::string& line :
           sotto::testing::transcribe_lines({"quiet-heron-" + std::to_string(seed), 30, seed}))
        lines.push_back(line + "\n");
    for (const std::string& line : lines) whole += line;
  }

  std::vector<std::string> lines;
  std::string whole;
};

TEST_F(RecordedEvents, GiveTheSameBytesHoweverTheFileIsCut) {
  const Ran at_once = sotto("replay " + file("all.jsonl", whole));
  ASSERT_EQ(at_once.code, 0) << at_once.err;
  std::string parts, files;
  for (std::size_t i = 0, part = 0; i < lines.size(); ++part) {
    std::string some;
    for (std::size_t n = 1 + part % 40; n > 0 && i < lines.size(); --n) some += lines[i++];
    files += " " + file("part-" + std::to_string(part), some);
  }
  EXPECT_EQ(sotto("replay" + files).out, at_once.out);
  EXPECT_EQ(sotto("replay -", "", (folder / "all.jsonl").string()).out, at_once.out);

  std::istringstream decisions(at_once.out);
  std::size_t count = 0;
  std::string last;
  for (std::string line; std::getline(decisions, line); ++count) {
    last = line;
    const auto decision = boost::json::parse(line).as_object();
    if (decision.contains("summary")) continue;
    for (const char* member :
         {"at_ms", "session_id", "action", "result_id", "text", "reason", "stability", "channel"})
      ASSERT_TRUE(decision.contains(member)) << line;
  }
  EXPECT_GT(count, 100u);
  const auto summary = boost::json::parse(last).at("summary");
  EXPECT_EQ(summary.at("sessions").to_number<int>(), 3);
  EXPECT_EQ(summary.at("events").to_number<std::size_t>(), lines.size());
  EXPECT_EQ(summary.at("contradicted_words").to_number<int>(), 0);
}

TEST_F(RecordedEvents, AreTuned) {
  const fs::path svg = folder / "frontier.svg";
  const Ran ran = sotto("tune --json --thresholds 0.8,0.9 --timeouts 2,5 --svg " + svg.string() +
                        " " + file("all.jsonl", whole));
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto answer = boost::json::parse(ran.out);
  EXPECT_EQ(answer.at("points").as_array().size(), 4u);
  EXPECT_TRUE(answer.at("recommended").is_object());
  EXPECT_TRUE(content_of(svg).starts_with("<svg "));
  const Ran table = sotto("tune " + (folder / "all.jsonl").string());
  EXPECT_EQ(table.code, 0);
  EXPECT_NE(table.out.find("Recommended: --min-stability 0.95 --max-buffer-timeout"),
            std::string::npos)
      << table.out;
}

}  // namespace
