#pragma once

#include <filesystem>
#include <vector>

#include "base/result.hpp"

namespace sotto::app {

/// The WAV files of the demo talk, in the order in which they are played. Where `folder` is empty
/// they are those that packages bring, all of them of a text that is known: the sentences of
/// LibriVox in Debian's pocketsphinx-testdata, then those of the model "recordings" in
/// models::folders(), where they are whole. Otherwise those of `folder`, by name. Errors:
/// `not_found` where there are none, saying what to do.
Result<std::vector<std::filesystem::path>> demo_recordings(const std::filesystem::path& folder);

}  // namespace sotto::app
