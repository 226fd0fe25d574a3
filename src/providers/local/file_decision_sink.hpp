#pragma once

#include <filesystem>
#include <memory>

#include "ports/decision_sink.hpp"

namespace sotto::providers::local {

/// Appends decisions to a file, one per line; the first creates the file. They survive a killed
/// process; after a power failure the last ones may be missing. A line that was cut off when a
/// process died stays in the file, and the whole decision follows later. Processes may share the
/// file.
std::unique_ptr<ports::DecisionSink> make_file_decision_sink(const std::filesystem::path& file);

}  // namespace sotto::providers::local
