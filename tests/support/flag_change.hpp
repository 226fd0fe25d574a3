#pragma once

#include <string>

#include "ports/flag_store.hpp"

namespace sotto::testing {

inline ports::FlagChange change(const std::string& document, const std::string& by = "ada",
                                const std::string& why = "because") {
  return {document, by, why, UtcTime{milliseconds{1'764'000'000'123}}};
}

}  // namespace sotto::testing
