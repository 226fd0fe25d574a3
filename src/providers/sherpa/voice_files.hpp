#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace sotto::providers::sherpa {

enum class VoiceKind {
  piper,   ///< NAME.onnx and NAME.onnx.json, as Piper's authors publish them
  kokoro,  ///< model*.onnx, voices.bin and tokens.txt in a folder with `kokoro` in its name
  kitten,  ///< the same, with `kitten`
};

/// A voice, found in a folder.
struct VoiceFiles {
  VoiceKind kind = VoiceKind::piper;
  std::filesystem::path model;  ///< absolute
  Language language;            ///< two letters
  std::string espeak_voice;     ///< whose phonemes it speaks from, such as `en-us`
  std::string name;             ///< for people, such as `Piper joe`
};

/// What the file `model` (.onnx) is, from what lies beside it. The language of a Kokoro or Kitten
/// voice is told by its folder's name (`kokoro-en-v0_19`) or by the name of the folder above it
/// (`es/kokoro`). Errors: `not_found` where the file or one that belongs to it is missing,
/// `invalid_argument` where it is no voice, each naming the file.
Result<VoiceFiles> voice_at(const std::filesystem::path& model);

struct FoundVoices {
  std::map<Language, VoiceFiles> voices;
  std::vector<Error> passed_over;  ///< files that look like a voice, and why they are none
};

/// The voices in `folder` and in the folders in it, two levels deep. Of several for one language
/// the first by path is taken. Errors: `not_found` where there is no folder or no voice, saying
/// what should be there.
Result<FoundVoices> find_voices(const std::filesystem::path& folder);

/// The file's content. Errors: `not_found`, also for one of more than `largest` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t largest);

}  // namespace sotto::providers::sherpa
