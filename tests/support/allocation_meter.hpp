#pragma once

#include <cstddef>
#include <cstdint>

namespace sotto::testing {

/// What the program has taken from the heap through operator new, in all threads. Programs that
/// link allocation_meter.cpp have their operators replaced by counting ones.
struct Allocations {
  std::uint64_t count = 0;  ///< allocations so far
  std::int64_t live = 0;    ///< bytes held, as malloc_usable_size() has them
};
Allocations allocations();

}  // namespace sotto::testing
