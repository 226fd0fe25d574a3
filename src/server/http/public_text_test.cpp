#include "server/http/public_text.hpp"

#include <gtest/gtest.h>

namespace sotto::server {
namespace {

TEST(PublicText, SaysNothingOfWhereThingsAreKept) {
  EXPECT_EQ(without_paths("cannot open /var/lib/sotto/sessions.db: it is full"),
            "cannot open (a file): it is full");
  EXPECT_EQ(without_paths("/root/x"), "(a file)");
  EXPECT_EQ(without_paths("see '/a b' and \"/home/My Name/x.db\", or (/c)"),
            "see '(a file) b' and \"(a file)\", or ((a file))");
  EXPECT_EQ(without_paths(R"({"message":"\"/var/lib/a b\" is damaged"})"),
            R"({"message":"\"(a file)\" is damaged"})");
  for (const char* const same :
       {"", "/", "and / or", "24 kB/s", "http://localhost:80/x", "GET /v1/sessions", "a/b"})
    EXPECT_EQ(without_paths(same), same);
  EXPECT_EQ(for_strangers({ErrorCode::internal, "no /x/y", "f"}).message, "no (a file)");
}

}  // namespace
}  // namespace sotto::server
