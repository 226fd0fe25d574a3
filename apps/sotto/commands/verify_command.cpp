#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <fstream>
#include <iostream>

#include "commands/rollout_access.hpp"
#include "commands/rollout_common.hpp"
#include "options/flag_parts.hpp"
#include "output/rollout_output.hpp"
#include "rollout_controller/journal_check.hpp"
#include "rollout_controller/state_json.hpp"

namespace sotto::app {

namespace {

namespace json = boost::json;
using ports::JournalEntry;
using rollout_controller::BrokenRecord;
using rollout_controller::ChainHead;
using rollout_controller::JournalCheck;
using rollout_controller::JournalVerdict;

constexpr std::size_t records_at_once = 200;
constexpr std::size_t longest_record = 16 * 1024 * 1024;
constexpr std::size_t most_shown = 20;  // broken records; JSON has them all

struct VerifyOptions {
  std::shared_ptr<const RolloutCommon> common;
  std::string record, hash;
  bool all = false;
};

/// What was verified, and what came of it.
struct Verified {
  JournalVerdict verdict;
  std::optional<std::string> text;  ///< of the only record
  std::string each = "record";      ///< or "line"
  bool of_file = false;
  std::optional<JournalCheck::Found> found;  ///< the record that has the hash which was asked for
  bool broken_elsewhere = false;             ///< the journal of the only record
};

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size())
    return std::nullopt;
  return number;
}

template <class Take>
Result<> each_record(RolloutAccess& rollout, Take take) {
  for (std::uint64_t after = 0;;) {
    const auto entries = rollout.rollouts().entries(rollout.name(), ports::Journal::decisions,
                                                    after, records_at_once);
    if (!entries) return tl::unexpected(entries.error());
    for (const JournalEntry& entry : *entries) {
      after = entry.number;
      take(entry);
    }
    if (entries->size() < records_at_once) return {};
  }
}

// The newest record by the rollout's state; an error `invalid_argument` for a state that cannot be
// read.
Result<ChainHead> newest_of(RolloutAccess& rollout) {
  const auto standing = rollout.controller().look();
  if (!standing) return tl::unexpected(standing.error());
  return *standing ? (*standing)->newest : ChainHead{};
}

bool unreadable(const Result<ChainHead>& newest) {
  return !newest && newest.error().code == ErrorCode::invalid_argument;
}

// The journal of a store; with a number, the one record of it and its links.
Result<Verified> verify_store(RolloutAccess& rollout, std::optional<std::uint64_t> only,
                              const std::string& hash) {
  constexpr int attempts = 10;
  for (int attempt = 1;; ++attempt) {
    const auto before = newest_of(rollout);
    if (!before && !unreadable(before)) return tl::unexpected(before.error());
    JournalCheck check;
    Verified verified;
    const auto read = each_record(rollout, [&](const JournalEntry& entry) {
      check.add(entry.number, entry.text, entry.at, !only || *only == entry.number);
      if (only == entry.number) verified.text = entry.text;
    });
    if (!read) return tl::unexpected(read.error());
    const auto after = newest_of(rollout);
    // Something was decided meanwhile: what was read is of two times.
    if (before && after && *before != *after && attempt < attempts) continue;
    if (only && !verified.text)
      return fail(ErrorCode::not_found,
                  "there is no record " + std::to_string(*only) + "; see the events", "record");
    verified.verdict =
        check.finish(before ? std::optional<ChainHead>(*before) : std::nullopt, true);
    if (!before)
      verified.verdict.broken.push_back(
          {verified.verdict.last, rollout_controller::Break::end_differs, before.error().message});
    if (!hash.empty()) verified.found = check.find(hash);
    if (!only) return verified;
    const std::size_t all = verified.verdict.broken.size();
    std::erase_if(verified.verdict.broken, [&](const BrokenRecord& broken) {
      return broken.record != *only && broken.other != *only;
    });
    verified.broken_elsewhere = verified.verdict.broken.size() < all;
    if (verified.found && verified.found->record != *only) verified.found.reset();
    return verified;
  }
}

// A line without its end; false after the last.
Result<bool> next_line(std::istream& in, std::vector<char>& buffer, std::string& line) {
  in.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  const auto count = static_cast<std::size_t>(in.gcount());
  if (in.eof() && count == 0) return false;
  if (in.fail() && !in.eof())
    return fail(ErrorCode::invalid_argument,
                "a line has more than " + std::to_string(longest_record) + " bytes", "record");
  line.assign(buffer.data(), in.eof() ? count : count - 1);
  return true;
}

// A file with a record a line.
Result<Verified> verify_file(const std::string& file, const std::string& hash) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : opened;
  if (!in || (file != "-" && opened.peek() == std::ifstream::traits_type::eof()))
    return fail(ErrorCode::not_found, "cannot read a record from " + file, "record");
  JournalCheck check("line");
  Verified verified;
  std::vector<char> buffer(longest_record + 1);
  std::uint64_t number = 0, empty = 0, records = 0;
  for (std::string line;;) {
    const auto more = next_line(in, buffer, line);
    if (!more) return tl::unexpected(more.error());
    if (!*more) break;
    ++number;
    if (line.empty()) {  // empty ones at the end are none
      ++empty;
      continue;
    }
    for (; empty > 0; --empty) check.add(number - empty, "", std::nullopt, true);
    check.add(number, line, std::nullopt, true);
    ++records;
    verified.text = line;
  }
  if (records == 0) return fail(ErrorCode::invalid_argument, file + " has no record", "record");
  verified.verdict = check.finish(std::nullopt, number - empty > 1);
  if (number - empty > 1) verified.text.reset();
  verified.of_file = true;
  verified.each = "line";
  if (!hash.empty()) verified.found = check.find(hash);
  return verified;
}

std::string decision_of(const std::string& record) {
  const auto event = rollout_controller::event_of(record);
  if (!event) return "nothing";
  return std::string(rollout::to_string(event->kind)) + " at " + format_utc(event->at);
}

std::string count_words(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void print_single(const Verified& verified) {
  const auto& broken = verified.verdict.broken;
  const bool has_hash = rollout_controller::stated_hash(*verified.text).has_value();
  std::cout << (broken.empty() ? "verified: " : "BROKEN: ")
            << printable(decision_of(*verified.text));
  if (broken.empty())
    std::cout << ", decided again from the record's inputs, bit for bit the same; "
              << (!has_hash          ? "it has no hash: it is from before there were hashes"
                  : verified.of_file ? "its hash is right"
                                     : "its hash and its place in the chain are right");
  std::cout << '\n';
}

void print_journal(const Verified& verified) {
  const JournalVerdict& verdict = verified.verdict;
  if (verdict.records == 0 && verdict.broken.empty()) {
    std::cout << "nothing has happened to a rollout yet\n";
    return;
  }
  const std::string records = count_words(verdict.records, "record");
  if (!verdict.broken.empty())
    std::cout << "BROKEN: the journal of " << records << '\n';
  else if (!verdict.begins)
    std::cout << "verified: " << records
              << ", each decided again from its inputs, bit for bit the same\n";
  else
    std::cout
        << "verified: " << records
        << ", none changed, missing or moved; each decided again from its inputs, bit for bit "
           "the same\n";
  if (!verdict.begins)
    std::cout << "no record has a hash: all are from before there were hashes\n";
  else if (verdict.records > verdict.with_hash && verdict.broken.empty())
    std::cout << "the chain begins with " << verified.each << ' ' << *verdict.begins << "; the "
              << count_words(verdict.records - verdict.with_hash, "record")
              << " before it are from before there were hashes\n";
  if (verdict.newest.number > 0)
    std::cout << "newest: " << verified.each << ' ' << verdict.last << ", hash "
              << verdict.newest.hash << '\n';
}

void print_text(const Verified& verified, const VerifyOptions& options) {
  const auto& broken = verified.verdict.broken;
  verified.text ? print_single(verified) : print_journal(verified);
  for (std::size_t i = 0; i < std::min(broken.size(), most_shown); ++i)
    std::cout << verified.each << ' ' << broken[i].record << ": " << to_string(broken[i].how)
              << ": " << printable(broken[i].what, 1000) << '\n';
  if (broken.size() > most_shown)
    std::cout << "and " << broken.size() - most_shown << " more; --json has all\n";
  if (!options.hash.empty() && verified.found)
    std::cout << "the hash is that of " << verified.each << ' ' << verified.found->record << "; "
              << count_words(verified.found->later, "record") << " came after it\n";
  else if (!options.hash.empty())
    std::cout << "BROKEN: no unchanged record has the hash " << options.hash << '\n';
  if (verified.broken_elsewhere)
    std::cout << "other records of the journal are broken; see: sotto rollout verify\n";
}

void print_json(const Verified& verified, const VerifyOptions& options, bool good) {
  const JournalVerdict& verdict = verified.verdict;
  json::array broken;
  for (const BrokenRecord& one : verdict.broken)
    broken.push_back(
        json::object{{"record", one.record}, {"how", to_string(one.how)}, {"what", one.what}});
  json::object object{{"verified", good}};
  if (verified.text) {
    object["same"] = verdict.broken.empty();
    object["decision"] = decision_of(*verified.text);
    object["journal_broken_elsewhere"] = verified.broken_elsewhere;
  }
  object["records"] = verified.text ? 1 : verdict.records;
  object["with_hash"] =
      !verified.text ? verdict.with_hash
                     : std::size_t{rollout_controller::stated_hash(*verified.text).has_value()};
  object["chain_begins"] = verdict.begins ? json::value(*verdict.begins) : nullptr;
  object["newest"] = verdict.newest.number > 0 ? json::value{{"record", verdict.last},
                                                             {"number", verdict.newest.number},
                                                             {"hash", verdict.newest.hash}}
                                               : json::value(nullptr);
  object["broken"] = std::move(broken);
  if (!options.hash.empty())
    object["hash"] =
        json::object{{"hash", options.hash},
                     {"record", verified.found ? json::value(verified.found->record) : nullptr},
                     {"later", verified.found ? json::value(verified.found->later) : nullptr}};
  print(object);
}

Result<Verified> verify_what(const VerifyOptions& options) {
  if (!options.hash.empty() && !rollout_controller::is_hash(options.hash))
    return fail(ErrorCode::invalid_argument,
                "hash is \"" + options.hash.substr(0, 100) + "\", must be 64 hexadecimal digits",
                "hash");
  if (options.all && !options.record.empty())
    return fail(ErrorCode::invalid_argument, "record cannot be named with --all", "record");
  const auto only = number_of(options.record);
  if (!options.record.empty() && !only) return verify_file(options.record, options.hash);
  const auto rollout = RolloutAccess::open(*options.common);
  if (!rollout) return tl::unexpected(rollout.error());
  return verify_store(**rollout, only, options.hash);
}

int verify(VerifyOptions options) {
  std::transform(options.hash.begin(), options.hash.end(), options.hash.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto verified = verify_what(options);
  if (!verified) return fail_with(verified.error(), *options.common);
  const bool good =
      verified->verdict.broken.empty() && (options.hash.empty() || verified->found.has_value());
  if (options.common->json)
    print_json(*verified, options, good);
  else
    print_text(*verified, options);
  return good ? exit_success : exit_failure;
}

}  // namespace

int print_records(const RolloutCommon& common) {
  const auto rollout = RolloutAccess::open(common);
  if (!rollout) return fail_with(rollout.error(), common);
  std::size_t records = 0;
  std::string newest;
  const auto read = each_record(**rollout, [&](const JournalEntry& entry) {
    ++records;
    newest = rollout_controller::stated_hash(entry.text).value_or("");
    std::cout << entry.text << '\n';
  });
  if (!read) return fail_with(read.error(), common);
  std::cout << std::flush;
  std::cerr << count_words(records, "record");
  if (!newest.empty()) std::cerr << "; the newest has hash " << newest;
  std::cerr << '\n';
  return std::cout ? exit_success : exit_failure;
}

void add_verify(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common, Run& run) {
  auto options = std::make_shared<VerifyOptions>();
  options->common = common;
  CLI::App* command = rollout.add_subcommand(
      "verify", "Check that no record was changed, removed or moved, and decide each again");
  command->fallthrough();
  command->add_option("record", options->record,
                      "One record: its number (see the events); or a file with one, or with a "
                      "journal as events --records writes it; - is standard input");
  command->add_flag("--all", options->all, "The whole journal; so it is without a record");
  command->add_option("--hash", options->hash,
                      "A hash from a notice or a report: a record must still have it");
  command->callback([options, &run] { run = [options] { return verify(*options); }; });
}

}  // namespace sotto::app
