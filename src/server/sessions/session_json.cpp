#include "server/sessions/session_json.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/sample_clock.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

json::array names(const std::vector<Language>& languages) {
  json::array names;
  for (const Language& language : languages) names.push_back(json::string(language.str()));
  return names;
}

json::value or_null(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::object engine_json(const ports::TranslationOffer& offer) {
  json::object engine{{"engine", offer.engine}, {"pivot", nullptr}, {"quality", nullptr}};
  if (!offer.pivot.empty()) engine["pivot"] = offer.pivot.str();
  if (const auto& quality = offer.quality)
    engine["quality"] = {{"test_set", quality->test_set},
                         {"bleu", or_null(quality->bleu)},
                         {"chrf", or_null(quality->chrf)},
                         {"comet", or_null(quality->comet)}};
  return engine;
}

// One element for each target, its engines in the order in which they are asked.
json::array translations_json(const std::vector<ports::TranslationOffer>& offers) {
  json::array targets;
  std::string target;
  for (const ports::TranslationOffer& offer : offers) {
    if (targets.empty() || target != offer.pair.target.str()) {
      target = offer.pair.target.str();
      targets.push_back(json::object{{"target", target}, {"engines", json::array{}}});
    }
    targets.back().at("engines").as_array().push_back(engine_json(offer));
  }
  return targets;
}

}  // namespace

json::object decision_json(const rollout::Evaluation& decision) {
  return {{"enabled", decision.enabled},
          {"reason", rollout::to_string(decision.reason)},
          {"version", decision.version}};
}

json::object listeners_json(const std::map<Language, std::size_t>& listeners) {
  json::object by_language;
  std::size_t total = 0;
  for (const auto& [language, count] : listeners) {
    by_language[language.str()] = count;
    total += count;
  }
  return {{"total", total}, {"by_language", std::move(by_language)}};
}

json::object session_json(const HostedSession& hosted) {
  const pipeline::Session& session = *hosted.session;
  std::vector<Language> targets = session.languages();
  std::erase(targets, session.config().language);
  return {{"session_id", session.config().id.str()},
          {"language", session.config().language.str()},
          {"targets", names(targets)},
          {"speech", names(session.speech_languages())},
          {"state", pipeline::to_string(session.state())},
          {"recording", hosted.token_digest.empty()},
          {"created_at", format_utc(hosted.created_at)},
          {"listeners", listeners_json(session.status().listeners)},
          {"partial_results", decision_json(hosted.decision)}};
}

json::object session_json(const ports::StoredSession& stored,
                          const std::vector<OfferedLanguage>& offered) {
  OfferedLanguage here{stored.language, {}, {}};
  for (const OfferedLanguage& one : offered)
    if (one.language == stored.language) here = one;
  return {{"session_id", stored.id.str()},
          {"language", stored.language.str()},
          {"targets", names(here.targets)},
          {"speech", names(here.speech)},
          {"state", "ended"},
          {"recording", stored.token_digest.empty()},
          {"created_at", format_utc(stored.created_at)},
          {"listeners", listeners_json({})},
          {"partial_results",
           {{"enabled", stored.partial_results},
            {"reason", stored.reason},
            {"version", stored.flag_version}}}};
}

// Null until there are words.
json::value word_lag_json(const std::optional<pipeline::LagFigures>& lag) {
  if (!lag) return nullptr;
  return json::object{{"p50", lag->p50_ms}, {"p95", lag->p95_ms}, {"mean", lag->mean_ms}};
}

json::object operator_json(const HostedSession& hosted) {
  const pipeline::SessionStatus status = hosted.session->status();
  json::object all = session_json(hosted);
  all["arm"] = hosted.canary ? "canary" : "control";
  all["mode"] = status.mode == engine::Mode::partial ? "partial" : "final_only";
  all["latency_ms"] = {{"p50", or_null(status.latency_p50_ms)},
                       {"p95", or_null(status.latency_p95_ms)}};
  all["word_lag_ms"] = word_lag_json(status.word_lag);
  all["audio_seconds"] = to_seconds(status.audio);
  all["lag_seconds"] = to_seconds(status.lag);
  all["dropped_seconds"] = to_seconds(audio_length(hosted.seat->dropped));
  return all;
}

json::object with_voices(json::object session, const ports::Synthesiser* synthesiser) {
  json::object voices;
  if (synthesiser)
    for (const json::value& language : session.at("speech").as_array()) {
      const std::string code(language.as_string());
      voices[code] = synthesiser->voice(Language(code));
    }
  session["voices"] = std::move(voices);
  return session;
}

json::object language_json(const OfferedLanguage& offered) {
  return {{"language", offered.language.str()},
          {"targets", names(offered.targets)},
          {"speech", names(offered.speech)},
          {"translations", translations_json(offered.translations)}};
}

}  // namespace sotto::server
