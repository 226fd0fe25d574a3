#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ports/session_store.hpp"
#include "providers/aws/dynamodb/dynamodb_session_items.hpp"
#include "providers/aws/dynamodb/dynamodb_table.hpp"

namespace sotto::providers::aws::dynamodb {

/// A caption, and the session that it belongs to.
struct CaptionToPut {
  SessionId id;
  ports::StoredCaption caption;
};

/// What a store of sessions does with its table, in the caller's thread. Contract of each:
/// ports::SessionStore, without its queue. Thread-safe.
class SessionTable {
 public:
  static constexpr std::size_t in_flight = 8;  ///< calls at a time, where there are many to make

  SessionTable(Table table, std::string instance, ClientDependencies dependencies);

  std::string name() const { return table_.name(); }

  Result<> add(const ports::StoredSession& session);
  Result<> decide(const SessionId& id, bool partial_results, const std::string& reason,
                  std::uint64_t flag_version);
  Result<> end(const SessionId& id, UtcTime at);
  Result<std::optional<SessionRow>> find(const SessionId& id) const;
  Result<std::vector<ports::StoredSession>> open_sessions() const;
  Result<std::vector<ports::StoredCaption>> captions(const SessionId& id,
                                                     const Language& language) const;
  Result<bool> put(const SessionId& id, const ports::StoredFeedback& feedback, std::size_t most);
  /// Only if it ended before `before`.
  Result<bool> forget(const SessionId& id, UtcTime before = UtcTime::max());
  Result<std::vector<SessionId>> ended_before(UtcTime before) const;

  /// Puts captions, up to `in_flight` at a time; no two of them may be of one segment, language and
  /// session. What became of each. Once the table does not answer, the rest is not tried.
  std::vector<Result<>> put(const std::vector<CaptionToPut>& captions);

 private:
  struct Owner;
  Result<> put(const CaptionToPut& caption, const std::string& generation) const;
  std::vector<Owner> owners_of(const std::vector<CaptionToPut>& captions) const;
  Result<> update(const SessionId& id, Item input) const;
  Result<> heard_one_more(const SessionRow& row, std::size_t most);
  Result<> remove_rest(const SessionId& id, const std::string& generation);
  Result<std::vector<SessionId>> standing(const char* how, std::optional<UtcTime> before) const;
  tl::unexpected<Error> unknown(const SessionId& id) const;

  const Table table_;
  const std::string instance_;
  const ClientDependencies dependencies_;
  std::atomic<std::uint64_t> turns_ = 0;
};

/// Does it concern the table, and so all that waits for it?
inline bool of_the_table(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::permission_denied;
}

}  // namespace sotto::providers::aws::dynamodb
