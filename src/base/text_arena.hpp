#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

namespace sotto {

/// Keeps text whose views stay valid until clear(): pieces are laid one after the other in blocks
/// that never move. clear() keeps the first block, so an arena that is filled again and again with
/// about the same amount stops allocating. Moving it leaves views valid. Not thread-safe.
class TextArena {
 public:
  /// `block_bytes` is the size of a block, at least 1; longer text gets a block of its own.
  explicit TextArena(std::size_t block_bytes = 2048) : block_bytes_(block_bytes) {}

  /// Copies `text`.
  std::string_view store(std::string_view text) {
    if (text.empty()) return {};
    char* place = reserve(text.size());
    std::memcpy(place, text.data(), text.size());
    return {place, text.size()};
  }

  /// Forgets everything; all views end here.
  void clear() {
    if (blocks_.size() > 1) blocks_.resize(1);
    used_ = 0;
  }

 private:
  char* reserve(std::size_t bytes) {
    if (blocks_.empty() || used_ + bytes > blocks_.back().size) {
      const std::size_t size = bytes > block_bytes_ ? bytes : block_bytes_;
      blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
      used_ = 0;
    }
    char* place = blocks_.back().bytes.get() + used_;
    used_ += bytes;
    return place;
  }

  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  std::size_t block_bytes_;
  std::vector<Block> blocks_;
  std::size_t used_ = 0;  ///< of the last block
};

}  // namespace sotto
