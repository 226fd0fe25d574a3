#include "rollout/decision.hpp"

namespace sotto::rollout {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::rollout: return "rollout";
    case Reason::outside_rollout: return "outside_rollout";
    case Reason::disabled: return "disabled";
    case Reason::environment_off: return "environment_off";
    case Reason::override_on: return "override_on";
    case Reason::override_off: return "override_off";
    case Reason::fallback: return "fallback";
  }
  return "disabled";
}

Decision decide(bool environment_enabled) {
  if (!environment_enabled) return {false, Reason::environment_off};
  return {true, Reason::rollout};
}

}  // namespace sotto::rollout
