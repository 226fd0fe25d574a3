#pragma once

#include <memory>

#include "providers/aws/client/client.hpp"
#include "providers/aws/readers/reader_leases.hpp"

namespace sotto::providers::aws {

/// Readers in Parameter Store, for hosts that share no table: the parameter
/// `FLAG/readers/PROCESS` with the record as its value, where anything of the process's name but
/// letters, digits and `.-_` is replaced. A lease is 180 s, as PutParameter is allowed about three
/// times a second in an account: up to 100 hosts then use half of that.
///
/// Parameter Store has no conditions, so two processes that take the same name in the same moment
/// may both be told that they have it.
///
/// Needs ssm:PutParameter, GetParameter, GetParametersByPath and DeleteParameter on
/// `FLAG/readers` and `FLAG/readers/*`. Source of the limits: AWS General Reference, "AWS Systems
/// Manager endpoints and quotas".
std::shared_ptr<ReaderRecords> make_ssm_readers(std::shared_ptr<Client> client);

}  // namespace sotto::providers::aws
