#pragma once

#include <filesystem>
#include <memory>

#include "ports/decision_sink.hpp"

namespace sotto::providers::local {

/// Appends decisions to a file, one a line, the file made with the first. They outlive the process;
/// after a power failure the last ones may be missing. A line that a death cut off stays by itself:
/// it is said again whole. Processes may share the file.
std::unique_ptr<ports::DecisionSink> make_file_decision_sink(const std::filesystem::path& file);

}  // namespace sotto::providers::local
