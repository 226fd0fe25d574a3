// A Moonshine model over ONNX Runtime: the encoder once, then the decoder token by token.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "providers/moonshine/loops.hpp"
#include "providers/moonshine/speech_model.hpp"

namespace sotto::providers::moonshine {
namespace {

constexpr std::size_t least_samples = 1600;

// How the decoder's inputs and outputs are arranged, read from its names.
struct DecoderShape {
  std::size_t ids = 0, states = 0, branch = 0, logits = 0;
  std::optional<std::size_t> mask;
  struct Past {
    std::size_t input = 0;
    std::size_t output = 0;
    bool of_encoder = false;
    std::vector<std::int64_t> empty;  // its shape before anything was said
  };
  std::vector<Past> pasts;
};

tl::unexpected<Error> unlike(const std::string& what) {
  return fail(ErrorCode::unavailable, "this is not a Moonshine decoder: " + what, "model");
}

Result<DecoderShape> read_shape(const onnx::Model& decoder) {
  DecoderShape shape;
  const auto ids = decoder.input("input_ids"), states = decoder.input("encoder_hidden_states"),
             branch = decoder.input("use_cache_branch");
  if (!ids || !states || !branch)
    return unlike("it lacks input_ids, encoder_hidden_states or use_cache_branch");
  shape.ids = *ids;
  shape.states = *states;
  shape.branch = *branch;
  shape.mask = decoder.input("encoder_attention_mask");
  const auto& outputs = decoder.outputs();
  const auto output = [&](const std::string& name) -> std::optional<std::size_t> {
    const auto found = std::find(outputs.begin(), outputs.end(), name);
    if (found == outputs.end()) return std::nullopt;
    return static_cast<std::size_t>(found - outputs.begin());
  };
  const auto logits = output("logits");
  if (!logits) return unlike("it has no logits");
  shape.logits = *logits;
  constexpr std::string_view past = "past_key_values", present = "present";
  for (std::size_t i = 0; i < decoder.inputs().size(); ++i) {
    const std::string& name = decoder.inputs()[i];
    if (!name.starts_with(past)) continue;
    const auto to = output(std::string(present) + name.substr(past.size()));
    if (!to) return unlike("nothing comes out for " + name);
    auto dimensions = decoder.input_shape(i);
    if (!dimensions) return tl::unexpected(dimensions.error());
    if (dimensions->size() != 4 || (*dimensions)[1] < 1 || (*dimensions)[3] < 1)
      return unlike(name + " has another shape");
    shape.pasts.push_back({i,
                           *to,
                           name.find(".encoder.") != std::string::npos,
                           {1, (*dimensions)[1], 0, (*dimensions)[3]}});
  }
  if (shape.pasts.empty()) return unlike("it keeps no keys and values");
  const std::size_t known = shape.pasts.size() + 3 + (shape.mask ? 1 : 0);
  if (decoder.inputs().size() != known) return unlike("it has inputs of other names");
  return shape;
}

// The probability of `token` among `logits`: softmax with the greatest taken out.
float probability_of(std::span<const float> logits, std::size_t token) {
  const float greatest = *std::max_element(logits.begin(), logits.end());
  float sum = 0;
  for (const float logit : logits) {
    const float below = logit - greatest;
    if (below > -20) sum += std::exp(below);  // less is nothing
  }
  return std::exp(logits[token] - greatest) / sum;
}

class MoonshineModel : public SpeechModel {
 public:
  MoonshineModel(std::unique_ptr<onnx::Model> encoder, std::unique_ptr<onnx::Model> decoder,
                 DecoderShape shape, Vocabulary vocabulary)
      : encoder_(std::move(encoder)),
        decoder_(std::move(decoder)),
        shape_(std::move(shape)),
        vocabulary_(std::move(vocabulary)) {}

  Result<Answer> transcribe(std::span<const float> samples, const Request& request) override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }

 private:
  class Decoding;

  Result<onnx::Tensor> encode(std::span<const float> samples,
                              const onnx::Cancellation* cancellation) const;

  const std::unique_ptr<onnx::Model> encoder_;
  const std::unique_ptr<onnx::Model> decoder_;
  const DecoderShape shape_;
  const Vocabulary vocabulary_;
};

Result<onnx::Tensor> MoonshineModel::encode(std::span<const float> samples,
                                            const onnx::Cancellation* cancellation) const {
  const onnx::Runtime& runtime = encoder_->runtime();
  // The runtime's interface takes no read-only memory; inputs are only read.
  const std::span<float> sound(const_cast<float*>(samples.data()), samples.size());
  const std::array<std::int64_t, 2> shape{1, static_cast<std::int64_t>(samples.size())};
  auto input = onnx::Tensor::over(runtime, sound, shape);
  if (!input) return tl::unexpected(input.error());
  std::vector<const onnx::Value*> inputs{input->get()};
  std::vector<std::int64_t> ones;
  onnx::Tensor mask;
  if (encoder_->inputs().size() == 2) {
    ones.assign(samples.size(), 1);
    auto made = onnx::Tensor::over(runtime, ones, shape);
    if (!made) return tl::unexpected(made.error());
    mask = std::move(*made);
    inputs.push_back(mask.get());
  }
  auto outputs = encoder_->run(inputs, cancellation);
  if (!outputs) return tl::unexpected(outputs.error());
  return std::move(outputs->front());
}

// One answer in the making.
class MoonshineModel::Decoding {
 public:
  static Result<Decoding> begin(const MoonshineModel& model, onnx::Tensor states,
                                std::size_t samples) {
    Decoding decoding(model, std::move(states), samples);
    for (const DecoderShape::Past& past : model.shape_.pasts) {
      auto empty =
          onnx::Tensor::over(decoding.runtime(), std::span<float>(&nothing_, 0), past.empty);
      if (!empty) return tl::unexpected(empty.error());
      decoding.pasts_.push_back(std::move(*empty));
    }
    return decoding;
  }

  // Feeds `ids`, and answers with the logits behind each of them.
  Result<std::span<const float>> feed(std::vector<TokenId> ids,
                                      const onnx::Cancellation* cancellation);

 private:
  // The mask is of the sound; the decoder itself brings it to the encoder's rate.
  Decoding(const MoonshineModel& model, onnx::Tensor states, std::size_t samples)
      : model_(&model), states_(std::move(states)) {
    if (model.shape_.mask) mask_.assign(samples, 1);
  }
  const onnx::Runtime& runtime() const { return model_->decoder_->runtime(); }

  static inline float nothing_ = 0;

  const MoonshineModel* model_;
  onnx::Tensor states_;
  std::vector<std::int64_t> mask_;
  std::vector<onnx::Tensor> pasts_;
  onnx::Tensor logits_;
  bool begun_ = false;
};

Result<std::span<const float>> MoonshineModel::Decoding::feed(
    std::vector<TokenId> ids, const onnx::Cancellation* cancellation) {
  const DecoderShape& shape = model_->shape_;
  std::vector<const onnx::Value*> inputs(model_->decoder_->inputs().size(), nullptr);
  const std::array<std::int64_t, 2> ids_shape{1, static_cast<std::int64_t>(ids.size())};
  auto id_tensor = onnx::Tensor::over(runtime(), std::span<std::int64_t>(ids), ids_shape);
  if (!id_tensor) return tl::unexpected(id_tensor.error());
  const std::array<std::int64_t, 1> one{1};
  auto branch = onnx::Tensor::over(runtime(), std::span<bool>(&begun_, 1), one);
  if (!branch) return tl::unexpected(branch.error());
  onnx::Tensor mask;
  if (shape.mask) {
    const std::array<std::int64_t, 2> mask_shape{1, static_cast<std::int64_t>(mask_.size())};
    auto made = onnx::Tensor::over(runtime(), std::span<std::int64_t>(mask_), mask_shape);
    if (!made) return tl::unexpected(made.error());
    mask = std::move(*made);
    inputs[*shape.mask] = mask.get();
  }
  inputs[shape.ids] = id_tensor->get();
  inputs[shape.states] = states_.get();
  inputs[shape.branch] = branch->get();
  for (std::size_t i = 0; i < pasts_.size(); ++i) inputs[shape.pasts[i].input] = pasts_[i].get();
  auto outputs = model_->decoder_->run(inputs, cancellation);
  if (!outputs) return tl::unexpected(outputs.error());
  for (std::size_t i = 0; i < pasts_.size(); ++i) {
    // The encoder's keys and values come out once, with the first call.
    if (begun_ && shape.pasts[i].of_encoder) continue;
    pasts_[i] = std::move((*outputs)[shape.pasts[i].output]);
  }
  begun_ = true;
  logits_ = std::move((*outputs)[shape.logits]);
  return logits_.floats();
}

Result<Answer> MoonshineModel::transcribe(std::span<const float> samples, const Request& request) {
  if (samples.size() < least_samples)
    return fail(ErrorCode::invalid_argument,
                "a model needs a tenth of a second of sound, not " +
                    std::to_string(samples.size()) + " samples",
                "samples");
  for (const TokenId id : request.prefix)
    if (id < 0 || static_cast<std::size_t>(id) >= vocabulary_.size())
      return fail(ErrorCode::invalid_argument,
                  "a prefix has token " + std::to_string(id) + "; there are 0 to " +
                      std::to_string(vocabulary_.size() - 1),
                  "prefix");
  auto states = encode(samples, request.cancellation);
  if (!states) return tl::unexpected(states.error());
  auto decoding = Decoding::begin(*this, std::move(*states), samples.size());
  if (!decoding) return tl::unexpected(decoding.error());

  Answer answer;
  std::vector<TokenId> fed{token_begin};
  fed.insert(fed.end(), request.prefix.begin(), request.prefix.end());
  const std::size_t first = fed.size();
  auto logits = decoding->feed(std::move(fed), request.cancellation);
  if (!logits) return tl::unexpected(logits.error());
  const std::size_t words = logits->size() / first;  // the vocabulary's, and some that are unused
  if (words * first != logits->size() || words < vocabulary_.size())
    return fail(ErrorCode::internal, "the decoder has " + std::to_string(words) +
                                         " tokens and its vocabulary " +
                                         std::to_string(vocabulary_.size()));
  for (std::size_t i = 0; i < request.prefix.size(); ++i) {
    const auto id = static_cast<std::size_t>(request.prefix[i]);
    answer.tokens.push_back(
        {request.prefix[i], probability_of(logits->subspan(i * words, words), id)});
  }
  LoopWatch loops;
  for (const TokenId id : request.prefix) (void)loops.add(id);
  std::span<const float> last = logits->subspan((first - 1) * words, words);
  for (std::size_t said = 0;; ++said) {
    const auto best =
        static_cast<std::size_t>(std::max_element(last.begin(), last.end()) - last.begin());
    const auto id = static_cast<TokenId>(best);
    if (id == token_end) return answer;
    if (said == request.most_tokens) {
      answer.end = DecodingEnd::limit;
      return answer;
    }
    answer.tokens.push_back({id, probability_of(last, best)});
    if (loops.add(id)) {
      answer.end = DecodingEnd::loop;
      return answer;
    }
    auto next = decoding->feed({id}, request.cancellation);
    if (!next) return tl::unexpected(next.error());
    if (next->size() != words) return fail(ErrorCode::internal, "the decoder changed its shape");
    last = *next;
  }
}

}  // namespace

Result<std::unique_ptr<SpeechModel>> load_moonshine(std::shared_ptr<const onnx::Runtime> runtime,
                                                    const MoonshineFiles& files) {
  auto vocabulary = Vocabulary::read(files.vocabulary);
  if (!vocabulary) return tl::unexpected(vocabulary.error());
  auto encoder = onnx::Model::load(runtime, files.encoder);
  if (!encoder) return tl::unexpected(encoder.error());
  const auto& inputs = (*encoder)->inputs();
  if (inputs.empty() || inputs.size() > 2 || inputs[0] != "input_values")
    return fail(ErrorCode::unavailable,
                files.encoder.string() + " is no Moonshine encoder: it lacks input_values",
                "model");
  auto decoder = onnx::Model::load(runtime, files.decoder);
  if (!decoder) return tl::unexpected(decoder.error());
  auto shape = read_shape(**decoder);
  if (!shape) {
    shape.error().message = files.decoder.string() + ": " + shape.error().message;
    return tl::unexpected(shape.error());
  }
  auto model = std::make_unique<MoonshineModel>(std::move(*encoder), std::move(*decoder),
                                                std::move(*shape), std::move(*vocabulary));
  // The parts of two models would fail in the first talk.
  const std::vector<float> quiet(least_samples, 0.0f);
  if (auto tried = model->transcribe(quiet, {.most_tokens = 1}); !tried)
    return fail(ErrorCode::unavailable,
                files.decoder.string() + " does not go with " + files.encoder.string() + " and " +
                    files.vocabulary.string() + ": " + tried.error().message,
                "model");
  return model;
}

}  // namespace sotto::providers::moonshine
