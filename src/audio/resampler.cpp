#include "audio/resampler.hpp"

#include <samplerate.h>

#include <algorithm>
#include <string>

namespace sotto::audio {
namespace {

constexpr int min_rate = 8000;
constexpr int max_rate = 48000;

}  // namespace

void Resampler::Delete::operator()(SRC_STATE_tag* state) const { src_delete(state); }

Result<Resampler> Resampler::create(int from_rate) {
  if (from_rate < min_rate || from_rate > max_rate) {
    return fail(ErrorCode::invalid_argument,
                std::to_string(from_rate) + " Hz is outside " + std::to_string(min_rate) + " to " +
                    std::to_string(max_rate) + " Hz; record at 16000 Hz",
                "sample_rate");
  }
  Resampler resampler;
  resampler.from_rate_ = from_rate;
  if (from_rate != target_rate) {
    int error = 0;
    resampler.state_.reset(src_new(SRC_SINC_FASTEST, 1, &error));
    if (!resampler.state_) return fail(ErrorCode::internal, src_strerror(error));
  }
  return resampler;
}

void Resampler::process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out) {
  if (in.empty()) return;
  if (!state_) {
    out.insert(out.end(), in.begin(), in.end());
    return;
  }
  taken_ += in.size();
  in_.resize(in.size());
  src_short_to_float_array(in.data(), in_.data(), static_cast<int>(in.size()));
  convert(false, out);
}

void Resampler::flush(std::vector<std::int16_t>& out) {
  if (!state_) return;
  in_.clear();
  convert(true, out);
  // The converter rounds a sample up or down; the length is kept exactly.
  const std::uint64_t due = (taken_ * target_rate + static_cast<unsigned>(from_rate_) / 2) /
                            static_cast<unsigned>(from_rate_);
  if (given_ < due) out.resize(out.size() + (due - given_), 0);
  const std::uint64_t excess = given_ > due ? given_ - due : 0;
  out.resize(out.size() - std::min<std::uint64_t>(out.size(), excess));
  src_reset(state_.get());
  taken_ = 0;
  given_ = 0;
}

void Resampler::convert(bool at_end, std::vector<std::int16_t>& out) {
  constexpr std::size_t room = 4096;
  out_.resize(room);
  static constexpr float nothing = 0;  // the library wants an address even for no samples
  SRC_DATA data{};
  data.data_in = in_.empty() ? &nothing : in_.data();
  data.input_frames = static_cast<long>(in_.size());
  data.data_out = out_.data();
  data.output_frames = static_cast<long>(room);
  data.end_of_input = at_end ? 1 : 0;
  data.src_ratio = static_cast<double>(target_rate) / from_rate_;
  for (;;) {
    if (src_process(state_.get(), &data) != 0) return;  // only wrong arguments make it fail
    const auto made = static_cast<std::size_t>(data.output_frames_gen);
    const std::size_t before = out.size();
    out.resize(before + made);
    src_float_to_short_array(out_.data(), out.data() + before, static_cast<int>(made));
    given_ += made;
    data.data_in += data.input_frames_used;
    data.input_frames -= data.input_frames_used;
    if (data.input_frames == 0 && made < room) return;
  }
}

}  // namespace sotto::audio
