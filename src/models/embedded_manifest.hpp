#pragma once

namespace sotto::models {

/// The text of the repository's models/manifest.json.
extern const char* const embedded_manifest;

}  // namespace sotto::models
