#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "access/operator_file.hpp"
#include "files/atomic_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::access {
namespace {

using std::chrono::hours;
using ::testing::HasSubstr;

class OperatorsTest : public ::testing::Test {
 protected:
  Result<std::string> add(const std::string& name, Role role = Role::operating,
                          std::optional<UtcTime> expires = std::nullopt) {
    return add_operator(file_, {name, role, "", now_, expires}, secure_random());
  }

  Operators operators() {
    return Operators(file_, [this](const std::optional<Error>& error) {
      problems_.push_back(error ? error->message : "none");
    });
  }

  const ::sotto::testing::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "data" / "operators.json";
  const UtcTime now_ = parse_utc("2026-01-31T12:00:00Z").value();
  std::vector<std::string> problems_;
};

TEST_F(OperatorsTest, ATokenIsKnownByItsNameUntilItIsRevoked) {
  const Operators known = operators();
  EXPECT_FALSE(known.who("anything", now_)) << "there is no file yet";
  const auto ana = add("ana"), ben = add("ben", Role::viewer);
  ASSERT_TRUE(ana && ben);
  EXPECT_NE(*ana, *ben);
  ASSERT_TRUE(known.who(*ana, now_));
  EXPECT_EQ(known.who(*ana, now_)->name, "ana");
  EXPECT_EQ(known.who(*ana, now_)->role, Role::operating);
  EXPECT_EQ(known.who(*ben, now_)->role, Role::viewer);
  EXPECT_FALSE(known.who("", now_));
  EXPECT_FALSE(known.who(ana->substr(1), now_));
  ASSERT_TRUE(revoke_operator(file_, "ana"));
  EXPECT_FALSE(known.who(*ana, now_)) << "from the next request on";
  EXPECT_TRUE(known.who(*ben, now_));
  EXPECT_EQ(revoke_operator(file_, "ana").error().code, ErrorCode::not_found);
}

TEST_F(OperatorsTest, ATokenExpires) {
  const Operators known = operators();
  const auto ana = add("ana", Role::operating, now_ + hours{1});
  ASSERT_TRUE(ana);
  EXPECT_EQ(known.who(*ana, now_ + hours{1} - milliseconds{1})->expires_at, now_ + hours{1});
  EXPECT_FALSE(known.who(*ana, now_ + hours{1}));
  EXPECT_EQ(add("eva", Role::viewer, now_).error().field, "expires");
}

TEST_F(OperatorsTest, TheFileHasNoTokenAndIsItsOwnersAlone) {
  const auto ana = add("ana");
  ASSERT_TRUE(ana);
  const auto text = files::read_file(file_, 10'000);
  EXPECT_THAT(**text, HasSubstr("ana"));
  EXPECT_EQ((*text)->find(*ana), std::string::npos);
  EXPECT_EQ(std::filesystem::status(file_).permissions() & std::filesystem::perms::mask,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(OperatorsTest, ANameIsOnePersons) {
  ASSERT_TRUE(add("ana"));
  EXPECT_EQ(add("ana").error().code, ErrorCode::already_exists);
  for (const char* name : {"", "operator", "controller", "a b", "ana\n", "<b>", "ünal"})
    EXPECT_EQ(add(name).error().field, "name") << name;
  EXPECT_EQ(add(std::string(41, 'a')).error().field, "name");
  EXPECT_TRUE(add("ana.b_c@example+1-2"));
}

TEST_F(OperatorsTest, ThereAreSoManyAtMost) {
  std::vector<OperatorToken> full(max_operators);
  for (std::size_t i = 0; i < full.size(); ++i)
    full[i] = {"n" + std::to_string(i), Role::viewer, token_digest(std::to_string(i)), now_, {}};
  ASSERT_TRUE(files::write_file(file_, operators_document(full)));
  EXPECT_EQ(add("one-more").error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(*read_operators(file_), full) << "as they were written";
}

TEST_F(OperatorsTest, ByADamagedFileNobodyIsKnownUntilItIsMended) {
  const auto ana = add("ana");
  const auto sound = files::read_file(file_, 10'000);
  const Operators known = operators();
  EXPECT_TRUE(known.who(*ana, now_));
  ASSERT_TRUE(files::write_file(file_, (*sound)->substr(0, 30)));
  EXPECT_FALSE(known.who(*ana, now_));
  EXPECT_FALSE(known.who(*ana, now_));
  EXPECT_EQ(problems_.size(), 1u) << "said once";
  EXPECT_FALSE(add("ben")) << "nothing is written over what cannot be read";
  ASSERT_TRUE(files::write_file(file_, **sound));
  EXPECT_TRUE(known.who(*ana, now_));
  EXPECT_EQ(problems_, (std::vector<std::string>{problems_.front(), "none"}));
}

TEST(OperatorsDocument, NamesTheMemberThatIsWrong) {
  const std::string digest = token_digest("x");
  const auto field = [](const std::string& entries) {
    return parse_operators(R"({"operators":[)" + entries + "]}").error().field;
  };
  const std::string good = R"({"name":"a","role":"viewer","token_sha256":")" + digest +
                           R"(","made_at":"2026-01-31T12:00:00Z"})";
  ASSERT_TRUE(parse_operators(R"({"operators":[)" + good + "]}"));
  EXPECT_EQ(field(good + "," + good), "operators[1].name");
  EXPECT_EQ(field("7"), "operators[0].name");
  EXPECT_EQ(field(R"({"name":"a","role":"king"})"), "operators[0].role");
  EXPECT_EQ(field(R"({"name":"a","role":"viewer","token_sha256":"XY"})"),
            "operators[0].token_sha256");
  EXPECT_EQ(field(R"({"name":"a","role":"viewer","token_sha256":")" + digest + "\"}"),
            "operators[0].made_at");
  for (const char* document : {"", "[]", "{}", R"({"operators":{}})"})
    EXPECT_EQ(parse_operators(document).error().field, "operators") << document;
}

}  // namespace
}  // namespace sotto::access
