#pragma once

#include <string>
#include <utility>

#include "ports/session_store.hpp"

namespace sotto::testing {

/// A session, as it begins.
inline ports::StoredSession stored_session(std::string id, milliseconds created = {}) {
  ports::StoredSession session;
  session.id = SessionId{std::move(id)};
  session.language = Language{"en"};
  session.token_digest = std::string(64, 'a');
  session.created_at = UtcTime{milliseconds{1'764'000'000'123} + created};
  session.canary = true;
  session.partial_results = true;
  session.reason = "rollout";
  session.bucket = 7;
  session.rollout_percentage = 10;
  session.flag_version = 3;
  session.min_stability_threshold = 0.85;
  session.max_buffer_timeout = milliseconds{2500};
  return session;
}

/// The first revision of a segment, which takes a second.
inline ports::StoredCaption stored_caption(std::uint32_t segment, std::string text,
                                           std::string language = "en") {
  return {{.seq = segment,
           .id = SegmentId{segment},
           .text = std::move(text),
           .provisional = {},
           .start = at_ms(segment * 1000L),
           .end = at_ms(segment * 1000L + 900)},
          Language{std::move(language)}};
}

}  // namespace sotto::testing
