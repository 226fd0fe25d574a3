// Both stores against the contract.
#include <filesystem>

#include "providers/local/file_flag_store.hpp"
#include "providers/local/sqlite_flag_store.hpp"
#include "tests/contract/flag_store_contract.hpp"

namespace sotto::contract {

INSTANTIATE_TEST_SUITE_P(
    Local, FlagStoreContract,
    ::testing::Values(FlagStoreMaker{{"Sqlite",
                                      [](const std::string& folder) {
                                        return providers::local::make_sqlite_flag_store(
                                            folder + "/flags.db");
                                      }}},
                      FlagStoreMaker{{"File",
                                      [](const std::string& folder) {
                                        return providers::local::make_file_flag_store(folder + "/");
                                      }}}),
    maker_name<FlagStoreMaker>);

}  // namespace sotto::contract
