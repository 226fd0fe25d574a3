#pragma once

namespace sotto::models {

/// The text of the repository's models/manifest.json.
extern const char* const embedded_manifest;

/// The text of the repository's models/translation.tsv.
extern const char* const embedded_translation_models;

}  // namespace sotto::models
