#include "providers/aws/transcribe/transcript_stitch.hpp"

#include <algorithm>

namespace sotto::providers::aws {

using transcript::Event;
using transcript::Item;
using transcript::RecognitionResult;

void TranscriptStitch::begin_connection(SessionTime base) {
  ++connection_;
  base_ = base;
  sent_ = silence_ = milliseconds{0};
  silences_.clear();
  open_id_here_.clear();
  heard_before_ = heard_;
}

void TranscriptStitch::sent_silence(milliseconds length) {
  if (!silences_.empty() && silences_.back().at + silences_.back().length == sent_)
    silences_.back().length += length;
  else
    silences_.push_back({sent_, length});
  sent_ += length;
  silence_ += length;
}

// A place within silence that is not the talk's is where the talk stopped for it.
SessionTime TranscriptStitch::to_talk(SessionTime of_connection) const {
  const milliseconds there = std::min(of_connection.time_since_epoch(), sent_);
  milliseconds place = there;
  for (const Silence& silence : silences_)
    place -= std::clamp(there - silence.at, milliseconds{0}, silence.length);
  return base_ + place;
}

// The talk's name of a result. The one that was open when the last connection ended goes on.
std::string TranscriptStitch::id_for(std::string_view id, bool is_partial, SessionTime& start) {
  const bool goes_on =
      is_open() && (open_id_here_.empty() ? start < heard_before_ : open_id_here_ == id);
  if (goes_on) {
    start = open_start_;
  } else {
    open_id_ = std::string(id);
    if (connection_ > 1) open_id_ += "/" + std::to_string(connection_);
    open_start_ = start;
  }
  std::string name = open_id_;
  open_id_here_ = id;
  if (!is_partial) {
    open_id_.clear();
    open_id_here_.clear();
  }
  return name;
}

Event TranscriptStitch::take(const Event& event) {
  Event talk;
  for (std::size_t i = 0; i < event.size(); ++i) {
    const RecognitionResult result = event[i];
    SessionTime start = to_talk(result.start);
    const SessionTime end = std::max(start, to_talk(result.end));
    const bool is_known =
        result.is_partial ? end < heard_before_ : connection_ > 1 && end <= acknowledged_;
    if (is_known) continue;
    const SessionTime said_start = start;
    const std::string id = id_for(result.id, result.is_partial, start);
    start = std::min(start, end);
    talk.begin_result({id, result.channel, result.transcript, start, end, result.is_partial});
    for (Item item : result.items) {
      item.start = std::clamp(to_talk(item.start), std::min(said_start, end), end);
      item.end = std::clamp(to_talk(item.end), item.start, end);
      talk.add_item(item);
    }
    heard_ = std::max(heard_, end);
    if (!result.is_partial) acknowledged_ = std::max(acknowledged_, end);
  }
  return talk;
}

}  // namespace sotto::providers::aws
