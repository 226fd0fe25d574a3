#include "providers/aws/readers/reader_leases.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "json/members.hpp"

namespace sotto::providers::aws {

namespace json = boost::json;

namespace {

// One process's record. It is written whole each time, so a write that failed is made up for by
// the next one.
class Seat : public ports::FlagReaderSeat {
 public:
  Seat(std::shared_ptr<ReaderRecords> records, std::string flag, ReaderRecord record)
      : records_(std::move(records)), flag_(std::move(flag)), record_(std::move(record)) {}
  ~Seat() override { (void)records_->remove(flag_, record_); }

  Result<> put(bool again) {
    record_.heard_at = records_->now();
    record_.expires_at = record_.heard_at + records_->lease();
    return records_->put(flag_, record_, again);
  }

  Result<> acknowledge(std::uint64_t version, UtcTime at) override {
    record_.version = version;
    record_.at = at;
    return put(true);
  }

  Result<> renew(std::uint64_t live_sessions) override {
    record_.sessions = live_sessions;
    return put(true);
  }

 private:
  const std::shared_ptr<ReaderRecords> records_;
  const std::string flag_;
  ReaderRecord record_;
};

}  // namespace

std::string to_text(const ReaderRecord& record) {
  return json::serialize(json::object{{"process", record.process},
                                      {"instance", record.instance},
                                      {"version", record.version},
                                      {"at", format_utc(record.at)},
                                      {"sessions", record.sessions},
                                      {"heard_at", format_utc(record.heard_at)},
                                      {"expires_at", format_utc(record.expires_at)}});
}

std::optional<ReaderRecord> reader_record_of(const std::string& text) {
  const auto object = sotto::json::parse_object(text);
  if (!object) return std::nullopt;
  const auto time = [&](const char* name) {
    return parse_utc(sotto::json::text_member(*object, name).value_or(""));
  };
  auto process = sotto::json::text_member(*object, "process");
  auto instance = sotto::json::text_member(*object, "instance");
  const auto version = sotto::json::count_member(*object, "version");
  const auto sessions = sotto::json::count_member(*object, "sessions");
  const auto at = time("at"), heard_at = time("heard_at"), expires_at = time("expires_at");
  if (!process || !instance || !version || !sessions || !at || !heard_at || !expires_at)
    return std::nullopt;
  return ReaderRecord{std::move(*process), std::move(*instance), *version, *at, *sessions,
                      *heard_at,           *expires_at};
}

Result<std::unique_ptr<ports::FlagReaderSeat>> ReaderLeases::join(const std::string& flag,
                                                                  const std::string& process) {
  ReaderRecord record;
  record.process = process;
  record.instance = instance_();
  auto seat = std::make_unique<Seat>(records_, flag, std::move(record));
  if (auto put = seat->put(false); !put) return tl::unexpected(put.error());
  remove_forgotten(flag);
  return seat;
}

Result<std::vector<ports::FlagReaderState>> ReaderLeases::readers(const std::string& flag) {
  const auto records = records_->all(flag);
  if (!records) return tl::unexpected(records.error());
  const UtcTime now = records_->now();
  std::vector<ports::FlagReaderState> found;
  for (const ReaderRecord& record : *records) {
    if (now - record.expires_at > forgotten_after) continue;
    found.push_back({record.process, record.version, record.at, record.sessions, record.heard_at,
                     record.expires_at < now});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.process < b.process; });
  return found;
}

// What cannot be removed now is left to the next one.
void ReaderLeases::remove_forgotten(const std::string& flag) {
  constexpr std::size_t most_at_once = 20;
  const auto records = records_->all(flag);
  if (!records) return;
  const UtcTime now = records_->now();
  std::size_t removed = 0;
  for (const ReaderRecord& record : *records) {
    if (now - record.expires_at <= forgotten_after) continue;
    if (++removed > most_at_once || !records_->remove(flag, record)) return;
  }
}

}  // namespace sotto::providers::aws
