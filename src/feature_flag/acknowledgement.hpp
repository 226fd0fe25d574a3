#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/flag_store.hpp"

namespace sotto::feature_flag {

/// A process that reads the flag, and whether it acts on a version yet.
struct Acknowledgement {
  std::string process;
  bool given = false;
  milliseconds took{0};  ///< from the change to its acknowledgement, by the machine's clock
};

/// Waits until every process that reads the flag acts on `revision`, or until `patience` is over.
/// Returns the state of each process, by name; nothing if the store has no list of readers. Errors:
/// the store's.
Result<std::vector<Acknowledgement>> await_acknowledgements(ports::FlagStore& store,
                                                            const std::string& name,
                                                            const ports::FlagRevision& revision,
                                                            std::chrono::milliseconds patience);

/// `2 of 3 processes acknowledged in 143 ms; not yet: hall-b pid 7`, for people.
std::string to_line(const std::vector<Acknowledgement>& acknowledgements);

}  // namespace sotto::feature_flag
