#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ports/session_store.hpp"
#include "providers/aws/dynamodb/dynamodb_table.hpp"

/// Sessions, captions and feedback as items of a table, see dynamodb_session_store.hpp. Pure.
namespace sotto::providers::aws::dynamodb {

/// A session, and what only the table knows of it.
struct SessionRow {
  ports::StoredSession session;
  std::string generation;   ///< which of the lives of its id
  std::uint64_t turn = 0;   ///< rising with each that a process begins
  std::uint64_t heard = 0;  ///< how many gave feedback
};

/// Seconds since 1970, for the table's time to live: `kept` after `at`.
std::int64_t expiry(UtcTime at, std::chrono::seconds kept);

/// How long the table keeps a session after its end; and what belongs to it after it was written,
/// long enough that it does not go before its session.
constexpr std::chrono::days session_kept{30}, caption_kept{37};

Item session_key(const SessionId& id);
Item session_item(const SessionRow& row);
/// Nothing for an item that is no session.
std::optional<SessionRow> session_of(const Item& item);

/// Where a caption is: `caption#LANGUAGE#SEGMENT`.
std::string caption_place(const Language& language, std::uint32_t segment);
Item caption_item(const SessionId& id, const std::string& generation,
                  const ports::StoredCaption& caption, UtcTime now);
/// Nothing for an item that is no caption in that language.
std::optional<ports::StoredCaption> caption_of(const Item& item, const Language& language);

Item feedback_key(const SessionId& id, const std::string& listener);
Item feedback_item(const SessionId& id, const std::string& generation,
                   const ports::StoredFeedback& feedback, UtcTime now);

/// May it be kept? Errors: `invalid_argument` for a language of more than 64 bytes or with a `#`,
/// `resource_exhausted` for a text of more than max_content bytes.
Result<> fits(const ports::StoredCaption& caption);

}  // namespace sotto::providers::aws::dynamodb
