// The records of a rollout's decisions, as an auditor gets at them: `sotto rollout verify`, `events
// --records` and `report --from --to`, on a store that somebody edits.
#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <chrono>
#include <fstream>

#include "providers/local/database.hpp"
#include "providers/local/sqlite_rollout_store.hpp"
#include "tests/support/shell_command.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace json = boost::json;
namespace local = sotto::providers::local;
using sotto::testing::Ran;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string flag_name = "/audio-transcription/partial-results/config";

class RolloutRecords : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* variable : {"SOTTO_STORE", "SOTTO_ROLLOUTS", "FEATURE_FLAG_PARAMETER_NAME"})
      ::unsetenv(variable);
    std::filesystem::create_directory(folder.path() / "data");
    for (const char* command : {"start", "pause", "resume", "pause", "abort", "start"})
      EXPECT_EQ(rollout(std::string(command) + " --by ada --reason because").code, 0) << command;
  }

  Ran rollout(const std::string& arguments, const std::string& input = "/dev/null") {
    return sotto::testing::run_command("'" SOTTO_BINARY "' rollout " + arguments + " --data '" +
                                           (folder.path() / "data").string() + "'",
                                       folder.path(), input);
  }
  json::object rollout_json(const std::string& arguments, int code) {
    const Ran ran = rollout(arguments + " --json");
    EXPECT_EQ(ran.code, code) << arguments << ran.out << ran.err;
    return json::parse(ran.out).as_object();
  }
  void edit(const char* sql) {
    auto database =
        local::Database::open(folder.path() / "data" / "rollout.db", local::Database::Mode::write);
    ASSERT_TRUE(database) << database.error().message;
    const auto done = database->run(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder.path() / name, std::ios::binary) << text;
    return (folder.path() / name).string();
  }
  // The first record that is broken, and how.
  void expect_broken(const std::string& arguments, int record, const std::string& how) {
    const json::object verified = rollout_json("verify " + arguments, 1);
    EXPECT_EQ(verified.at("verified"), false);
    ASSERT_FALSE(verified.at("broken").as_array().empty());
    const json::object first = verified.at("broken").at(0).as_object();
    EXPECT_EQ(first.at("record"), record) << json::serialize(verified);
    EXPECT_EQ(std::string(first.at("how").as_string()), how) << json::serialize(verified);
  }

  sotto::testing::TemporaryFolder folder;
};

TEST_F(RolloutRecords, AreVerifiedOneByOneAndAllAtOnce) {
  const Ran one = rollout("verify 2");
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, StartsWith("verified: paused at "));
  EXPECT_THAT(one.out, HasSubstr("bit for bit the same; its hash and its place"));
  const Ran all = rollout("verify");
  EXPECT_EQ(all.code, 0) << all.out;
  EXPECT_THAT(all.out, HasSubstr("verified: 6 records, none changed, missing or moved"));
  EXPECT_EQ(rollout("verify --all").out, all.out);
  const json::object verified = rollout_json("verify", 0);
  EXPECT_EQ(verified.at("with_hash"), 6);
  EXPECT_EQ(verified.at("newest").at("record"), 6);
  const std::string hash(verified.at("newest").at("hash").as_string());
  EXPECT_THAT(all.out, HasSubstr("newest: record 6, hash " + hash));
  EXPECT_EQ(rollout("verify --hash " + hash).code, 0);
  EXPECT_THAT(rollout("verify --hash " + hash).out, HasSubstr("that of record 6; 0 records came"));
  EXPECT_EQ(rollout("verify --hash " + std::string(64, 'a')).code, 1);
  EXPECT_EQ(rollout("verify 5 --hash " + hash).code, 1) << "another record's";
  for (const char* wrong : {"--hash abc", "2 --all"})
    EXPECT_EQ(rollout(std::string("verify ") + wrong).code, 2) << wrong;
  EXPECT_THAT(rollout("verify 99").err, HasSubstr("there is no record 99"));
  EXPECT_THAT(rollout("verify no-such-file").err, HasSubstr("no-such-file"));
}

TEST_F(RolloutRecords, AreVerifiedInAFileToo) {
  const Ran written = rollout("events --records");
  EXPECT_THAT(written.err, StartsWith("6 records; the newest has hash "));
  const std::string journal = write("journal", written.out);
  EXPECT_THAT(rollout("verify " + journal).out, HasSubstr("verified: 6 records"));
  EXPECT_EQ(rollout("verify -", journal).code, 0);
  const std::string hash = written.err.substr(written.err.size() - 65, 64);
  EXPECT_EQ(rollout("verify " + journal + " --hash " + hash).code, 0);

  std::vector<std::string> lines;
  std::istringstream in(written.out);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 6u);
  const auto with = [&](const std::vector<std::size_t>& order) {
    std::string text;
    for (const std::size_t i : order) text += lines[i] + "\n";
    return write("edited", text);
  };
  EXPECT_THAT(rollout("verify " + with({3})).out, HasSubstr("its hash is right"));
  EXPECT_EQ(rollout("verify " + write("one", lines[3])).code, 0) << "without an end of line";
  expect_broken(with({0, 1, 3, 4, 5}), 3, "record_missing");
  expect_broken(with({1, 2, 3, 4, 5}), 1, "record_missing");
  expect_broken(with({0, 2, 1, 3, 4, 5}), 2, "order_changed");
  const std::string cut = with({0, 1, 2, 3, 4});
  EXPECT_EQ(rollout("verify " + cut).code, 0) << "a file does not say where it ends";
  EXPECT_EQ(rollout("verify " + cut + " --hash " + hash).code, 1);
  lines[4].insert(1, " ");
  expect_broken(with({0, 1, 2, 3, 4, 5}), 5, "content_changed");
  lines[5].pop_back();
  expect_broken(with({5}), 1, "decided_differently");
  EXPECT_EQ(rollout("verify " + write("empty", "\n")).code, 2);
}

TEST_F(RolloutRecords, ThatSomebodyEditsInTheStoreAreNamed) {
  edit(
      "UPDATE rollout_journal SET text = replace(text, '\"by\":\"ada ', '\"by\":\"eve ')"
      " WHERE number = 2");
  expect_broken("", 2, "content_changed");
  expect_broken("2", 2, "content_changed");
  const Ran other = rollout("verify 3");
  EXPECT_EQ(other.code, 0) << other.out;
  EXPECT_THAT(other.out, HasSubstr("other records of the journal are broken"));
  edit(
      "UPDATE rollout_journal SET text = replace(text, '\"by\":\"eve ', '\"by\":\"ada ')"
      " WHERE number = 2");
  EXPECT_EQ(rollout("verify").code, 0);
  edit("UPDATE rollout_journal SET at_ms = at_ms + 1 WHERE number = 4");
  expect_broken("", 4, "time_changed");
  edit("UPDATE rollout_journal SET at_ms = at_ms - 1 WHERE number = 4");
  edit("DELETE FROM rollout_journal WHERE number = 6");
  expect_broken("", 5, "end_differs");
  edit("DELETE FROM rollout_journal WHERE number = 3");
  expect_broken("", 4, "record_missing");
  expect_broken("4", 4, "record_missing");
  edit("DELETE FROM rollout_state");
  EXPECT_EQ(rollout("verify").code, 1);
}

TEST_F(RolloutRecords, AReportOfARangeIsTheSameByteForByte) {
  auto store = local::make_sqlite_rollout_store(folder.path() / "data");
  const auto entries = store->entries(flag_name, sotto::ports::Journal::decisions, 0, 10);
  ASSERT_TRUE(entries);
  // Its end is long ago for a clock that is a day ahead; here the records are a day older.
  edit("UPDATE rollout_journal SET at_ms = at_ms - 86400000");
  const std::string range =
      "report --from " + sotto::format_utc(entries->front().at - std::chrono::hours{25}) +
      " --to " + sotto::format_utc(entries->back().at - std::chrono::hours{24});
  for (const char* format : {"markdown", "html", "json"}) {
    const std::string asked = range + " --format " + format;
    const Ran first = rollout(asked);
    ASSERT_EQ(first.code, 0) << first.err;
    EXPECT_THAT(first.out, HasSubstr("Rollout started by ada"));
    EXPECT_EQ(rollout("pause --reason later").code, 0);
    EXPECT_EQ(rollout("resume --reason later").code, 0);
    EXPECT_EQ(rollout("--percentage 3 --reason later").code, 0);
    EXPECT_EQ(rollout(asked).out, first.out);
    EXPECT_EQ(rollout("resume --reason later").code, 0) << "a change by hand has paused it";
  }
  EXPECT_EQ(rollout("report --from 2026-01-01").code, 2);
  EXPECT_EQ(rollout(range + " --period day").code, 2);
  const Ran future = rollout("report --from 2026-01-01 --to 2999-01-01");
  EXPECT_EQ(future.code, 2);
  EXPECT_THAT(future.err, HasSubstr("or earlier"));
}

}  // namespace
