#pragma once

#include <memory>
#include <string>

#include "providers/aws/client/client.hpp"
#include "providers/aws/readers/reader_leases.hpp"

namespace sotto::providers::aws {

/// Readers in the table of rollouts (dynamodb_rollout_store.hpp), under the partition key of their
/// flag: the item `reader#PROCESS` with `instance`, `expires_ms`, and the record as `text`. A lease
/// is 90 s. A put has the condition that no other instance has the name, so a name has one process.
///
/// Needs dynamodb:PutItem, DeleteItem and Query on the table.
std::shared_ptr<ReaderRecords> make_dynamodb_readers(std::shared_ptr<Client> client,
                                                     std::string table);

}  // namespace sotto::providers::aws
