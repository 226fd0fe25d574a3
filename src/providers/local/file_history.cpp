#include "providers/local/file_history.hpp"

#include <boost/json.hpp>
#include <utility>

#include "json/members.hpp"

namespace sotto::providers::local {

namespace {

using ports::FlagRevision;

void take_line(const boost::json::object& line, FileHistory& history) {
  if (const auto done = json::count_member(line, "done")) {
    if (history.announced && history.announced->version == *done)
      history.revisions.push_back(*std::exchange(history.announced, std::nullopt));
    return;
  }
  FlagRevision revision;
  revision.version = json::count_member(line, "version").value_or(0);
  revision.document = json::text_member(line, "document").value_or("");
  revision.changed_by = json::text_member(line, "changed_by").value_or("");
  revision.reason = json::text_member(line, "reason").value_or("");
  const auto time = parse_utc(json::text_member(line, "changed_at").value_or(""));
  if (revision.version == 0 || !time) return;
  revision.changed_at = *time;
  history.flag = json::text_member(line, "flag").value_or("");
  history.announced = std::move(revision);
}

}  // namespace

FileHistory parse_history(std::string_view text) {
  FileHistory history;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos;
       end = text.find('\n', history.whole_bytes)) {
    const auto line =
        json::parse_object(text.substr(history.whole_bytes, end - history.whole_bytes));
    if (line) take_line(*line, history);
    history.whole_bytes = end + 1;
  }
  return history;
}

std::string announce_line(const std::string& flag, const FlagRevision& revision) {
  return boost::json::serialize(
             boost::json::object{{"flag", flag},
                                 {"version", revision.version},
                                 {"document", revision.document},
                                 {"changed_by", revision.changed_by},
                                 {"reason", revision.reason},
                                 {"changed_at", format_utc(revision.changed_at)}}) +
         "\n";
}

std::string done_line(std::uint64_t version) {
  return boost::json::serialize(boost::json::object{{"done", version}}) + "\n";
}

FlagRevision current_revision(const FileHistory& history, std::string_view document,
                              UtcTime written_at) {
  const auto& announced = history.announced;
  if (announced && announced->document == document) return *announced;
  if (!history.revisions.empty() && history.revisions.back().document == document)
    return history.revisions.back();
  return {history.last_version() + 1, std::string(document), "edited by hand", "", written_at};
}

}  // namespace sotto::providers::local
