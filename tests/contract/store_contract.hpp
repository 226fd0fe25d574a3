#pragma once

// What the contracts of the stores have in common.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/support/temporary_folder.hpp"

namespace sotto::contract {

/// Makes stores: each call another one on the same place, as another process would have it.
template <class Store, class... Options>
struct StoreMaker {
  std::string name;
  std::function<std::unique_ptr<Store>(const std::string& folder, Options...)> make;
  /// What is not installed here, so that the store cannot be tried; empty where it can.
  std::function<std::string()> missing = [] { return std::string(); };
};

template <class Maker>
std::string maker_name(const ::testing::TestParamInfo<Maker>& info) {
  return info.param.name;
}

/// A test of a store with a folder of its own.
template <class Maker>
class StoreContract : public ::testing::TestWithParam<Maker> {
 protected:
  void SetUp() override {
    if (const std::string missing = this->GetParam().missing(); !missing.empty())
      GTEST_SKIP() << missing;
  }

  const testing::TemporaryFolder temporary;
  const std::string folder = temporary.path().string();
};

}  // namespace sotto::contract
