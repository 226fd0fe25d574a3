#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <map>

#include "ports/session_store.hpp"
#include "server/sessions/session_registry.hpp"

namespace sotto::server {

/// {"enabled","reason","version"}
boost::json::object decision_json(const rollout::Evaluation& decision);

/// {"total","by_language":{…}}
boost::json::object listeners_json(const std::map<Language, std::size_t>& listeners);

/// A session as everybody may see it; docs/live.md.
boost::json::object session_json(const HostedSession& hosted);

/// The same of one that has ended and of which only the store knows.
boost::json::object session_json(const ports::StoredSession& stored,
                                 const std::vector<OfferedLanguage>& offered);

/// What the operator sees besides: {"mode","arm","latency_ms","word_lag_ms","audio_seconds",
/// "lag_seconds","dropped_seconds"}, added to session_json().
boost::json::object operator_json(const HostedSession& hosted);

/// `session` and who speaks each language of its "speech" now: "voices", such as {"en":"Piper
/// joe"}. `synthesiser` may be null.
boost::json::object with_voices(boost::json::object session, const ports::Synthesiser* synthesiser);

/// {"language","targets","speech"}
boost::json::object language_json(const OfferedLanguage& offered);

}  // namespace sotto::server
