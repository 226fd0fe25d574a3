#include "providers/aws/ssm/ssm_versions.hpp"

#include <boost/json/object.hpp>

#include "base/encoding.hpp"
#include "base/utf8.hpp"
#include "json/members.hpp"
#include "json/text.hpp"
#include "providers/aws/client/digest.hpp"

namespace sotto::providers::aws {

namespace {

constexpr std::size_t sum_digits = 16;

std::string sum_of(std::string_view value) { return to_hex(sha256(value)).substr(0, sum_digits); }

std::string text_of(const ChangeNote& note, const std::string& sum) {
  return json::to_text(boost::json::object{{"by", note.by},
                                           {"reason", note.reason},
                                           {"at", format_utc(note.at)},
                                           {"over", note.over},
                                           {"sum", sum}});
}

}  // namespace

std::string to_description(const ChangeNote& note, std::string_view value) {
  const std::string sum = sum_of(value);
  std::string text = text_of(note, sum);
  ChangeNote shorter = note;
  while (text.size() > longest_description && !(shorter.reason.empty() && shorter.by.empty())) {
    utf8::remove_last(shorter.reason.empty() ? shorter.by : shorter.reason);
    text = text_of(shorter, sum);
  }
  return text;
}

std::optional<ChangeNote> note_of(const SsmVersion& version) {
  const auto object = json::parse_object(version.description);
  if (!object) return std::nullopt;
  auto by = json::text_member(*object, "by");
  auto reason = json::text_member(*object, "reason");
  const auto at = json::text_member(*object, "at");
  const auto over = json::count_member(*object, "over");
  if (!by || !reason || !at || !over) return std::nullopt;
  if (json::text_member(*object, "sum") != sum_of(version.value)) return std::nullopt;
  const auto when = parse_utc(*at);
  if (!when) return std::nullopt;
  return ChangeNote{std::move(*by), std::move(*reason), *when, *over};
}

ports::FlagRevision revision_of(const SsmVersion& version) {
  ports::FlagRevision revision{version.version, version.value, version.modified_by, "",
                               version.modified_at};
  const auto note = note_of(version);
  if (!note) return revision;
  revision.changed_by = note->by;
  revision.reason = note->reason;
  revision.changed_at = note->at;
  return revision;
}

const SsmVersion* counting_version(std::span<const SsmVersion> oldest_first) {
  const SsmVersion* counts = nullptr;
  const SsmVersion* before = nullptr;
  for (const SsmVersion& version : oldest_first) {
    const auto note = note_of(version);
    const bool twin = before && counts == before && version.description == before->description &&
                      version.value == before->value;
    if (!before || !note || note->over + 1 == version.version || twin) counts = &version;
    before = &version;
  }
  return counts;
}

}  // namespace sotto::providers::aws
