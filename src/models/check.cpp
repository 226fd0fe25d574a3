#include "models/check.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "files/atomic_file.hpp"
#include "models/sha256.hpp"

namespace sotto::models {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_receipt = 200;

// 13281600 → 13,281,600
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string what_to_do(const Model& model) {
  return "; 'sotto models get " + model.name + "' fetches it again";
}

// What the file should be: the manifest's, or what its preparation on this machine came to.
File expected(const File& file, const fs::path& path) {
  File expected = file;
  if (!file.prepared) return expected;
  const auto receipt = files::read_file(path.string() + ".sha256", longest_receipt);
  if (!receipt || !*receipt) return expected;
  std::istringstream in(**receipt);
  std::string digest;
  std::uint64_t size = 0;
  if (in >> digest >> size && digest.size() == file.sha256.size()) {
    expected.sha256 = digest;
    expected.size = size;
  }
  return expected;
}

Result<> check_file(const Model& model, const File& file, const fs::path& path, Depth depth) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) {
    if (errno != ENOENT && errno != ENOTDIR)
      return tl::unexpected(files::system_error("cannot read", path, errno));
    return fail(ErrorCode::not_found,
                path.string() + " is missing; 'sotto models get " + model.name + "' fetches it",
                path.string());
  }
  if (!S_ISREG(about.st_mode))
    return fail(ErrorCode::invalid_argument, path.string() + " is no file" + what_to_do(model),
                path.string());
  const File wanted = expected(file, path);
  if (const auto size = static_cast<std::uint64_t>(about.st_size); size != wanted.size)
    return fail(ErrorCode::invalid_argument,
                path.string() + " has " + grouped(size) + " bytes, should have " +
                    grouped(wanted.size) + what_to_do(model),
                path.string());
  if (depth == Depth::sizes) return {};
  const auto digest = sha256_of(path);
  if (!digest) return tl::unexpected(digest.error());
  if (*digest != wanted.sha256)
    return fail(ErrorCode::invalid_argument,
                path.string() + " has SHA-256 " + *digest + ", should have " + wanted.sha256 +
                    what_to_do(model),
                path.string());
  return {};
}

}  // namespace

std::vector<Error> faults(const Model& model, const fs::path& folder, Depth depth) {
  std::vector<Error> found;
  for (const File& file : model.files)
    if (auto checked = check_file(model, file, folder / file.path, depth); !checked)
      found.push_back(std::move(checked.error()));
  return found;
}

Result<> check(const Model& model, const fs::path& folder, Depth depth) {
  auto found = faults(model, folder, depth);
  if (!found.empty()) return tl::unexpected(std::move(found.front()));
  return {};
}

Result<fs::path> find(const Model& model, const std::vector<fs::path>& folders) {
  if (folders.empty())
    return fail(ErrorCode::not_found, "HOME is not set; say where the models are with SOTTO_MODELS",
                "SOTTO_MODELS");
  std::vector<Error> first;
  bool some = false;
  for (const fs::path& folder : folders) {
    auto found = faults(model, folder, Depth::sizes);
    if (found.empty()) return folder;
    const bool all_missing = found.size() == model.files.size() &&
                             std::all_of(found.begin(), found.end(), [](const Error& error) {
                               return error.code == ErrorCode::not_found;
                             });
    if (first.empty() || (!some && !all_missing)) first = std::move(found);
    some = some || !all_missing;
  }
  return tl::unexpected(std::move(first.front()));
}

}  // namespace sotto::models
