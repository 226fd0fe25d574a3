#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.hpp"
#include "providers/pocketsphinx/decoder.hpp"

namespace sotto::providers::pocketsphinx {

/// Lends decoders, loading one when none is idle; an idle one is kept, as loading takes a
/// second and 93 MB. Thread-safe; it outlives its leases.
class DecoderPool {
 public:
  explicit DecoderPool(std::filesystem::path model) : model_(std::move(model)) {}

  struct Return {
    DecoderPool* pool = nullptr;
    void operator()(Decoder* decoder) const;
  };
  /// A decoder for one user, in the state of a fresh one. It goes back at the lease's end.
  using Lease = std::unique_ptr<Decoder, Return>;

  /// Errors: those of Decoder::load().
  Result<Lease> borrow();

  /// How many decoders wait for a user.
  std::size_t idle() const;

 private:
  void take_back(std::unique_ptr<Decoder> decoder);

  const std::filesystem::path model_;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Decoder>> idle_;  // guarded by mutex_
};

}  // namespace sotto::providers::pocketsphinx
