#include "web/report_page.hpp"

namespace sotto::web {
namespace {

std::size_t times(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

TEST(ReportPage, HasItsPlacesInOrderAndEachOnce) {
  const std::string_view page = report_page();
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  std::size_t before = 0;
  for (const auto* place : {"@@title@@", "@@body@@", "@@data@@"}) {
    EXPECT_EQ(times(page, place), 1U) << place;
    EXPECT_LT(before, page.find(place));
    before = page.find(place);
  }
  EXPECT_EQ(times(page, "@@"), 6U) << "nothing else is to be filled in";
}

TEST(ReportPage, AsksNobodyAndRunsItsOwnScriptOnly) {
  const std::string_view page = report_page();
  for (const auto* reference : {" src=", " href=", "url(", "@import"})
    EXPECT_EQ(times(page, reference), 0U) << reference;
  EXPECT_EQ(times(page, "default-src 'none'"), 1U);
  EXPECT_EQ(times(page, "script-src 'sha256-"), 1U);
  EXPECT_LT(page.size(), 100'000U);
}

}  // namespace
}  // namespace sotto::web
