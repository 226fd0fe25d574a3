#include "models/folders.hpp"

#include <cstdlib>
#include <system_error>

#include "files/atomic_file.hpp"

namespace sotto::models {

namespace fs = std::filesystem;

namespace {

const char* of_process(const char* name) { return std::getenv(name); }

// scripts/models knows it by the same name.
fs::path marker(const Model& model, const fs::path& folder) {
  return folder / (".removed-" + model.name);
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

}  // namespace

Result<fs::path> own_folder(const Environment& environment) {
  if (const char* named = environment("SOTTO_MODELS"); named && *named) return fs::path(named);
  if (const char* data = environment("XDG_DATA_HOME"); data && *data == '/')
    return fs::path(data) / "sotto" / "models";
  if (const char* home = environment("HOME"); home && *home == '/')
    return fs::path(home) / ".local" / "share" / "sotto" / "models";
  return fail(ErrorCode::not_found, "HOME is not set; say where the models are with SOTTO_MODELS",
              "SOTTO_MODELS");
}

Result<fs::path> own_folder() { return own_folder(of_process); }

std::vector<fs::path> folders(const Environment& environment) {
  std::vector<fs::path> all;
  if (auto own = own_folder(environment)) all.push_back(*std::move(own));
  all.emplace_back("/usr/local/share/sotto/models");
  all.emplace_back("/usr/share/sotto/models");
  return all;
}

std::vector<fs::path> folders() { return folders(of_process); }

Result<> remove(const Model& model, const fs::path& folder) {
  bool any = false;
  for (const File& file : model.files)
    any = any || is_there(folder / file.path) || is_there(folder / (file.path.string() + ".part"));
  if (!any)
    return fail(ErrorCode::not_found, model.name + " is not in " + folder.string(), "model");
  if (auto kept = files::write_file(marker(model, folder), ""); !kept) return kept;
  for (const File& file : model.files) {
    const fs::path path = folder / file.path;
    for (const char* const ending : {"", ".sha256", ".part"}) {
      const fs::path each = path.string() + ending;
      std::error_code error;
      fs::remove_all(each, error);
      if (error) return tl::unexpected(files::system_error("cannot remove", each, error.value()));
    }
    std::error_code ignored;
    fs::remove(path.parent_path(), ignored);  // if nothing else is in it
  }
  return {};
}

Result<> forget_removal(const Model& model, const fs::path& folder) {
  std::error_code error;
  fs::remove(marker(model, folder), error);
  if (error)
    return tl::unexpected(
        files::system_error("cannot remove", marker(model, folder), error.value()));
  return {};
}

bool is_removed(const Model& model, const fs::path& folder) {
  return is_there(marker(model, folder));
}

}  // namespace sotto::models
