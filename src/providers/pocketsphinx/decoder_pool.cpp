#include "providers/pocketsphinx/decoder_pool.hpp"

namespace sotto::providers::pocketsphinx {

void DecoderPool::Return::operator()(Decoder* decoder) const {
  pool->take_back(std::unique_ptr<Decoder>(decoder));
}

Result<DecoderPool::Lease> DecoderPool::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Lease lease(idle_.back().release(), Return{this});
      idle_.pop_back();
      return lease;
    }
  }
  auto loaded = Decoder::load(model_);
  if (!loaded) return tl::unexpected(loaded.error());
  return Lease(loaded->release(), Return{this});
}

std::size_t DecoderPool::idle() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

void DecoderPool::take_back(std::unique_ptr<Decoder> decoder) {
  decoder->reset();
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(decoder));
}

}  // namespace sotto::providers::pocketsphinx
