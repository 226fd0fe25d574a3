#include "output/explained_output.hpp"

#include "output/rollout_output.hpp"
#include "rollout/explanation.hpp"
#include "rollout_controller/present_json.hpp"

namespace sotto::app {

namespace {

using rollout::percent;
using rollout::Reason;
using rollout_controller::SessionNow;

const char* on_or_off(bool enabled) { return enabled ? "on" : "off"; }

std::string reason_in_words(const rollout::Evaluation& decision) {
  const std::string bucket = "bucket " + std::to_string(decision.bucket);
  const std::string share = percent(decision.rollout_percentage);
  switch (decision.reason) {
    case Reason::rollout: return bucket + " is below " + share;
    case Reason::outside_rollout: return bucket + " is not below " + share;
    case Reason::disabled: return "the flag is off for everybody";
    case Reason::environment_off: return "PARTIAL_RESULTS_ENABLED is false here";
    case Reason::override_on:
    case Reason::override_off: return "an override says so (" + bucket + ", " + share + ")";
    case Reason::control_group: return bucket + " is kept for control";
    case Reason::stepped_back: return "the rollout has stepped back";
    case Reason::a_a:
      return bucket + " is in the canary, which does not get partial results in an A/A trial";
    case Reason::fallback: return "no flag can be read";
  }
  return "";
}

std::string by_version(std::uint64_t version) {
  return version == 0 ? "" : "; version " + std::to_string(version);
}

std::string moment(UtcTime at, UtcTime now) { return format_utc(at) + " (" + ago(at, now) + ")"; }

// Why a session that began with partial results has them no more.
void print_switched_off(std::ostream& out, const SessionNow& session, UtcTime now) {
  out << "  off";
  if (session.since) out << " since " << moment(*session.since, now);
  out << ": " << reason_in_words(session.present) << by_version(session.present.version);
  if (!session.by.empty()) out << ", by " << printable(session.by, 100);
  if (!session.remark.empty()) out << ": " << printable(session.remark, 500);
  out << '\n';
  if (!session.acted)
    out << "  its server has not said yet that it acts by that\n";
  else if (!session.ended_at)
    out << "  it stays off for the rest of this session\n";
}

void print_session(std::ostream& out, const SessionNow& session, UtcTime now) {
  out << "  this session began at " << moment(session.created_at, now) << " with partial results "
      << on_or_off(session.given.enabled);
  const bool switched_off = session.given.enabled && !session.present.enabled;
  out << ": " << reason_in_words(session.given) << by_version(session.given.version) << '\n';
  if (switched_off) print_switched_off(out, session, now);
  if (session.ended_at)
    out << "  it ended at " << moment(*session.ended_at, now) << '\n';
  else if (session.state == "ended")
    out << "  it has ended\n";
}

}  // namespace

void print_explained(std::ostream& out, const std::string& session_id,
                     const rollout_controller::PresentState& state,
                     const std::vector<std::string>& not_known, UtcTime now) {
  const bool live = rollout_controller::goes_on(state);
  const rollout::Evaluation& shown = live ? state.session->present : state.new_session;
  out << session_id << ": partial results " << on_or_off(shown.enabled) << '\n';
  if (state.session) {
    print_session(out, *state.session, now);
    out << "  a session of this id that began now: " << on_or_off(state.new_session.enabled)
        << ", ";
  }
  out << reason_in_words(state.new_session) << by_version(state.new_session.version) << '\n';
  if (state.rollout) {
    out << "plan " << printable(state.standing->state.plan.name) << ": "
        << rollout::to_string(state.rollout->status) << '\n';
    if (!state.rollout->about_to.empty()) out << printable(state.rollout->about_to, 500) << '\n';
  } else if (state.problem) {
    out << "the rollout's state cannot be read: " << printable(state.problem->message, 500) << '\n';
  }
  for (const std::string& what : not_known) out << "not known here: " << what << '\n';
}

}  // namespace sotto::app
