#include "providers/moonshine/silero.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/sample_clock.hpp"

namespace sotto::providers::moonshine {
namespace {

constexpr std::size_t context_samples = 64;
constexpr std::size_t state_size = 2 * 1 * 128;

}  // namespace

class SileroModel::Detector : public SpeechDetector {
 public:
  explicit Detector(const SileroModel& owner) : owner_(&owner) {}

  Result<float> probability(Frame frame) override {
    std::copy(frame.begin(), frame.end(), sound_.begin() + context_samples);
    auto heard = run();
    std::copy(sound_.end() - context_samples, sound_.end(), sound_.begin());
    return heard;
  }

 private:
  Result<float> run() {
    const onnx::Runtime& runtime = owner_->model_->runtime();
    constexpr std::array<std::int64_t, 2> sound_shape{1, context_samples + frame_samples};
    constexpr std::array<std::int64_t, 3> state_shape{2, 1, 128};
    const auto sound = onnx::Tensor::over(runtime, std::span<float>(sound_), sound_shape);
    if (!sound) return tl::unexpected(sound.error());
    const auto state = onnx::Tensor::over(runtime, std::span<float>(state_), state_shape);
    if (!state) return tl::unexpected(state.error());
    const auto rate = onnx::Tensor::over(runtime, std::span<std::int64_t>(&rate_, 1), {});
    if (!rate) return tl::unexpected(rate.error());
    std::array<const onnx::Value*, 3> inputs{};
    inputs[owner_->inputs_[0]] = sound->get();
    inputs[owner_->inputs_[1]] = state->get();
    inputs[owner_->inputs_[2]] = rate->get();
    const auto outputs = owner_->model_->run(inputs);
    if (!outputs) return tl::unexpected(outputs.error());
    const auto probability = (*outputs)[owner_->outputs_[0]].floats();
    const auto next = (*outputs)[owner_->outputs_[1]].floats();
    if (!probability) return tl::unexpected(probability.error());
    if (!next) return tl::unexpected(next.error());
    if (probability->size() != 1 || next->size() != state_size)
      return fail(ErrorCode::internal, "the speech detector's outputs have unexpected shapes");
    std::copy(next->begin(), next->end(), state_.begin());
    return probability->front();
  }

  const SileroModel* owner_;
  std::array<float, context_samples + frame_samples> sound_{};
  std::array<float, state_size> state_{};
  std::int64_t rate_ = sample_rate;
};

Result<std::unique_ptr<SileroModel>> SileroModel::load(std::shared_ptr<const onnx::Runtime> runtime,
                                                       const std::filesystem::path& file) {
  auto model = onnx::Model::load(std::move(runtime), file);
  if (!model) return tl::unexpected(model.error());
  std::unique_ptr<SileroModel> silero(new SileroModel(std::move(*model)));
  const auto unlike = [&] {
    return fail(ErrorCode::unavailable, file.string() + " is not a Silero speech detector",
                "model");
  };
  const onnx::Model& loaded = *silero->model_;
  if (loaded.inputs().size() != 3 || loaded.outputs().size() != 2) return unlike();
  constexpr std::array names{"input", "state", "sr"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = loaded.input(names[i]);
    if (!found) return unlike();
    silero->inputs_[i] = *found;
  }
  silero->outputs_ = loaded.outputs()[0] == "output" ? std::array<std::size_t, 2>{0, 1}
                                                     : std::array<std::size_t, 2>{1, 0};
  // A model that takes these inputs and answers otherwise would fail in the first talk.
  const std::vector<float> quiet(frame_samples, 0.0f);
  const auto tried = silero->detector()->probability(Frame(quiet.data(), frame_samples));
  if (!tried) return unlike();
  return silero;
}

std::unique_ptr<SpeechDetector> SileroModel::detector() const {
  return std::make_unique<Detector>(*this);
}

}  // namespace sotto::providers::moonshine
