#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "ports/flag_store.hpp"

namespace sotto::providers::aws {

/// What a process that reads a flag says of itself, as it is stored.
struct ReaderRecord {
  std::string process;   ///< as it named itself
  std::string instance;  ///< names the process among all that ever had that name
  std::uint64_t version = 0;
  UtcTime at{};  ///< since when it acts on the version
  std::uint64_t sessions = 0;
  UtcTime heard_at{}, expires_at{};  ///< by AWS's clock
  friend bool operator==(const ReaderRecord&, const ReaderRecord&) = default;
};

/// As JSON of one line.
std::string to_text(const ReaderRecord& record);
/// Nothing for a text that is none.
std::optional<ReaderRecord> reader_record_of(const std::string& text);

/// Where the records of a flag's readers are kept, one a process. Thread-safe. Methods block for
/// a few seconds at the most. Errors of all: `unavailable` or `permission_denied`, with a message
/// that names the place.
class ReaderRecords {
 public:
  virtual ~ReaderRecords() = default;

  /// What people call the place, such as `dynamodb:audio-transcription-rollouts`.
  virtual std::string name() const = 0;
  /// How long a record counts without being renewed. It is renewed in a third of that.
  virtual std::chrono::seconds lease() const = 0;
  /// The current time, by AWS's clock.
  virtual UtcTime now() const = 0;

  /// Writes a process's record in the place of its last one. `again`: this instance has written
  /// it before. Errors: `already_exists` where another instance has one that has not expired.
  virtual Result<> put(const std::string& flag, const ReaderRecord& record, bool again) = 0;
  /// Deletes the record of an instance; no error where it is not there.
  virtual Result<> remove(const std::string& flag, const ReaderRecord& record) = 0;
  /// All of a flag. What is none is left out.
  virtual Result<std::vector<ReaderRecord>> all(const std::string& flag) = 0;
};

/// The readers of flags as leases, for a store whose readers are on several machines. A record
/// whose lease has expired is `gone`; after an hour it is no longer given, and deleted by the next
/// process that joins. Thread-safe, but for a seat, which one thread at a time uses.
class ReaderLeases {
 public:
  /// `instance` gives another name each time.
  ReaderLeases(std::shared_ptr<ReaderRecords> records, std::function<std::string()> instance)
      : records_(std::move(records)), instance_(std::move(instance)) {}

  std::string name() const { return records_->name(); }
  std::chrono::seconds renew_every() const { return records_->lease() / 3; }

  /// As ports::FlagStore::join(). Errors: `already_exists` for a name that another process has.
  Result<std::unique_ptr<ports::FlagReaderSeat>> join(const std::string& flag,
                                                      const std::string& process);

  /// By name; those that are gone too.
  Result<std::vector<ports::FlagReaderState>> readers(const std::string& flag);

  static constexpr std::chrono::hours forgotten_after{1};

 private:
  void remove_forgotten(const std::string& flag);

  const std::shared_ptr<ReaderRecords> records_;
  const std::function<std::string()> instance_;
};

}  // namespace sotto::providers::aws
