#pragma once

#include <memory>
#include <string>

#include "ports/rollout_store.hpp"
#include "providers/aws/client/client.hpp"

namespace sotto::providers::aws {

/// Rollouts in a DynamoDB table, for hosts that share a flag in Parameter Store. The table has the
/// partition key `flag` and the sort key `item`, both S, and an index `by_age` of keys: partition
/// `journal` (S), sort `oldest_ms` (N). Contract: ports::RolloutStore.
///
/// | `item` | attributes |
/// | --- | --- |
/// | `state` | `version`, `text`, `decisions` (how many there are), `writer` |
/// | `decision#NUMBER` | `at_ms`, `text` |
/// | `session#PAGE` | `entries`, `count`, `writer`; where there are any, `journal`, `oldest_ms` |
///
/// The readers of the flag are in the same table (dynamodb_readers.hpp). NUMBER and PAGE have
/// twenty digits. A text is S, or B where it is not UTF-8. `writer` says who wrote it, so that one
/// whose answer got lost knows its own; `instance`, 1 to 20 characters, must be another one each
/// time for that.
///
/// - write() is one transaction: the state under the condition of its version, and its decisions.
///   Their numbers go on from the state's count, so there are no gaps. A read of several items may
///   see half of a transaction (Developer Guide, "Isolation levels for transactions"), so entries()
///   gives decisions up to the first that is missing; it and what follows come with the next call.
/// - add_sessions() is one item, and so all or none. Its page is the one after the last, under the
///   condition that nobody has it: whoever writes page 8 has seen page 7, or has been told that it
///   is kept. entries() asks for the last page first and reads up to that, consistently. So no
///   entry comes up below one that was read. A page's entries are numbered from PAGE times 1,000.
/// - prune() finds pages by the index and takes from them what is old. The last page stays, empty,
///   so that no number is given again.
///
/// Beyond the errors of the port, `resource_exhausted` naming the bound: a state, a decision or the
/// sessions of one call past 380 kB (an item has 400 kB), past 1,000 sessions a call, past 99
/// decisions (a transaction has 100 actions) or 4 MB of them. `unavailable` also where others were
/// in the way for four seconds, and where there is no such table.
///
/// Needs dynamodb:GetItem, PutItem, DeleteItem and Query on the table (a transaction needs the
/// rights of its actions, which are puts), and Query on the index. A call to AWS takes 2 s at the
/// most.
std::unique_ptr<ports::RolloutStore> make_dynamodb_rollout_store(
    std::shared_ptr<Client> client, std::string table, std::string instance,
    ClientDependencies dependencies = ClientDependencies::real());

}  // namespace sotto::providers::aws
