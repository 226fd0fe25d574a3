#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "ports/decision_sink.hpp"
#include "providers/aws/client/client.hpp"

namespace sotto::providers::aws {

/// The most that a record of the stream takes: its data before base64 and its partition key
/// together (Kinesis API Reference, PutRecord: 1 MiB; a stream can be set to take up to 10 MiB,
/// which nothing here counts on).
inline constexpr std::size_t largest_kinesis_record = 1 << 20;

/// Decisions into a Kinesis stream. A record's partition key is its session's id, its data are the
/// decisions of one take() in their order, each a line of JSON with a line feed at its end; what
/// would be larger than largest_kinesis_record goes into as many records as it needs, cut between
/// decisions.
///
/// A session's records are in order: they are put one at a time (PutRecord, of which the next waits
/// for the answer), each with the sequence number of the one before as SequenceNumberForOrdering,
/// which the API Reference says makes the numbers of one client and key strictly rise. PutRecords
/// has no such promise: of its up to 500 records some may fail while later ones are kept. One
/// record a take() is also cheaper, since Kinesis counts payloads of 25 kB, and spares a shard's
/// 1,000 records a second. What another process put before is ordered by its time of arrival, and
/// had been answered by then. A request that is tried again can be in the stream twice: a reader
/// drops the numbers of decisions it has seen, and the first time each is there is in order.
///
/// Errors of take(), with the stream's name: `resource_exhausted`, field "decisions", where one
/// decision is too large for a record, and then nothing was put; `permission_denied`; `unavailable`
/// for all else, also where the stream is throttled (1 MiB or 1,000 records a second and shard)
/// after the client's attempts. A record takes 5 s at the most. Remembers the last number of 4,096
/// sessions. Needs kinesis:PutRecord. Thread-safe; the order of a session is that of one thread.
///
/// `stream` is a stream's name: 1 to 128 of a-z, A-Z, 0-9, `_`, `.` and `-` (API Reference).
/// Errors: `invalid_argument`, field "stream", for another.
Result<std::unique_ptr<ports::DecisionSink>> make_kinesis_decision_sink(
    std::shared_ptr<Client> client, std::string stream);

}  // namespace sotto::providers::aws
