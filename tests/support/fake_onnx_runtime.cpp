// A library that is loaded in ONNX Runtime's place: it can be asked for its version, ends runs, and
// reads no model. With FAKE_ONNX_OLD it is too old.
#include "tests/support/fake_onnx_runtime.hpp"

#include <array>

#include "providers/moonshine/onnx_api.hpp"

namespace {

using namespace sotto::providers::moonshine::onnx;
using sotto::testing::FakeRun;

// The statuses and objects that carry nothing are all this one.
int something = 0;

template <class T>
T* any() {
  return reinterpret_cast<T*>(&something);
}

template <class T>
Status* give(T** out) {
  *out = any<T>();
  return nullptr;
}

const char* error_message(const Status*) { return "the fake reads no model\nat all"; }
Status* create_env(int, const char*, Env** out) { return give(out); }
Status* create_memory_info(int, int, MemoryInfo** out) { return give(out); }
Status* default_allocator(Allocator** out) { return give(out); }
Status* create_session_options(SessionOptions** out) { return give(out); }
Status* create_session(const Env*, const char*, const SessionOptions*, Session**) {
  return any<Status>();
}
Status* set_number(SessionOptions*, int) { return nullptr; }
Status* set_nothing(SessionOptions*) { return nullptr; }
Status* create_run_options(RunOptions** out) {
  *out = reinterpret_cast<RunOptions*>(new FakeRun);
  return nullptr;
}
Status* set_terminate(RunOptions* run) {
  reinterpret_cast<FakeRun*>(run)->terminate();
  return nullptr;
}
void release_run_options(RunOptions* run) { delete reinterpret_cast<FakeRun*>(run); }
void release(void*) {}

using Table = std::array<void*, 300>;

template <class Function>
void put(Table& table, Place place, Function* function) {
  table[static_cast<std::size_t>(place)] = reinterpret_cast<void*>(function);
}

#ifdef FAKE_ONNX_OLD
constexpr std::uint32_t newest = interface_version - 1;
constexpr const char* own_version = "1.2.0";
#else
constexpr std::uint32_t newest = interface_version;
constexpr const char* own_version = "17.0-fake";
#endif

const void* get_api(std::uint32_t version) {
  if (version > newest) return nullptr;
  static const Table table = [] {
    Table made{};
    made.fill(nullptr);
    put(made, Place::get_error_message, &error_message);
    put(made, Place::create_env, &create_env);
    put(made, Place::create_cpu_memory_info, &create_memory_info);
    put(made, Place::default_allocator, &default_allocator);
    put(made, Place::create_session_options, &create_session_options);
    put(made, Place::create_session, &create_session);
    for (const Place place : {Place::set_intra_op_threads, Place::set_inter_op_threads,
                              Place::set_log_severity, Place::set_optimisation})
      put(made, place, &set_number);
    put(made, Place::disable_memory_pattern, &set_nothing);
    put(made, Place::disable_arena, &set_nothing);
    put(made, Place::create_run_options, &create_run_options);
    put(made, Place::set_terminate, &set_terminate);
    put(made, Place::release_run_options, &release_run_options);
    for (const Place place : {Place::release_env, Place::release_memory_info, Place::release_status,
                              Place::release_session_options})
      put(made, place, &release);
    return made;
  }();
  return table.data();
}

const char* get_version() { return own_version; }

const ApiBase base{&get_api, &get_version};

}  // namespace

extern "C" __attribute__((visibility("default"))) const ApiBase* OrtGetApiBase() { return &base; }
