// The SQLite store, and the one in memory that other tests use, against the contract.
#include "providers/local/faults/keeping_session_store.hpp"
#include "providers/local/sqlite_session_store.hpp"
#include "tests/contract/session_store_contract.hpp"
#include "tests/support/memory_session_store.hpp"

namespace sotto::contract {

INSTANTIATE_TEST_SUITE_P(
    Local, SessionStoreContract,
    ::testing::Values(SessionStoreMaker{"Sqlite",
                                        [](const std::string& folder, std::size_t most_feedback) {
                                          providers::local::SessionStoreLimits limits;
                                          limits.feedback = most_feedback;
                                          auto opened = providers::local::open_sqlite_session_store(
                                              folder + "/sessions.db", limits);
                                          return opened ? std::move(*opened) : nullptr;
                                        }},
                      SessionStoreMaker{
                          "Keeping",
                          [](const std::string&, std::size_t most_feedback) {
                            return std::make_unique<providers::local::KeepingSessionStore>(
                                std::make_unique<testing::MemorySessionStore>(most_feedback));
                          }},
                      SessionStoreMaker{"Memory",
                                        [](const std::string&, std::size_t most_feedback) {
                                          return std::make_unique<testing::MemorySessionStore>(
                                              most_feedback);
                                        }}),
    maker_name<SessionStoreMaker>);

}  // namespace sotto::contract
