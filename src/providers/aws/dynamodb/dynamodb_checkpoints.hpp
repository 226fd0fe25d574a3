#pragma once

#include <memory>
#include <string>

#include "ports/checkpoint_store.hpp"
#include "providers/aws/client/client.hpp"

namespace sotto::providers::aws {

/// Checkpoints in a DynamoDB table whose partition key is `session_id`, a string. Contract:
/// ports::CheckpointStore; an item is replaced under the condition that its version is the expected
/// one, and read consistently.
///
/// | attribute | |
/// | --- | --- |
/// | `session_id` | S |
/// | `version` | N |
/// | `sequence_number` | S |
/// | `state` | B |
/// | `saved_at_ms` | N, milliseconds since 1970 |
/// | `expires_at` | N, seconds since 1970, a week after saved_at_ms: for the table's time to live |
/// | `writer` | S, by which a writer recognises its own save after a lost response |
///
/// `instance` names this process among all that write to the table, now and earlier. Needs
/// dynamodb:GetItem and dynamodb:PutItem. A call to AWS takes 2 s at the most.
std::unique_ptr<ports::CheckpointStore> make_dynamodb_checkpoint_store(
    std::shared_ptr<Client> client, std::string table, std::string instance);

}  // namespace sotto::providers::aws
