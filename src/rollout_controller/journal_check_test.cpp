#include "rollout_controller/journal_check.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "feature_flag/flag_operations.hpp"
#include "json/text.hpp"
#include "rollout_controller/state_json.hpp"
#include "tests/support/memory_flag_store.hpp"
#include "tests/support/memory_rollout_store.hpp"
#include "tests/support/rollout_readings.hpp"

namespace sotto::rollout_controller {
namespace {

using ports::JournalEntry;
using rollout::Command;
using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string flag_name(rollout::default_parameter_name);
constexpr UtcTime beginning{hours{24 * 365 * 56}};

class CheckingAJournal : public ::testing::Test {
 protected:
  void say(Command::Kind kind, const std::string& reason = "because") {
    const auto plan = kind == Command::Kind::start ? rollout::guide_plan() : rollout::Plan{};
    const auto done = controller.command({kind, "ada", reason, plan, true}, now += minutes{5});
    EXPECT_TRUE(done) << done.error().message;
  }

  // Two rollouts: six decisions.
  std::vector<JournalEntry> two_rollouts() {
    say(Command::Kind::start);
    say(Command::Kind::pause, "\"lunch\" \\ caf\u00e9");
    say(Command::Kind::abort);
    say(Command::Kind::start);
    say(Command::Kind::advance);
    say(Command::Kind::pause);
    return journal();
  }

  std::vector<JournalEntry> journal() {
    return *rollouts.entries(flag_name, ports::Journal::decisions, 0, 1000);
  }
  ChainHead head() { return (*controller.look())->newest; }

  JournalVerdict check(const std::vector<JournalEntry>& entries, bool decide = true) {
    JournalCheck check;
    for (const JournalEntry& entry : entries) check.add(entry.number, entry.text, entry.at, decide);
    return check.finish(head(), true);
  }

  // Each broken record and how.
  static std::vector<std::string> said(const JournalVerdict& verdict) {
    std::vector<std::string> all;
    for (const BrokenRecord& broken : verdict.broken)
      all.push_back(std::to_string(broken.record) + " " + std::string(to_string(broken.how)));
    return all;
  }
  std::vector<std::string> broken(const std::vector<JournalEntry>& entries, bool decide = true) {
    return said(check(entries, decide));
  }

  // As a server of before there were hashes left its records, and its state.
  void without_hashes() {
    std::vector<JournalEntry> entries = journal();
    Standing standing = **controller.look();
    standing.newest = {};
    rollouts = {};
    std::vector<std::string> texts;
    for (const JournalEntry& entry : entries) texts.push_back(unchained(entry.text));
    EXPECT_TRUE(rollouts.write(flag_name, 0, standing_text(standing), texts, now));
  }

  testing::MemoryFlagStore flags;
  testing::MemoryRolloutStore rollouts;
  UtcTime now = beginning;
  bool busy = true;  ///< its records have evidence, which makes them ten times as long
  RolloutController controller{
      {&rollouts,
       &flags,
       flag_name,
       "a",
       [this](const rollout::State&, UtcTime at) -> Result<rollout::Readings> {
         if (!busy) return fail(ErrorCode::unavailable, "no metrics");
         return testing::healthy_readings(10, 200, at);
       },
       {}}};
};

TEST_F(CheckingAJournal, WhatTheControllerWroteIsWhole) {
  const auto entries = two_rollouts();
  const JournalVerdict verdict = check(entries);
  EXPECT_THAT(said(verdict), IsEmpty()) << verdict.broken[0].what;
  EXPECT_EQ(verdict.records, 6u);
  EXPECT_EQ(verdict.with_hash, 6u);
  EXPECT_EQ(verdict.decided_again, 6u);
  EXPECT_EQ(verdict.begins, entries[0].number);
  EXPECT_EQ(verdict.newest, head());
  EXPECT_EQ(verdict.newest.number, 6u);
  EXPECT_EQ(chain_place(entries[0].text)->previous, "");
  EXPECT_THAT(entries[0].text, HasSubstr(R"("previous":null},"hash":")"));
  EXPECT_EQ(chain_place(entries[1].text)->previous, chain_place(entries[0].text)->hash);
  EXPECT_EQ(chain_place(entries[1].text)->at, entries[1].at);
}

TEST_F(CheckingAJournal, AJournalWithoutRecordsIsWhole) {
  const JournalVerdict verdict = JournalCheck().finish(ChainHead{}, true);
  EXPECT_THAT(verdict.broken, IsEmpty());
  EXPECT_FALSE(verdict.begins);
}

// The definition that a reader can compute elsewhere.
TEST_F(CheckingAJournal, TheHashIsOfAllBytesBeforeIt) {
  const std::string first = chained(R"({"a":1})", {}, UtcTime{});
  EXPECT_EQ(first, R"({"a":1,"chain":{"number":1,"at":"1970-01-01T00:00:00.000Z","previous":null},)"
                   R"("hash":"76bc04f767502b71295576ade18381f7d5dd76d8dde5ae7098cbc8de0170fbf9"})");
  EXPECT_EQ(unchained(first), R"({"a":1})");
  EXPECT_EQ(unchained("{}"), "{}");
}

// One byte in ninety-seven of records with all their evidence.
TEST_F(CheckingAJournal, EditsOfEvidenceAreFound) {
  const auto entries = two_rollouts();
  for (const JournalEntry& entry : entries)
    for (std::size_t at = 0; at < entry.text.size(); at += 97) {
      JournalEntry edited = entry;
      edited.text[at] = static_cast<char>(edited.text[at] ^ 1);
      JournalCheck alone;
      alone.add(edited.number, edited.text, edited.at, true);
      ASSERT_THAT(alone.finish(std::nullopt, false).broken, SizeIs(1)) << "byte " << at;
    }
}

// Each byte, changed to others: by one bit, by its case, and to what JSON often skips.
TEST_F(CheckingAJournal, AnyEditOfOneByteIsFound) {
  busy = false;
  const auto entries = two_rollouts();
  std::size_t edits = 0;
  for (std::size_t i = 0; i < entries.size(); ++i)
    for (std::size_t at = 0; at < entries[i].text.size(); ++at)
      for (const char to : {static_cast<char>(entries[i].text[at] ^ 1),
                            static_cast<char>(entries[i].text[at] ^ 0x20), ' '}) {
        if (to == entries[i].text[at]) continue;
        ++edits;
        JournalEntry edited = entries[i];
        edited.text[at] = to;
        JournalCheck alone;
        alone.add(edited.number, edited.text, edited.at, true);
        ASSERT_THAT(alone.finish(std::nullopt, false).broken, SizeIs(1))
            << "byte " << at << " of record " << edited.number;
        if (edits % 499 != 0) continue;
        auto all = entries;
        all[i] = edited;
        const auto found = broken(all, false);
        ASSERT_THAT(found, SizeIs(1)) << "byte " << at << " of record " << edited.number;
        EXPECT_THAT(found[0], HasSubstr(std::to_string(edited.number) + " "));
      }
  EXPECT_GT(edits, 10'000u);
}

TEST_F(CheckingAJournal, EveryByteOfTheLastMembersCountsInItsJournalWithoutDecidingAgain) {
  const auto entries = two_rollouts();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::size_t begin = entries[i].text.rfind(",\"chain\":");
    for (std::size_t at = begin; at < entries[i].text.size(); ++at) {
      auto edited = entries;
      edited[i].text[at] = static_cast<char>(edited[i].text[at] ^ 1);
      const auto found = broken(edited, false);
      ASSERT_FALSE(found.empty()) << "byte " << at << " of record " << edited[i].number;
      EXPECT_THAT(found, ::testing::Contains(HasSubstr(std::to_string(edited[i].number) + " ")));
    }
  }
}

TEST_F(CheckingAJournal, BytesAddedOrTakenAreFound) {
  const auto entries = two_rollouts();
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, entries[2].text.size() / 2,
                               entries[2].text.size() - 1, entries[2].text.size()}) {
    auto edited = entries;
    edited[2].text.insert(at, " ");
    EXPECT_THAT(broken(edited), Not(IsEmpty())) << at;
    edited = entries;
    edited[2].text.erase(at == 0 ? 0 : at - 1, 1);
    EXPECT_THAT(broken(edited), Not(IsEmpty())) << at;
  }
}

// All of these are the same to a parser of JSON.
TEST_F(CheckingAJournal, WhatJsonDoesNotSeeIsFound) {
  const auto entries = two_rollouts();
  const std::string text = entries[1].text;
  std::vector<std::string> same;
  const auto with = [&](const std::string& old, const std::string& other) {
    const auto at = text.find(old);
    ASSERT_NE(at, std::string::npos) << old;
    same.push_back(std::string(text).replace(at, old.size(), other));
  };
  with("{\"event\":", "{ \"event\":");
  with("\"by\":\"ada\"", "\"by\":\"\\u0061da\"");
  with("\"percentage_before\":10,\"percentage_after\":10",
       "\"percentage_after\":10,\"percentage_before\":10");
  with("\"percentage_after\":10", "\"percentage_after\":1e1");
  with("{\"event\":", "{\"event\":null,\"event\":");
  boost::json::object twice = boost::json::parse(text).as_object();
  same.push_back(json::to_text(twice) + "\n");
  for (const std::string& edited : same) {
    auto all = entries;
    all[1].text = edited;
    EXPECT_THAT(broken(all), Not(IsEmpty())) << edited.substr(0, 100);
  }
}

TEST_F(CheckingAJournal, ARecordThatWasTakenOutIsNamed) {
  const auto entries = two_rollouts();
  for (std::size_t i = 0; i + 1 < entries.size(); ++i) {
    auto less = entries;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    const JournalVerdict verdict = check(less);
    EXPECT_THAT(said(verdict),
                ElementsAre(std::to_string(entries[i + 1].number) + " record_missing"));
    EXPECT_THAT(verdict.broken[0].what,
                HasSubstr("number " + std::to_string(i + 1) + " of the chain is missing"));
  }
  auto less = entries;
  less.pop_back();
  EXPECT_THAT(broken(less), ElementsAre("5 end_differs"));
  EXPECT_THAT(check(less).broken[0].what, HasSubstr("number 6 of the chain is missing at the end"));
  less.resize(2);
  EXPECT_THAT(check(less).broken[0].what, HasSubstr("numbers 3 to 6 of the chain are missing"));
  EXPECT_THAT(broken({}), ElementsAre("0 end_differs"));
}

TEST_F(CheckingAJournal, RecordsThatWereMovedAreNamed) {
  const auto entries = two_rollouts();
  for (std::size_t i = 0; i + 1 < entries.size(); ++i) {
    auto moved = entries;  // the store's numbers stay in order, the texts and times do not
    std::swap(moved[i].text, moved[i + 1].text);
    std::swap(moved[i].at, moved[i + 1].at);
    EXPECT_THAT(broken(moved), ElementsAre(std::to_string(i + 1) + " order_changed",
                                           std::to_string(i + 2) + " order_changed"));
  }
  auto twice = entries;
  twice.push_back(twice[2]);
  twice.back().number = 7;
  EXPECT_THAT(broken(twice), ElementsAre("7 order_changed"));
}

TEST_F(CheckingAJournal, AnotherTimeOfTheStoreIsFound) {
  auto entries = two_rollouts();
  entries[3].at += milliseconds{1};
  EXPECT_THAT(broken(entries), ElementsAre("4 time_changed"));
}

// The number names the record for readers; records in another order by it are in another order.
TEST_F(CheckingAJournal, AnotherNumberOfTheStoreIsAnotherOrder) {
  auto entries = two_rollouts();
  entries[1].number = 60;
  std::rotate(entries.begin() + 1, entries.begin() + 2, entries.end());
  EXPECT_THAT(broken(entries), ::testing::Contains("60 order_changed"));
}

TEST_F(CheckingAJournal, ARecordThatWasReplacedWithItsHashIsFound) {
  const auto entries = two_rollouts();
  auto forged = entries;
  std::string text = unchained(forged[1].text);
  const std::string by = R"("by":"ada")";
  for (auto at = text.find(by); at != std::string::npos; at = text.find(by, at + 1))
    text.replace(at, by.size(), R"("by":"eve")");
  const auto place = *chain_place(forged[1].text);
  forged[1].text = chained(text, {place.number - 1, place.previous}, place.at);
  EXPECT_EQ(recompute(forged[1].text), forged[1].text) << "by itself it is well made";
  EXPECT_THAT(broken(forged), ElementsAre("3 previous_differs"));
  // All the later ones made anew: only the state, or what stands outside of the store, tells.
  ChainHead before{2, chain_place(forged[1].text)->hash};
  for (std::size_t i = 2; i < forged.size(); ++i) {
    forged[i].text = chained(unchained(forged[i].text), before, forged[i].at);
    before = {before.number + 1, chain_place(forged[i].text)->hash};
  }
  EXPECT_THAT(broken(forged), ElementsAre("6 end_differs"));
  JournalCheck check;
  for (const JournalEntry& entry : forged) check.add(entry.number, entry.text, entry.at, false);
  EXPECT_FALSE(check.find(chain_place(entries[1].text)->hash)) << "that somebody was told of";
  EXPECT_EQ(check.find(chain_place(entries[0].text)->hash)->record, 1u);
  EXPECT_EQ(check.find(chain_place(entries[0].text)->hash)->later, 5u);
}

TEST_F(CheckingAJournal, ADecisionThatDoesNotFollowIsFoundThoughItsHashIsRight) {
  auto entries = two_rollouts();
  const auto place = *chain_place(entries.back().text);
  std::string text = unchained(entries.back().text);
  text.replace(text.find("\"percentage_after\":50"), 21, "\"percentage_after\":99");
  entries.back().text = chained(text, {place.number - 1, place.previous}, place.at);
  EXPECT_THAT(broken(entries), ElementsAre("6 decided_differently", "6 end_differs"));
}

TEST_F(CheckingAJournal, RecordsOfBeforeThereWereHashesAreReadAndSaidToBe) {
  two_rollouts();
  without_hashes();
  JournalVerdict verdict = check(journal());
  EXPECT_THAT(said(verdict), IsEmpty());
  EXPECT_EQ(verdict.with_hash, 0u);
  EXPECT_FALSE(verdict.begins);
  say(Command::Kind::resume);
  say(Command::Kind::pause);
  const auto entries = journal();
  verdict = check(entries);
  EXPECT_THAT(said(verdict), IsEmpty()) << verdict.broken[0].what;
  EXPECT_EQ(verdict.records, 8u);
  EXPECT_EQ(verdict.with_hash, 2u);
  EXPECT_EQ(verdict.begins, entries[6].number);
  EXPECT_EQ(verdict.newest.number, 2u);

  auto edited = entries;
  edited[3].text.replace(edited[3].text.find("ada"), 3, "eve");
  EXPECT_THAT(broken(edited), ElementsAre("4 decided_differently"));
  edited = entries;
  edited[7].text = unchained(edited[7].text);
  EXPECT_THAT(broken(edited, false), ElementsAre("8 no_hash"));
  edited = entries;
  edited[6].text = unchained(edited[6].text);
  EXPECT_THAT(broken(edited, false), ElementsAre("7 no_hash"));
}

TEST_F(CheckingAJournal, SomeOfAJournalNeedNotBeginIt) {
  const auto entries = two_rollouts();
  JournalCheck check;
  for (std::size_t i = 2; i < 4; ++i)
    check.add(entries[i].number, entries[i].text, std::nullopt, true);
  EXPECT_THAT(check.finish(std::nullopt, false).broken, IsEmpty());
  EXPECT_THAT(said(check.finish(std::nullopt, true)), ElementsAre("3 record_missing"));
}

TEST_F(CheckingAJournal, AStateThatLostItsChainBeginsAnotherAndIsFound) {
  two_rollouts();
  Standing standing = **controller.look();
  standing.newest = {};
  EXPECT_TRUE(rollouts.write(flag_name, standing.version, standing_text(standing), {}, now));
  EXPECT_THAT(broken(journal()), ElementsAre("6 end_differs"));
  say(Command::Kind::resume);
  EXPECT_THAT(broken(journal()), ElementsAre("7 order_changed", "7 end_differs"));
}

}  // namespace
}  // namespace sotto::rollout_controller
