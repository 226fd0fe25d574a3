#include "providers/sherpa/sherpa_api.hpp"

#include <dlfcn.h>

namespace sotto::providers::sherpa::api {

namespace {

tl::unexpected<Error> unfit(const std::filesystem::path& path, const std::string& why) {
  return fail(ErrorCode::unavailable,
              path.string() + " " + why + "; 'sotto models get sherpa-onnx' fetches the right one",
              "library");
}

template <class Function>
bool look_up(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace

bool fits(std::string_view version) { return version.starts_with("2.0."); }

Result<Library> open(const std::filesystem::path& path) {
  void* const opened = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) {
    const char* const why = ::dlerror();
    return fail(ErrorCode::not_found,
                std::string("sherpa-onnx cannot be loaded (") + (why ? why : "no reason is told") +
                    "); 'sotto models get sherpa-onnx' fetches it",
                "library");
  }
  const char* (*version)() = nullptr;
  if (!look_up(opened, "SherpaOnnxGetVersionStr", version))
    return unfit(path, "is not sherpa-onnx");
  if (const std::string its = version(); !fits(its))
    return unfit(path, "is version " + its.substr(0, 20) + " of sherpa-onnx, not 2.0");
  Library library;
  if (!look_up(opened, "SherpaOnnxCreateOfflineTts", library.create) ||
      !look_up(opened, "SherpaOnnxDestroyOfflineTts", library.destroy) ||
      !look_up(opened, "SherpaOnnxOfflineTtsSampleRate", library.sample_rate) ||
      !look_up(opened, "SherpaOnnxOfflineTtsGenerateWithConfig", library.generate) ||
      !look_up(opened, "SherpaOnnxDestroyOfflineTtsGeneratedAudio", library.destroy_audio))
    return unfit(path, "lacks a function");
  return library;
}

}  // namespace sotto::providers::sherpa::api
