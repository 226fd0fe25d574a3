#include "server/sessions/transcript_export.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <deque>
#include <future>
#include <map>

#include "json/text.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

using Clock = std::chrono::steady_clock;

// 01:02:03.004, with a comma in SubRip.
std::string clock_time(SessionTime time, char point) {
  const auto ms = time.time_since_epoch().count();
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%02d:%02d:%02d%c%03d", static_cast<int>(ms / 3'600'000),
                static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60), point,
                static_cast<int>(ms % 1000));
  return text.data();
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\n':
      case '\r': out += ' '; break;
      default: out += c; break;
    }
  }
  return out;
}

SessionTime shown_until(const std::vector<TranscriptLine>& lines, std::size_t at) {
  const Segment& line = lines[at].segment;
  SessionTime end = std::max(line.end, line.start + std::chrono::seconds{1});
  if (at + 1 < lines.size() && lines[at + 1].segment.start > line.start)
    end = std::min(end, lines[at + 1].segment.start);
  return end;
}

std::string json_line(const TranscriptLine& line, const Language& language) {
  json::object object{{"segment", static_cast<std::uint32_t>(line.segment.id)},
                      {"start", to_seconds(line.segment.start)},
                      {"end", to_seconds(line.segment.end)},
                      {"lang", language.str()},
                      {"text", line.segment.text}};
  if (!line.source.empty()) object["source"] = line.source;
  object["translated"] = line.translated;
  return sotto::json::to_text(object) + '\n';
}

// A translation that is known, or that is on its way.
std::future<Result<std::string>> translation_of(const LanguagePair& pair, const std::string& text,
                                                const pipeline::SessionParts& parts) {
  auto promise = std::make_shared<std::promise<Result<std::string>>>();
  if (auto known = parts.cache->find(pair, text, Clock::now())) {
    promise->set_value(std::move(*known));
  } else {
    parts.translator->translate(
        pair, text, [promise, pair, text, cache = parts.cache](Result<std::string> made) {
          if (made) cache->store(pair, text, *made, Clock::now());
          promise->set_value(std::move(made));
        });
  }
  return promise->get_future();
}

struct Missing {
  std::size_t line = 0;
  std::future<Result<std::string>> translation;
};

// A few at a time: a session that is going on needs the translator too.
constexpr std::size_t asked_at_once = 8;

void await(Missing& missing, std::vector<TranscriptLine>& lines, const SessionId& id,
           const Language& language, const pipeline::SessionParts& parts,
           Clock::time_point deadline) {
  TranscriptLine& line = lines[missing.line];
  if (!missing.translation.valid() ||
      missing.translation.wait_until(deadline) != std::future_status::ready)
    return;
  const auto made = missing.translation.get();
  if (!made) return;
  line.segment.text = *made;
  line.translated = true;
  parts.store->append(id, {line.segment, language}, [](const Result<>&) {});
}

}  // namespace

std::optional<TranscriptForm> transcript_form(std::string_view ending) {
  if (ending == "vtt") return TranscriptForm::vtt;
  if (ending == "srt") return TranscriptForm::srt;
  if (ending == "jsonl") return TranscriptForm::jsonl;
  return std::nullopt;
}

std::string_view media_type(TranscriptForm form) {
  switch (form) {
    case TranscriptForm::vtt: return "text/vtt; charset=utf-8";
    case TranscriptForm::srt: return "application/x-subrip; charset=utf-8";
    case TranscriptForm::jsonl: return "application/jsonl; charset=utf-8";
  }
  return "text/plain; charset=utf-8";
}

std::string write_transcript(const std::vector<TranscriptLine>& lines, TranscriptForm form,
                             const Language& language, const std::string& voice) {
  const bool vtt = form == TranscriptForm::vtt;
  std::string out = vtt ? "WEBVTT\n\n" : "";
  if (vtt && !voice.empty()) out += "NOTE spoken by " + escaped(voice) + "\n\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (form == TranscriptForm::jsonl) {
      out += json_line(lines[i], language);
      continue;
    }
    const char point = vtt ? '.' : ',';
    out += std::to_string(i + 1) + '\n';
    out += clock_time(lines[i].segment.start, point);
    out += " --> ";
    out += clock_time(shown_until(lines, i), point);
    out += '\n';
    out += escaped(lines[i].segment.text);
    out += "\n\n";
  }
  return out;
}

Result<std::vector<TranscriptLine>> read_transcript(const ports::StoredSession& session,
                                                    const Language& language,
                                                    const pipeline::SessionParts& parts,
                                                    Clock::time_point deadline) {
  const LanguagePair pair{session.language, language};
  const auto source = parts.store->captions(session.id, session.language);
  if (!source) return tl::unexpected(source.error());
  const bool translate = language != session.language;
  std::map<SegmentId, Segment> kept;
  if (translate) {
    const auto pairs = parts.translator->pairs();
    if (std::find(pairs.begin(), pairs.end(), pair) == pairs.end())
      return fail(ErrorCode::not_found,
                  "this talk cannot be had in \"" + language.str().substr(0, 35) + "\"", "lang");
    auto captions = parts.store->captions(session.id, language);
    if (!captions) return tl::unexpected(captions.error());
    for (ports::StoredCaption& caption : *captions)
      kept[caption.segment.id] = std::move(caption.segment);
  }

  std::vector<TranscriptLine> lines;
  std::deque<Missing> missing;
  for (const ports::StoredCaption& caption : *source) {
    if (caption.segment.text.empty()) continue;
    TranscriptLine line{caption.segment, {}, true};
    if (translate) {
      line.source = caption.segment.text;
      const auto known = kept.find(caption.segment.id);
      if (known != kept.end() && known->second.seq >= caption.segment.seq) {
        line.segment.text = known->second.text;
      } else {
        line.translated = false;
        missing.push_back({lines.size(), {}});
      }
    }
    lines.push_back(std::move(line));
  }
  for (std::size_t i = 0; i < missing.size() + asked_at_once; ++i) {
    if (i >= asked_at_once)
      await(missing[i - asked_at_once], lines, session.id, language, parts, deadline);
    if (i < missing.size() && Clock::now() < deadline)
      missing[i].translation = translation_of(pair, lines[missing[i].line].source, parts);
  }
  return lines;
}

}  // namespace sotto::server
