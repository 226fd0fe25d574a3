#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/flag_store.hpp"

namespace sotto::feature_flag {

/// A process that reads the flag, and whether it acts on a version yet.
struct Acknowledgement {
  std::string process;
  bool given = false;
  milliseconds took{0};       ///< from the change to its acknowledgement, by the machine's clock
  std::uint64_t version = 0;  ///< that it acts on
  std::optional<std::uint64_t> sessions = {};  ///< its live sessions, where the store says
  bool gone = false;      ///< its lease has expired: whether it still runs is not known
  UtcTime heard_at = {};  ///< of one that is gone
};

/// Waits until every process that reads the flag acts on `revision` or a later version, or until
/// `patience` is over; not for those that are gone. Returns the state of each process, by name;
/// nothing if the store has no list of readers. Errors: the store's.
Result<std::vector<Acknowledgement>> await_acknowledgements(ports::FlagStore& store,
                                                            const std::string& name,
                                                            const ports::FlagRevision& revision,
                                                            std::chrono::milliseconds patience);

/// Whether it is known that all act on it: everybody on the list has acknowledged, nobody is gone,
/// and an empty list means that nobody reads the flag.
bool is_acknowledged(const std::vector<Acknowledgement>& acknowledgements,
                     const ports::FlagFollowing& following);

/// `2 of 3 processes acknowledged in 143 ms; not yet: hall-b pid 7`, for people.
std::string to_line(const std::vector<Acknowledgement>& acknowledgements);

/// What else there is to say, a line each: who is gone, and who is not on the list.
std::vector<std::string> not_known(const std::vector<Acknowledgement>& acknowledgements,
                                   const ports::FlagFollowing& following);

}  // namespace sotto::feature_flag
