#include "providers/pocketsphinx/decoder.hpp"

#include <pocketsphinx.h>
#include <sphinxbase/cmn.h>
#include <sphinxbase/err.h>
#include <sphinxbase/fe.h>
#include <sphinxbase/feat.h>

#include <array>
#include <mutex>
#include <system_error>

#include "providers/pocketsphinx/words.hpp"

namespace sotto::providers::pocketsphinx {
namespace {

constexpr const char* acoustic_model = "en-us/en-us";
constexpr const char* language_model = "en-us/en-us.lm.bin";
constexpr const char* dictionary = "en-us/cmudict-en-us.dict";

constexpr milliseconds frame_length{10};  // -frate 100
constexpr std::size_t cepstra = 13;       // -ncep

using Mean = std::array<mfcc_t, cepstra>;

// Frees what PocketSphinx counts references of.
struct Free {
  void operator()(cmd_ln_t* config) const { cmd_ln_free_r(config); }
  void operator()(ps_decoder_t* decoder) const { ps_free(decoder); }
  void operator()(fe_t* front_end) const { fe_free(front_end); }
};

cmd_ln_t* parse_arguments(const std::filesystem::path& model) {
  std::vector<std::string> arguments{
      "-hmm", (model / acoustic_model).string(), "-lm", (model / language_model).string(), "-dict",
      (model / dictionary).string(),
      // The endpointer does this, and keeps the times of words.
      "-remove_silence", "no",
      // One pass: the other two rewrite a fifth of the agreed words at an utterance's end.
      "-fwdflat", "no", "-bestpath", "no",
      // Bounds on the search, for a steady load.
      "-maxhmmpf", "5000", "-maxwpf", "20"};
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  return cmd_ln_parse_r(nullptr, ps_args(), static_cast<int>(pointers.size()), pointers.data(),
                        TRUE);
}

tl::unexpected<Error> engine_failed(const std::string& step) {
  return fail(ErrorCode::internal, "PocketSphinx failed to " + step);
}

}  // namespace

struct Decoder::Engine {
  std::unique_ptr<cmd_ln_t, Free> config;
  std::unique_ptr<ps_decoder_t, Free> decoder;
  std::unique_ptr<fe_t, Free> mean_front_end;  // measures cepstra beside the decoder's own
  Mean general_mean{};
};

Result<> Decoder::check_model(const std::filesystem::path& model) {
  for (const char* file : {"en-us/en-us/mdef", language_model, dictionary}) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(model / file, error)) {
      return fail(ErrorCode::not_found,
                  (model / file).string() +
                      " is missing; install Debian's package pocketsphinx-en-us, or name the "
                      "folder that holds en-us/",
                  "model");
    }
  }
  return {};
}

Result<std::unique_ptr<Decoder>> Decoder::load(const std::filesystem::path& model) {
  if (auto checked = check_model(model); !checked) return tl::unexpected(checked.error());

  // The library's set-up is not documented to be safe in two threads at once.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  err_set_logfp(nullptr);

  auto engine = std::make_unique<Engine>();
  engine->config.reset(parse_arguments(model));
  if (!engine->config) return engine_failed("take its arguments");
  engine->decoder.reset(ps_init(engine->config.get()));
  if (!engine->decoder) return engine_failed("load the model " + model.string());
  engine->mean_front_end.reset(fe_init_auto_r(engine->config.get()));
  if (!engine->mean_front_end) return engine_failed("set up its front end");
  cmn_live_get(ps_get_feat(engine->decoder.get())->cmn_struct, engine->general_mean.data());
  return std::unique_ptr<Decoder>(new Decoder(std::move(engine)));
}

Decoder::Decoder(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

Decoder::~Decoder() {
  if (in_utterance_) ps_end_utt(engine_->decoder.get());
}

void Decoder::adapt(std::span<const std::int16_t> speech) {
  fe_t* front_end = engine_->mean_front_end.get();
  fe_start_stream(front_end);
  fe_start_utt(front_end);
  mfcc_t** block = nullptr;
  int32 frames = 0;
  if (fe_process_utt(front_end, speech.data(), speech.size(), &block, &frames) < 0) return;
  Mean mean{};
  std::size_t counted = 0;
  for (int32 i = 0; i < frames; ++i) {
    if (block[i][0] < 0) continue;  // next to silence; the decoder leaves such frames out as well
    for (std::size_t c = 0; c < cepstra; ++c) mean[c] += block[i][c];
    ++counted;
  }
  fe_free_2d(block);
  if (counted == 0) return;
  for (mfcc_t& value : mean) value /= static_cast<mfcc_t>(counted);
  cmn_live_set(ps_get_feat(engine_->decoder.get())->cmn_struct, mean.data());
}

Result<> Decoder::begin_utterance() {
  // A new stream each time: the times of words then count from the utterance's beginning.
  if (ps_start_stream(engine_->decoder.get()) < 0 || ps_start_utt(engine_->decoder.get()) < 0) {
    return engine_failed("begin an utterance");
  }
  in_utterance_ = true;
  return {};
}

Result<> Decoder::process(std::span<const std::int16_t> samples) {
  if (ps_process_raw(engine_->decoder.get(), samples.data(), samples.size(), FALSE, FALSE) < 0) {
    return engine_failed("decode");
  }
  return {};
}

Result<> Decoder::end_utterance() {
  in_utterance_ = false;
  if (ps_end_utt(engine_->decoder.get()) < 0) return engine_failed("end an utterance");
  return {};
}

void Decoder::words(std::vector<Word>& words) const {
  words.clear();
  for (ps_seg_t* segment = ps_seg_iter(engine_->decoder.get()); segment != nullptr;
       segment = ps_seg_next(segment)) {
    std::string text = readable_word(ps_seg_word(segment));
    if (text.empty()) continue;
    int first = 0;
    int last = 0;
    ps_seg_frames(segment, &first, &last);
    words.push_back({std::move(text), first * frame_length, (last + 1) * frame_length});
  }
}

milliseconds Decoder::decoded() const {
  return ps_get_n_frames(engine_->decoder.get()) * frame_length;
}

void Decoder::reset() {
  if (in_utterance_) {
    ps_end_utt(engine_->decoder.get());
    in_utterance_ = false;
  }
  cmn_live_set(ps_get_feat(engine_->decoder.get())->cmn_struct, engine_->general_mean.data());
}

}  // namespace sotto::providers::pocketsphinx
