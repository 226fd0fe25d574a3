#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "feature_flag/flag_operations.hpp"
#include "rollout_controller/rollout_controller.hpp"
#include "server/http/http_message.hpp"
#include "server/operator/flag_access.hpp"
#include "server/sessions/session_registry.hpp"

namespace sotto::server {

/// The operator's side of the flag, what `sotto rollout` does, for those who have the operator's
/// token:
///
///   GET    /v1/rollout                         what is in force, and which processes act by it
///   PATCH  /v1/rollout                         changes the members that the body has
///   POST   /v1/rollout/disable, /enable        the switch; the first waits for acknowledgements
///   POST   /v1/rollout/undo                    back to the last value, or {"version": N}; what
///                                              switches somebody on needs {"confirm": true}
///   GET    /v1/rollout/history?limit=N, /diff?from=A&to=B
///   GET    /v1/rollout/explain/{session}
///   PUT    /v1/rollout/overrides/{session}     {"enabled":true,"seconds":3600}; DELETE clears it
///   POST   /v1/rollout/lint                    is the body a valid document
///
/// A change's body may also have "reason", "if_version" and "dry_run"; who makes it is the token's
/// name. These calls wait for the store. Thread-safe.
class RolloutApi {
 public:
  /// The registry and the controller must outlive this.
  RolloutApi(FlagAccess flag, const SessionRegistry* registry,
             rollout_controller::RolloutController* controller)
      : flag_(std::move(flag)), registry_(registry), controller_(controller) {}

  /// Whether a path is for handle().
  static bool owns(const std::string& path);

  Response handle(const Request& request) const;

 private:
  Response status() const;
  Response change(const Request& request) const;
  boost::json::object preview(const rollout::Flag& flag) const;
  Response turn(const Request& request, bool enabled) const;
  Response undo(const Request& request) const;
  Response history(const Request& request) const;
  Response diff(const Request& request) const;
  Response explain(const std::string& session_id) const;
  Response set_override(const Request& request, const std::string& session_id) const;
  Response lint(const Request& request) const;

  struct Asked {
    rollout::FlagEdit edit;
    feature_flag::Author author;
    feature_flag::Care care;
    std::optional<std::uint64_t> version;
    std::optional<std::uint64_t> seconds;
  };
  Result<Asked> parse(const Request& request,
                      std::initializer_list<std::string_view> members) const;
  void follow(const Asked& asked) const;
  Response answer(const Result<feature_flag::FlagChanged>& changed, const Asked& asked) const;

  const FlagAccess flag_;
  const SessionRegistry* const registry_;
  rollout_controller::RolloutController* const controller_;
};

}  // namespace sotto::server
