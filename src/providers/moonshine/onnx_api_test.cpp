// Where ONNX Runtime's own header is, the places in its table are compared with those of ours.
#include "providers/moonshine/onnx_api.hpp"

#if __has_include(<onnxruntime_c_api.h>)
#include <onnxruntime_c_api.h>
#define SOTTO_HAS_ONNX_HEADER
#elif __has_include(<onnxruntime/onnxruntime_c_api.h>)
#include <onnxruntime/onnxruntime_c_api.h>
#define SOTTO_HAS_ONNX_HEADER
#elif __has_include(<onnxruntime/core/session/onnxruntime_c_api.h>)
#include <onnxruntime/core/session/onnxruntime_c_api.h>
#define SOTTO_HAS_ONNX_HEADER
#endif

namespace sotto::providers::moonshine::onnx {
namespace {

#ifdef SOTTO_HAS_ONNX_HEADER
struct Entry {
  Place place;
  std::size_t offset;
  const char* name;
};
#define SOTTO_ENTRY(place, name) \
  Entry { Place::place, offsetof(OrtApi, name), #name }
const Entry entries[] = {
    SOTTO_ENTRY(get_error_message, GetErrorMessage),
    SOTTO_ENTRY(create_env, CreateEnv),
    SOTTO_ENTRY(create_session, CreateSession),
    SOTTO_ENTRY(run, Run),
    SOTTO_ENTRY(create_session_options, CreateSessionOptions),
    SOTTO_ENTRY(disable_memory_pattern, DisableMemPattern),
    SOTTO_ENTRY(disable_arena, DisableCpuMemArena),
    SOTTO_ENTRY(set_log_severity, SetSessionLogSeverityLevel),
    SOTTO_ENTRY(set_optimisation, SetSessionGraphOptimizationLevel),
    SOTTO_ENTRY(set_intra_op_threads, SetIntraOpNumThreads),
    SOTTO_ENTRY(set_inter_op_threads, SetInterOpNumThreads),
    SOTTO_ENTRY(input_count, SessionGetInputCount),
    SOTTO_ENTRY(output_count, SessionGetOutputCount),
    SOTTO_ENTRY(input_type, SessionGetInputTypeInfo),
    SOTTO_ENTRY(input_name, SessionGetInputName),
    SOTTO_ENTRY(output_name, SessionGetOutputName),
    SOTTO_ENTRY(create_run_options, CreateRunOptions),
    SOTTO_ENTRY(set_terminate, RunOptionsSetTerminate),
    SOTTO_ENTRY(create_tensor_with_data, CreateTensorWithDataAsOrtValue),
    SOTTO_ENTRY(tensor_data, GetTensorMutableData),
    SOTTO_ENTRY(as_tensor_info, CastTypeInfoToTensorInfo),
    SOTTO_ENTRY(element_type, GetTensorElementType),
    SOTTO_ENTRY(dimension_count, GetDimensionsCount),
    SOTTO_ENTRY(dimensions, GetDimensions),
    SOTTO_ENTRY(element_count, GetTensorShapeElementCount),
    SOTTO_ENTRY(value_shape, GetTensorTypeAndShape),
    SOTTO_ENTRY(create_cpu_memory_info, CreateCpuMemoryInfo),
    SOTTO_ENTRY(allocator_free, AllocatorFree),
    SOTTO_ENTRY(default_allocator, GetAllocatorWithDefaultOptions),
    SOTTO_ENTRY(release_env, ReleaseEnv),
    SOTTO_ENTRY(release_status, ReleaseStatus),
    SOTTO_ENTRY(release_memory_info, ReleaseMemoryInfo),
    SOTTO_ENTRY(release_session, ReleaseSession),
    SOTTO_ENTRY(release_value, ReleaseValue),
    SOTTO_ENTRY(release_run_options, ReleaseRunOptions),
    SOTTO_ENTRY(release_type_info, ReleaseTypeInfo),
    SOTTO_ENTRY(release_shape_info, ReleaseTensorTypeAndShapeInfo),
    SOTTO_ENTRY(release_session_options, ReleaseSessionOptions),
    SOTTO_ENTRY(add_session_entry, AddSessionConfigEntry),
};
#undef SOTTO_ENTRY
#endif

TEST(OnnxApi, ItsPlacesAreThoseOfTheHeader) {
#ifndef SOTTO_HAS_ONNX_HEADER
  GTEST_SKIP() << "onnxruntime_c_api.h is not installed (Debian 13: libonnxruntime-dev)";
#else
  static_assert(std::size(entries) * sizeof(void*) == sizeof(Api), "each function is compared");
  for (const Entry& entry : entries)
    EXPECT_EQ(static_cast<std::size_t>(entry.place) * sizeof(void*), entry.offset) << entry.name;
  EXPECT_EQ(static_cast<int>(ElementType::floating), ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT);
  EXPECT_EQ(static_cast<int>(ElementType::int64), ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64);
  EXPECT_EQ(static_cast<int>(ElementType::boolean), ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL);
  EXPECT_EQ(static_cast<int>(Optimisation::none), ORT_DISABLE_ALL);
  EXPECT_EQ(static_cast<int>(Optimisation::all), ORT_ENABLE_ALL);
  EXPECT_EQ(static_cast<int>(Severity::fatal), ORT_LOGGING_LEVEL_FATAL);
  EXPECT_EQ(device_allocator, OrtDeviceAllocator);
  EXPECT_EQ(default_memory, OrtMemTypeDefault);
#endif
}

}  // namespace
}  // namespace sotto::providers::moonshine::onnx
