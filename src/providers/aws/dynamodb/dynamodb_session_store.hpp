#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "ports/session_store.hpp"
#include "providers/aws/client/client.hpp"

namespace sotto::providers::aws {

/// How much a store takes.
struct DynamoDbSessionLimits {
  std::size_t waiting_captions = 100'000;                    ///< appended, but not yet acknowledged
  std::size_t feedback = ports::SessionStore::max_feedback;  ///< of one session
};

/// Sessions in a DynamoDB table with the partition key `session_id` and the sort key `item`, both
/// S, and an index `by_standing` of keys: partition `standing` (S), sort `since_ms` (N). Contract:
/// ports::SessionStore.
///
/// | `item` | attributes |
/// | --- | --- |
/// | `session` | ports::StoredSession; `generation`, `turn`, `heard`; `standing`, `since_ms` |
/// | `caption#LANGUAGE#SEGMENT` | `seq`, `text`, `start_ms`, `end_ms`, `generation` |
/// | `feedback#LISTENER` | `rating`, `language`, `at_ms`, `generation` |
///
/// `SEGMENT` has ten digits. Only sessions have `standing` (`open`, `ended`), so only they are in
/// the index. A text is S, or B where it is not UTF-8. `generation` is made up anew whenever an id
/// begins; an item of another one belongs to a session that was forgotten, and is not read. By it a
/// begin() whose answer got lost knows its own, too. `expires_at`, seconds since 1970, is for the
/// table's time to live: 30 days after the end for the session, 37 days after it was written for
/// what belongs to it. `instance` must be another one each time, for `generation`.
///
/// - append() and end() are written by one thread, in order: a read of the sessions, then up to
///   eight PutItem calls at a time, 64 captions before their `done`s are called. So a caption takes
///   two calls to AWS, one after the other. No two revisions of a segment are in flight at
///   once. Captions past 380 kB are refused with `resource_exhausted` (an item has 400 kB), of a
///   language past 64 bytes with `invalid_argument`.
/// - Where the table does not answer, all that waits is told so (an end() waits for the next
///   writing), and the next caption is tried again: within 4 s.
/// - prune() deletes what ended before, by the index, so that it does not depend on the time to
///   live, which deletes some days late and only when 30 days have passed. forget() waits for what
///   was appended, deletes the session, and then what belongs to it: pages of 1 MB, 25 items a
///   call, eight calls at a time.
/// - open_sessions() asks the index, which may be some moments behind, and then for each session by
///   itself, which is not. It returns all that is open in the table: a table is one server's.
/// - The bound of feedback counts also one whose writer died before it was kept.
/// - The destructor first writes all that waits.
///
/// Needs dynamodb:GetItem, PutItem, UpdateItem, DeleteItem, BatchWriteItem and Query on the table,
/// and Query on the index. Each call to AWS takes 2 s at the most, retries included.
std::unique_ptr<ports::SessionStore> make_dynamodb_session_store(
    std::shared_ptr<Client> client, std::string table, std::string instance,
    DynamoDbSessionLimits limits = {},
    ClientDependencies dependencies = ClientDependencies::real());

}  // namespace sotto::providers::aws
