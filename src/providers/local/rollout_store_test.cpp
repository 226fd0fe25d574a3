// The SQLite store, and the one in memory that other tests use, against the contract.
#include <map>

#include "providers/local/sqlite_rollout_store.hpp"
#include "tests/contract/rollout_store_contract.hpp"
#include "tests/support/memory_rollout_store.hpp"

namespace sotto::contract {

INSTANTIATE_TEST_SUITE_P(
    Local, RolloutStoreContract,
    ::testing::Values(
        RolloutStoreMaker{"Sqlite",
                          [](const std::string& folder) {
                            return providers::local::make_sqlite_rollout_store(folder);
                          }},
        RolloutStoreMaker{
            "Memory",
            [mutex = std::make_shared<std::mutex>(),
             places = std::make_shared<std::map<std::string, testing::MemoryRolloutStore>>()](
                const std::string& folder) {
              const std::lock_guard lock(*mutex);
              return std::make_unique<testing::MemoryRolloutStore>((*places)[folder]);
            }}),
    maker_name<RolloutStoreMaker>);

}  // namespace sotto::contract
