#include "providers/aws/client/retry.hpp"

namespace sotto::providers::aws {
namespace {

TEST(Retry, WhatIsWorthAnotherAttempt) {
  struct Case {
    int status;
    std::string name;
    Retry expected;
  };
  const std::vector<Case> cases = {
      {400, "Throttling", Retry::throttled},
      {400, "ProvisionedThroughputExceeded", Retry::throttled},
      {429, "", Retry::throttled},
      {503, "SlowDown", Retry::throttled},
      {500, "InternalServerError", Retry::transient},
      {502, "", Retry::transient},
      {503, "ServiceUnavailable", Retry::transient},
      {504, "", Retry::transient},
      {408, "RequestTimeout", Retry::transient},
      {501, "NotImplemented", Retry::never},
      {400, "Validation", Retry::never},
      {403, "AccessDenied", Retry::never},
      {400, "ConditionalCheckFailed", Retry::never},
      {409, "Conflict", Retry::never},
  };
  for (const Case& one : cases)
    EXPECT_EQ(retry_for(one.status, one.name), one.expected) << one.status << one.name;
}

TEST(Retry, TheWaitDoublesAndIsJitteredFromZero) {
  EXPECT_EQ(retry_wait(1, 0.0), milliseconds{0});
  EXPECT_EQ(retry_wait(1, 0.5), milliseconds{500});
  EXPECT_EQ(retry_wait(2, 0.5), milliseconds{1'000});
  EXPECT_EQ(retry_wait(3, 0.25), milliseconds{1'000});
  EXPECT_EQ(retry_wait(40, 0.999), milliseconds{20'000});
}

TEST(RetryBudget, EndsRetriesWhileMostCallsFail) {
  RetryBudget budget;
  EXPECT_EQ(budget.take(Retry::never), 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(budget.take(Retry::transient), 5);
  EXPECT_EQ(budget.take(Retry::throttled), 0);
  for (int i = 0; i < 5; ++i) budget.succeeded(0);
  EXPECT_EQ(budget.take(Retry::timeout), 0) << "a timeout takes ten";
  EXPECT_EQ(budget.take(Retry::throttled), 5);
  budget.succeeded(5);
  EXPECT_EQ(budget.left(), 5);
  for (int i = 0; i < 1'000; ++i) budget.succeeded(0);
  EXPECT_EQ(budget.left(), RetryBudget::capacity);
}

}  // namespace
}  // namespace sotto::providers::aws
