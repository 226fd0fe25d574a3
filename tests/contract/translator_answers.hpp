#pragma once

#include <string>
#include <utility>

#include "ports/translator.hpp"
#include "tests/contract/answers.hpp"

namespace sotto::contract {

using Answers = AnswersOf<std::string>;

/// One request and its answer; `internal` when none comes.
inline Result<std::string> translate_one(ports::Translator& translator, const LanguagePair& pair,
                                         std::string text) {
  Answers answers;
  translator.translate(pair, std::move(text), answers.completion(0));
  if (!answers.wait_for(1)) return fail(ErrorCode::internal, "no answer");
  return answers.all().front().result;
}

}  // namespace sotto::contract
