#include "tests/support/allocation_meter.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> allocation_count{0};
std::atomic<std::int64_t> live_bytes{0};

void* take_or_null(std::size_t size) noexcept {
  void* memory = std::malloc(size ? size : 1);
  if (!memory) return nullptr;
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  live_bytes.fetch_add(static_cast<std::int64_t>(malloc_usable_size(memory)),
                       std::memory_order_relaxed);
  return memory;
}

void* take(std::size_t size) {
  void* memory = take_or_null(size);
  if (!memory) throw std::bad_alloc{};
  return memory;
}

void give_back(void* memory) noexcept {
  if (memory)
    live_bytes.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(memory)),
                         std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return take_or_null(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return take_or_null(size);
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }

namespace sotto::testing {

Allocations allocations() { return {allocation_count.load(), live_bytes.load()}; }

}  // namespace sotto::testing
