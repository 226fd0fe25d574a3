#include "options/demo_recordings.hpp"

#include <algorithm>
#include <string>

#include "models/check.hpp"
#include "models/folders.hpp"
#include "models/manifest.hpp"

namespace sotto::app {

namespace {

namespace fs = std::filesystem;

using Files = std::vector<fs::path>;

const char* const librivox = "/usr/share/pocketsphinx/test/data/librivox";

Files recordings_in(const fs::path& folder) {
  Files files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".wav") files.push_back(it->path());
  std::sort(files.begin(), files.end());
  return files;
}

// Those that came with the models; none where they are missing or damaged.
Files recordings_of_models() {
  const models::Model* const model = models::manifest().find("recordings");
  if (!model) return {};
  const auto folder = models::find(*model, models::folders());
  if (!folder || !models::check(*model, *folder, models::Depth::hashes)) return {};
  Files files;
  for (const models::File& file : model->files) files.push_back(*folder / file.path);
  return files;
}

}  // namespace

Result<Files> demo_recordings(const fs::path& folder) {
  Files files = recordings_in(folder.empty() ? fs::path(librivox) : folder);
  if (folder.empty())
    for (fs::path& file : recordings_of_models()) files.push_back(std::move(file));
  if (!files.empty()) return files;
  return fail(ErrorCode::not_found,
              folder.empty() ? "no recordings for the demo; install pocketsphinx-testdata, or use "
                               "--no-demo"
                             : "no recordings for the demo in " + folder.string() +
                                   "; put WAV files there, or use --no-demo",
              "demo");
}

}  // namespace sotto::app
