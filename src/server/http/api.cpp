#include "server/http/api.hpp"

#include <boost/json.hpp>

#include "server/http/public_text.hpp"
#include "server/operator/operator_right.hpp"
#include "web/assets.hpp"

namespace sotto::server {

namespace json = boost::json;

Api::Api(const ApiParts& parts)
    : flag_(parts.flag),
      recogniser_(parts.recogniser),
      registry_(parts.registry),
      sessions_(parts.flag, parts.registry, parts.metrics, parts.log, parts.limits, parts.start),
      rollout_(parts.flag, parts.registry, parts.controller),
      phases_(parts.flag, parts.controller, parts.rollouts),
      criteria_(parts.flag, parts.registry, parts.readings, parts.controller),
      report_(parts.flag,
              {parts.environment, parts.flag.parameter_name, parts.flag.store, parts.rollouts,
               parts.series, parts.controller, std::nullopt},
              parts.monitor),
      ofrep_(parts.flag.reader),
      telemetry_(parts.metrics, parts.series, parts.monitor, parts.environment, parts.flag,
                 parts.recogniser, parts.translations, parts.store.not_stored),
      store_([check = parts.store.check, registry = parts.registry] {
        // Who writes makes anew what was removed, and only then can it be read.
        if (auto written = check ? check() : Result<>(); !written) return written;
        const auto known = registry->stored("-");
        if (!known && known.error().code != ErrorCode::not_found)
          return Result<>(tl::unexpected(known.error()));
        return Result<>();
      }) {}

bool Api::may_wait(const Request& request) const {
  return RolloutApi::owns(request.path) || sessions_.may_wait(request) ||
         TelemetryApi::may_wait(request) || request.path == "/readyz";
}

Response Api::handle(Request request, SessionRegistry::Clock::time_point now) {
  if (request.method == "HEAD") request.method = "GET";
  Response response = answer(request, now);
  if (response.status >= 500 && !may(flag_, request, access::Role::viewer))
    response.body = without_paths(response.body);
  return response;
}

Response Api::answer(const Request& request, SessionRegistry::Clock::time_point now) {
  const std::string& path = request.path;
  if (path == "/healthz")
    return request.method == "GET" ? reply(200, {{"status", "ok"}}) : not_allowed("GET");
  if (path == "/readyz") return request.method == "GET" ? ready(request, now) : not_allowed("GET");
  if (CriteriaApi::owns(path)) return criteria_.handle(request);
  if (PhasesApi::owns(path)) return phases_.handle(request);
  if (ReportApi::owns(path)) return report_.handle(request);
  if (RolloutApi::owns(path)) return rollout_.handle(request);
  if (Ofrep::owns(path)) return ofrep_.handle(request);
  if (TelemetryApi::owns(path)) return telemetry_.handle(request);
  if (SessionsApi::owns(path)) return sessions_.handle(request, now);
  if (path == "/v1/operator") return show_caller(flag_, request);
  if (path == "/v1/demo") return demo(request);
  return page(request);
}

// Whether new sessions are welcome here: what they are kept in can be read and written, and nobody
// stops the server. Where the store is, is the operator's to know.
Response Api::ready(const Request& request, SessionRegistry::Clock::time_point now) {
  if (stopping_) return reply(Error{ErrorCode::unavailable, "the server is stopping", ""});
  if (const auto store = store_.answer(now); !store)
    return reply(Error{ErrorCode::unavailable,
                       "sessions cannot be stored" + (may(flag_, request, access::Role::viewer)
                                                          ? ": " + store.error().message
                                                          : std::string()),
                       "store"});
  if (!registry_->has_room())
    return reply(Error{ErrorCode::unavailable, "there is no room for another session", ""});
  json::object ready{{"status", "ready"}};
  if (const auto use = registry_->recognisers())
    ready["talks"] = {{"live", use->live}, {"most", use->most}};
  if (!recogniser_.name.empty())
    ready["recogniser"] = recogniser(may(flag_, request, access::Role::viewer));
  return reply(200, std::move(ready));
}

json::object Api::recogniser(bool for_operator) const {
  json::object recogniser{{"name", recogniser_.name}};
  if (!for_operator) return recogniser;
  if (!recogniser_.instead.empty()) recogniser["instead"] = recogniser_.instead;
  if (recogniser_.takeovers) recogniser["takeovers"] = recogniser_.takeovers->load();
  return recogniser;
}

Response Api::demo(const Request& request) const {
  if (request.method != "GET") return not_allowed("GET");
  if (demo_.empty()) return reply(Error{ErrorCode::not_found, "the demo is off", ""});
  return reply(200, {{"session_id", demo_.str()}});
}

Response Api::page(const Request& request) const {
  const std::string path = request.path.starts_with("/listen/") ? "/listen" : request.path;
  const web::Asset* asset = web::find_asset(path);
  if (!asset) return reply(Error{ErrorCode::not_found, "there is nothing at this path", "path"});
  if (request.method != "GET") return not_allowed("GET");
  Response response;
  response.content_type = asset->content_type;
  response.gzipped = request.accepts_gzip;
  response.etag = request.accepts_gzip ? asset->gzip_etag : asset->etag;
  if (!request.etag.empty() && request.etag == response.etag) {
    response.status = 304;
    response.gzipped = false;
  } else {
    response.body = request.accepts_gzip ? asset->gzip : asset->body;
  }
  return response;
}

}  // namespace sotto::server
