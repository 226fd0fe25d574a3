#include "audio/recording.hpp"

#include "audio/resampler.hpp"
#include "audio/wav_reader.hpp"

namespace sotto::audio {

Result<std::vector<std::int16_t>> read_recording(const std::filesystem::path& path) {
  auto reader = WavReader::open(path);
  if (!reader) return tl::unexpected(reader.error());
  auto resampler = Resampler::create(reader->sample_rate());
  if (!resampler) return tl::unexpected(resampler.error());
  std::vector<std::int16_t> samples, buffer(16'000);
  for (;;) {
    const auto count = reader->read(buffer);
    if (!count) return tl::unexpected(count.error());
    if (*count == 0) break;
    resampler->process(std::span(buffer).first(*count), samples);
  }
  resampler->flush(samples);
  return samples;
}

}  // namespace sotto::audio
