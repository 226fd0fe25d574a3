// In sherpa-onnx's place: a tone of 0.1 s for each letter. `X` ends the process, as some errors of
// sherpa-onnx do, and for `N` there is no speech.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "providers/sherpa/sherpa_api.hpp"

namespace sotto::providers::sherpa::api {

struct Tts {
  std::int32_t sample_rate = 22'050;
};

}  // namespace sotto::providers::sherpa::api

namespace {

using namespace sotto::providers::sherpa;

std::string content_of(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<float>& samples_of_last() {
  static std::vector<float> samples;
  return samples;
}

}  // namespace

extern "C" {

const char* SherpaOnnxGetVersionStr() { return "2.0.9"; }

const api::Tts* SherpaOnnxCreateOfflineTts(const api::Config* config) {
  std::cout << "what a library says on stdout\n" << std::flush;
  const std::string model = content_of(config->model.vits.model);
  const std::string tokens = content_of(config->model.vits.tokens);
  if (model.starts_with("end")) std::exit(7);
  if (!model.starts_with("a model") || model.find("sample_rate") == std::string::npos ||
      tokens.find("a 1\n") == std::string::npos)
    return nullptr;
  return new api::Tts;
}

void SherpaOnnxDestroyOfflineTts(const api::Tts* tts) { delete tts; }

std::int32_t SherpaOnnxOfflineTtsSampleRate(const api::Tts* tts) { return tts->sample_rate; }

const api::Audio* SherpaOnnxOfflineTtsGenerateWithConfig(const api::Tts* tts, const char*,
                                                         const api::GenerationConfig* config,
                                                         api::Progress, void*) {
  std::int32_t letters = 0;
  for (std::int32_t i = 0; i < config->phoneme_codepoints_num_sentences; ++i)
    letters += config->phoneme_codepoints_lens[i];
  std::vector<float>& samples = samples_of_last();
  samples.clear();
  for (std::int32_t i = 0; i < letters; ++i) {
    if (config->phoneme_codepoints[i] == 'X') std::exit(7);
    if (config->phoneme_codepoints[i] == 'N') return nullptr;
    for (std::int32_t at = 0; at < tts->sample_rate / 10; ++at)
      samples.push_back(config->phoneme_codepoints[i] == 'I'
                            ? INFINITY
                            : 1.5F * std::sin(static_cast<float>(at) / 8.0F));
  }
  return new api::Audio{samples.data(), static_cast<std::int32_t>(samples.size()),
                        tts->sample_rate};
}

void SherpaOnnxDestroyOfflineTtsGeneratedAudio(const api::Audio* audio) { delete audio; }

}  // extern "C"
