#include "feature_flag/last_good.hpp"

#include <boost/json.hpp>

#include "files/atomic_file.hpp"
#include "json/members.hpp"

namespace sotto::feature_flag {

namespace {

constexpr std::size_t max_bytes = 4 * rollout::max_document_bytes;

}  // namespace

Result<std::optional<LastGood>> load_last_good(const std::filesystem::path& file,
                                               const std::string& parameter_name) {
  const auto text = files::read_file(file, max_bytes);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return std::nullopt;
  const auto object = json::parse_object(**text);
  const auto name = object ? json::text_member(*object, "parameter_name") : std::nullopt;
  const auto version = object ? json::count_member(*object, "version") : std::nullopt;
  const auto document = object ? json::text_member(*object, "document") : std::nullopt;
  if (!name || !version || !document)
    return fail(ErrorCode::invalid_argument, file.string() + " is not a stored flag", "path");
  if (*name != parameter_name) return std::nullopt;
  auto flag = rollout::parse_flag(*document);
  if (!flag) return tl::unexpected(flag.error());
  return LastGood{*name, *version, std::move(*flag)};
}

Result<> save_last_good(const std::filesystem::path& file, const LastGood& last_good) {
  const boost::json::object object{{"parameter_name", last_good.parameter_name},
                                   {"version", last_good.version},
                                   {"document", rollout::to_document(last_good.flag)}};
  return files::write_file(file, boost::json::serialize(object) + "\n");
}

}  // namespace sotto::feature_flag
