#pragma once

#include <memory>
#include <memory_resource>
#include <utility>

namespace sotto {

namespace detail {

// A type's memory. Never destroyed: an object may outlive whatever could own it.
template <class T>
std::pmr::memory_resource* packed_memory() {
  static auto* const memory = new std::pmr::synchronized_pool_resource;
  return memory;
}

}  // namespace detail

/// std::make_shared() for small objects of which there are thousands, looked at one after the
/// other: those of a type lie side by side, not wherever malloc() finds room. Memory that comes
/// free is kept for the type's next objects, also after main(). Thread-safe.
template <class T, class... Arguments>
std::shared_ptr<T> make_packed(Arguments&&... arguments) {
#if defined(__SANITIZE_ADDRESS__)  // which is to see what is used after its end
  return std::make_shared<T>(std::forward<Arguments>(arguments)...);
#else
  return std::allocate_shared<T>(std::pmr::polymorphic_allocator<T>(detail::packed_memory<T>()),
                                 std::forward<Arguments>(arguments)...);
#endif
}

}  // namespace sotto
