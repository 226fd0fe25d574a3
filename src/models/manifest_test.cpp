#include "models/manifest.hpp"

#include <set>

#include "models/embedded_manifest.hpp"

namespace sotto::models {
namespace {

const std::string digest(64, 'a');

std::string file(const std::string& members) {
  return R"({"to":"m/one.bin","size":3,"sha256":")" + digest + "\"" + members + "}";
}

std::string manifest_of(const std::string& files, const std::string& more = "") {
  return R"({"packages":[{"name":"p","version":"1.2"}],"models":[{"name":"m","purpose":"x",)"
         R"("licence":"MIT","package":"p","files":[)" +
         files + "]" + more + "}]}";
}

TEST(Manifest, SaysWhatAModelIs) {
  const auto manifest = parse_manifest(manifest_of(file(R"(,"prepared":true)")), "x86_64");
  ASSERT_TRUE(manifest) << manifest.error().message;
  const Model* const model = manifest->find("m");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->version, "1.2");
  ASSERT_EQ(model->files.size(), 1u);
  EXPECT_EQ(model->files[0].path, "m/one.bin");
  EXPECT_TRUE(model->files[0].prepared);
  EXPECT_EQ(model->size(), 3u);
  EXPECT_FALSE(manifest->find("n"));
}

TEST(Manifest, SaysWhatIsFetchedOnlyWhereItIsNamed) {
  EXPECT_FALSE(parse_manifest(manifest_of(file("")), "x86_64")->find("m")->optional);
  const std::string optional = manifest_of(file(""), R"(,"optional":true)");
  EXPECT_TRUE(parse_manifest(optional, "x86_64")->find("m")->optional);
}

TEST(Manifest, HasTheFilesOfOneProcessor) {
  const std::string text = manifest_of(file(R"(,"processor":"x86_64")"));
  EXPECT_TRUE(parse_manifest(text, "x86_64")->find("m"));
  EXPECT_FALSE(parse_manifest(text, "aarch64")->find("m")) << "it has no file for that one";
}

TEST(Manifest, NamesTheMemberThatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "no JSON object"},
      {"[]", "no JSON object"},
      {"{}", "packages"},
      {R"({"packages":[1]})", "packages[0]"},
      {R"({"packages":[{"name":"p"}]})", "packages[0].version"},
      {R"({"packages":[]})", "models"},
      {R"({"packages":[],"models":[1]})", "models[0]"},
      {R"({"packages":[],"models":[{"name":"m"}]})", "models[0].purpose"},
      {R"({"packages":[],"models":[{"name":"m","purpose":"x","licence":"MIT","package":"p",)"
       R"("files":[]}]})",
       "models[0].package"},
      {manifest_of("1"), "models[0].files[0]"},
      {manifest_of(R"({"to":"m/a","size":1,"sha256":"abc"})"), "models[0].files[0].sha256"},
      {manifest_of(R"({"to":"m/a","size":-1,"sha256":")" + digest + "\"}"),
       "models[0].files[0].size"},
      {manifest_of(R"({"to":"../a","size":1,"sha256":")" + digest + "\"}"),
       "models[0].files[0].to"},
      {manifest_of(R"({"to":"/etc/a","size":1,"sha256":")" + digest + "\"}"),
       "models[0].files[0].to"},
  };
  for (const auto& [text, says] : cases) {
    const auto manifest = parse_manifest(text, "x86_64");
    ASSERT_FALSE(manifest) << text;
    EXPECT_EQ(manifest.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(manifest.error().message.find(says), std::string::npos) << manifest.error().message;
  }
}

TEST(Manifest, TheProgramsOwnIsWhole) {
  for (const std::string processor : {"x86_64", "aarch64"}) {
    const auto manifest = parse_manifest(embedded_manifest, processor);
    ASSERT_TRUE(manifest) << manifest.error().message;
    std::set<std::filesystem::path> paths;
    for (const char* name : {"onnxruntime", "silero-vad", "moonshine-tiny-en", "moonshine-base-en"})
      ASSERT_TRUE(manifest->find(name)) << name << " for " << processor;
    for (const Model& model : manifest->models)
      for (const File& file : model.files)
        EXPECT_TRUE(paths.insert(file.path).second) << file.path << " comes twice";
  }
  EXPECT_EQ(parse_manifest(embedded_manifest, "riscv64")->find("onnxruntime"), nullptr);
  EXPECT_FALSE(manifest().models.empty());
}

}  // namespace
}  // namespace sotto::models
