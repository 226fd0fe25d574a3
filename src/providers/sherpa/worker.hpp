#pragma once

#include <string>

namespace sotto::providers::sherpa {

/// A voice's process: loads sherpa-onnx from `library` and the voice at `model`, writes that it is
/// ready to stdout, then answers each frame of sentences from stdin with one of speech or of an
/// error. Ends with stdin. What others print to stdout goes to stderr. It is a process of its own
/// because sherpa-onnx ends the process on some errors, and because it may crash. Returns the exit
/// code: 0, or 1 after a frame that says why.
int run_voice_worker(const std::string& library, const std::string& model);

}  // namespace sotto::providers::sherpa
