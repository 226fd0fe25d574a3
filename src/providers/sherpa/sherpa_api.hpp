#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// The part of sherpa-onnx's C interface that is used here, as its version 2.0 has it (c-api.h).
/// The structures carry no version and grow between versions, so Library takes no other one. Where
/// the header is installed, sherpa_api_test compares the places.
namespace sotto::providers::sherpa::api {

struct VitsConfig {
  const char* model;
  const char* lexicon;
  const char* tokens;
  const char* data_dir;  // ignored since 2.0
  float noise_scale;
  float noise_scale_w;
  float length_scale;
  const char* dict_dir;
};

struct MatchaConfig {
  const char* acoustic_model;
  const char* vocoder;
  const char* lexicon;
  const char* tokens;
  const char* data_dir;
  float noise_scale;
  float length_scale;
  const char* dict_dir;
};

struct KokoroConfig {
  const char* model;
  const char* voices;
  const char* tokens;
  const char* data_dir;
  float length_scale;
  const char* dict_dir;
  const char* lexicon;
  const char* lang;
};

struct KittenConfig {
  const char* model;
  const char* voices;
  const char* tokens;
  const char* data_dir;
  float length_scale;
  const char* lexicon;
};

struct ZipvoiceConfig {
  const char* files[6];
  float scales[4];
};

struct PocketConfig {
  const char* files[7];
  std::int32_t cache_capacity;
};

struct SupertonicConfig {
  const char* files[7];
};

struct ModelConfig {
  VitsConfig vits;
  std::int32_t num_threads;
  std::int32_t debug;
  const char* provider;
  MatchaConfig matcha;
  KokoroConfig kokoro;
  KittenConfig kitten;
  ZipvoiceConfig zipvoice;
  PocketConfig pocket;
  SupertonicConfig supertonic;
};

struct Config {
  ModelConfig model;
  const char* rule_fsts;
  std::int32_t max_num_sentences;
  const char* rule_fars;
  float silence_scale;
};

struct Audio {
  const float* samples;
  std::int32_t n;
  std::int32_t sample_rate;
};

struct GenerationConfig {
  float silence_scale;
  float speed;
  std::int32_t sid;
  const float* reference_audio;
  std::int32_t reference_audio_len;
  std::int32_t reference_sample_rate;
  const char* reference_text;
  std::int32_t num_steps;
  const char* extra;
  const std::int32_t* phoneme_codepoints;
  const std::int32_t* phoneme_codepoints_lens;
  std::int32_t phoneme_codepoints_num_sentences;
  const char* const* tokens;
  const std::int32_t* tokens_lens;
  std::int32_t tokens_num_sentences;
};

struct Tts;
using Progress = std::int32_t (*)(const float* samples, std::int32_t n, float part, void* argument);

/// The functions, from a library that was opened.
struct Library {
  const Tts* (*create)(const Config*) = nullptr;
  void (*destroy)(const Tts*) = nullptr;
  std::int32_t (*sample_rate)(const Tts*) = nullptr;
  const Audio* (*generate)(const Tts*, const char* text, const GenerationConfig*, Progress,
                           void* argument) = nullptr;
  void (*destroy_audio)(const Audio*) = nullptr;
};

/// Whether structures of this header fit the library's version.
bool fits(std::string_view version);

/// Opens libsherpa-onnx-c-api.so for good. Errors: `not_found` where it cannot be opened, which the
/// message explains; `unavailable` where it is another version or lacks a function.
Result<Library> open(const std::filesystem::path& path);

}  // namespace sotto::providers::sherpa::api
