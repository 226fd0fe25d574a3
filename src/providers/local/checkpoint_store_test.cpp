// The store in files, and the one in memory that other tests use, against the contract.
#include <map>

#include "providers/local/file_checkpoint_store.hpp"
#include "tests/contract/checkpoint_store_contract.hpp"
#include "tests/support/memory_checkpoint_store.hpp"

namespace sotto::contract {

INSTANTIATE_TEST_SUITE_P(
    Local, CheckpointStoreContract,
    ::testing::Values(
        CheckpointStoreMaker{"File",
                             [](const std::string& folder) {
                               return providers::local::make_file_checkpoint_store(folder);
                             }},
        CheckpointStoreMaker{
            "Memory",
            [mutex = std::make_shared<std::mutex>(),
             places = std::make_shared<std::map<std::string, testing::MemoryCheckpointStore>>()](
                const std::string& folder) {
              const std::lock_guard lock(*mutex);
              return std::make_unique<testing::MemoryCheckpointStore>((*places)[folder]);
            }}),
    maker_name<CheckpointStoreMaker>);

}  // namespace sotto::contract
