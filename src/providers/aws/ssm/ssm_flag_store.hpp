#pragma once

#include <memory>

#include "ports/flag_store.hpp"
#include "providers/aws/client/client.hpp"
#include "providers/aws/readers/reader_leases.hpp"

namespace sotto::providers::aws {

/// Flags in AWS Systems Manager's Parameter Store, each a parameter of that name, for all hosts and
/// functions of an account and region. Contract: ports::FlagStore, but:
///
/// - write() cannot be atomic, as PutParameter has no condition. It reads version N, puts, and has
///   to get N + 1. Where it gets another, somebody was faster by a moment: what they wrote is put
///   back, as a version of its own, and the error is the same `conflict`. In between, for a few
///   hundred milliseconds, readers can see the version that counts for nothing; nobody writes over
///   it, and where its writer died, the next one puts back what it replaced.
/// - The last 100 versions are kept. Who and why stand in the version's description, 1,024 bytes at
///   the most, of which the reason loses its end. Of a version that another program wrote (`aws ssm
///   put-parameter`), `changed_by` is the ARN that Parameter Store has noted, without a reason.
/// - watch() gives null: a server reads the flag every 5 s (GetParameter costs nothing, and an
///   account may do 40 a second). join() and readers() are those of the leases; without leases null
///   and none. Lambda functions are never on the list.
/// - A call to AWS takes 2 s at the most, and each method a few of them.
///
/// Needs ssm:GetParameter; ssm:GetParameterHistory to know by whom and for history(); to write,
/// ssm:PutParameter as well. Without the second, read() gives `unknown` as who. Errors besides the
/// port's: `permission_denied` naming what to allow, `resource_exhausted` where the oldest version
/// has a label and so cannot go, `invalid_argument` where AWS refuses the name or the document.
std::unique_ptr<ports::FlagStore> make_ssm_flag_store(
    std::shared_ptr<Client> client, std::shared_ptr<ReaderLeases> leases = nullptr);

}  // namespace sotto::providers::aws
