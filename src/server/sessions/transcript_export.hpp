#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/session_time.hpp"
#include "pipeline/session/session.hpp"
#include "ports/session_store.hpp"

namespace sotto::server {

/// A line of a transcript.
struct TranscriptLine {
  Segment segment;
  std::string source;      ///< of a translation
  bool translated = true;  ///< false: translation failed, the segment's text is the source's
};

/// How a transcript is written.
enum class TranscriptForm : std::uint8_t {
  vtt,   ///< WebVTT (W3C), with the text escaped as its section 3.3 says
  srt,   ///< SubRip
  jsonl  ///< one JSON object a line: {"segment","start","end","lang","text","source","translated"}
};

/// The form of a file's ending, such as "vtt"; nothing for another.
std::optional<TranscriptForm> transcript_form(std::string_view ending);
/// Its media type (RFC 6838 registry; SubRip has none, application/x-subrip is usual).
std::string_view media_type(TranscriptForm form);

/// Writes a transcript. A line that ends before it begins, or with the next one's beginning, is
/// given at least a second and at most until the next line begins, so that players show it. WebVTT
/// begins with a note of who speaks the language, unless `voice` is empty.
std::string write_transcript(const std::vector<TranscriptLine>& lines, TranscriptForm form,
                             const Language& language, const std::string& voice = {});

/// A stored session's transcript in a language: the source's settled lines, with the translations
/// that are kept; those that nobody asked for before are made now and kept. Waits for the store and
/// the translator, until `deadline` at the most: what is not there then is the source's text,
/// marked. Errors: the store's; `not_found` for a language it cannot be had in (field `lang`).
Result<std::vector<TranscriptLine>> read_transcript(const ports::StoredSession& session,
                                                    const Language& language,
                                                    const pipeline::SessionParts& parts,
                                                    std::chrono::steady_clock::time_point deadline);

}  // namespace sotto::server
