#include "models/manifest.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <stdexcept>

#include "json/members.hpp"
#include "models/embedded_manifest.hpp"

namespace sotto::models {

namespace {

using boost::json::array;
using boost::json::object;

tl::unexpected<Error> wrong(const std::string& field, const std::string& should_be) {
  return fail(ErrorCode::invalid_argument, "the models' manifest: " + field + " " + should_be,
              field);
}

Result<std::string> text(const object& of, const std::string& where, const std::string& name) {
  auto value = json::text_member(of, name);
  if (!value || value->empty()) return wrong(where + "." + name, "must be a text");
  return *std::move(value);
}

bool is_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Within the models' folder, and nowhere else.
bool stays_within(const std::filesystem::path& path) {
  return path.is_relative() && path.has_filename() &&
         std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

Result<File> parse_file(const object& of, const std::string& where) {
  File file;
  const auto path = text(of, where, "to"), digest = text(of, where, "sha256");
  if (!path) return tl::unexpected(path.error());
  if (!digest) return tl::unexpected(digest.error());
  file.path = *path;
  if (!stays_within(file.path)) return wrong(where + ".to", "must be a path within the folder");
  if (!is_digest(*digest)) return wrong(where + ".sha256", "must be 64 hexadecimal digits");
  file.sha256 = *digest;
  const auto size = json::count_member(of, "size");
  if (!size) return wrong(where + ".size", "must be a number of bytes");
  file.size = *size;
  const auto* const prepared = of.if_contains("prepared");
  file.prepared = prepared && prepared->is_bool() && prepared->as_bool();
  return file;
}

Result<std::map<std::string, std::string>> versions(const object& manifest) {
  std::map<std::string, std::string> versions;
  const auto* const packages = manifest.if_contains("packages");
  if (!packages || !packages->is_array()) return wrong("packages", "must be a list");
  for (std::size_t i = 0; i < packages->as_array().size(); ++i) {
    const std::string where = "packages[" + std::to_string(i) + "]";
    const auto& package = packages->as_array()[i];
    if (!package.is_object()) return wrong(where, "must be an object");
    const auto name = text(package.as_object(), where, "name"),
               version = text(package.as_object(), where, "version");
    if (!name) return tl::unexpected(name.error());
    if (!version) return tl::unexpected(version.error());
    versions[*name] = *version;
  }
  return versions;
}

Result<Model> parse_model(const object& of, const std::string& where, std::string_view processor) {
  Model model;
  const std::pair<const char*, std::string*> members[] = {{"name", &model.name},
                                                          {"purpose", &model.purpose},
                                                          {"licence", &model.licence},
                                                          {"package", &model.package}};
  for (const auto& [name, target] : members) {
    auto value = text(of, where, name);
    if (!value) return tl::unexpected(value.error());
    *target = *std::move(value);
  }
  const auto* const optional = of.if_contains("optional");
  model.optional = optional && optional->is_bool() && optional->as_bool();
  const auto* const files = of.if_contains("files");
  if (!files || !files->is_array()) return wrong(where + ".files", "must be a list");
  for (std::size_t i = 0; i < files->as_array().size(); ++i) {
    const std::string here = where + ".files[" + std::to_string(i) + "]";
    const auto& entry = files->as_array()[i];
    if (!entry.is_object()) return wrong(here, "must be an object");
    if (json::text_member(entry.as_object(), "processor").value_or(std::string(processor)) !=
        processor)
      continue;
    auto file = parse_file(entry.as_object(), here);
    if (!file) return tl::unexpected(file.error());
    model.files.push_back(*std::move(file));
  }
  return model;
}

}  // namespace

std::uint64_t Model::size() const {
  std::uint64_t total = 0;
  for (const File& file : files) total += file.size;
  return total;
}

const Model* Manifest::find(std::string_view name) const {
  const auto found = std::find_if(models.begin(), models.end(),
                                  [&](const Model& model) { return model.name == name; });
  return found == models.end() ? nullptr : &*found;
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view processor) {
  const auto parsed = json::parse_object(text);
  if (!parsed) return fail(ErrorCode::invalid_argument, "the models' manifest is no JSON object");
  const auto known = versions(*parsed);
  if (!known) return tl::unexpected(known.error());
  const auto* const models = parsed->if_contains("models");
  if (!models || !models->is_array()) return wrong("models", "must be a list");
  Manifest manifest;
  for (std::size_t i = 0; i < models->as_array().size(); ++i) {
    const std::string where = "models[" + std::to_string(i) + "]";
    const auto& entry = models->as_array()[i];
    if (!entry.is_object()) return wrong(where, "must be an object");
    auto model = parse_model(entry.as_object(), where, processor);
    if (!model) return tl::unexpected(model.error());
    const auto version = known->find(model->package);
    if (version == known->end()) return wrong(where + ".package", "must be one of packages");
    model->version = version->second;
    if (!model->files.empty()) manifest.models.push_back(*std::move(model));
  }
  return manifest;
}

std::string_view processor() {
#if defined(__x86_64__)
  return "x86_64";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "other";
#endif
}

const Manifest& manifest() {
  static const Manifest own = [] {
    auto parsed = parse_manifest(embedded_manifest, processor());
    if (!parsed) throw std::logic_error(parsed.error().message);  // a test reads the same text
    return *std::move(parsed);
  }();
  return own;
}

}  // namespace sotto::models
