// What bodies may take together while they come.

#include "http/body_budget.h"

#include <doctest/doctest.h>

#include <vector>

using martd::http::BodyBudget;
using Sort = BodyBudget::Sort;

namespace {

constexpr std::size_t kBudget = std::size_t{16} << 20;
constexpr std::size_t kMegabyte = std::size_t{1} << 20;

struct BudgetTest {
  BodyBudget budget;
  std::vector<BodyBudget::Share> shares;

  bool take(Sort sort, std::size_t bytes, std::size_t most = kBudget) {
    BodyBudget::Share share(budget, sort);
    if (!share.grow(bytes, most)) return false;
    shares.push_back(std::move(share));
    return true;
  }
  int fill(Sort sort, std::size_t bytes) {
    int taken = 0;
    while (take(sort, bytes)) ++taken;
    return taken;
  }
};

}  // namespace

TEST_CASE_FIXTURE(BudgetTest, "bodies: of those who may push all of it, to the byte, and what is given back again") {
  CHECK(fill(Sort::push, kMegabyte) == 16);
  CHECK(budget.held() == kBudget);
  shares.pop_back();
  CHECK(take(Sort::push, kMegabyte - 1));
  CHECK_FALSE(take(Sort::push, 2));
  CHECK(take(Sort::push, 1));
  shares.clear();
  CHECK(budget.held() == 0);
}

TEST_CASE_FIXTURE(BudgetTest, "bodies: strangers' forms leave room to those who push, and large ones to small ones") {
  CHECK(fill(Sort::form, 4 * kMegabyte) == 2);
  CHECK(fill(Sort::form, std::size_t{64} << 10) == 64);
  CHECK(budget.held() == 12 * kMegabyte);
  CHECK(fill(Sort::push, kMegabyte) == 4);
}

TEST_CASE_FIXTURE(BudgetTest, "bodies: one of each sort always finds room") {
  CHECK(take(Sort::form, 4 * kMegabyte, kMegabyte));
  CHECK(take(Sort::push, kMegabyte, kMegabyte));
  CHECK_FALSE(take(Sort::form, 1, kMegabyte));
  CHECK_FALSE(take(Sort::push, 1, kMegabyte));
}

TEST_CASE_FIXTURE(BudgetTest,
                  "bodies: one that grows takes more, stays as it was where there is no more, and is large in time") {
  CHECK(take(Sort::form, 1000));
  BodyBudget::Share form(budget, Sort::form);
  CHECK(form.grow(60000, kBudget));
  CHECK(form.grow(8 * kMegabyte, kBudget));
  CHECK_FALSE(form.grow(8 * kMegabyte + 1, kBudget));
  CHECK(budget.held() == 8 * kMegabyte + 1000);
  CHECK_FALSE(take(Sort::form, 70000));
  CHECK(take(Sort::form, 60000));
}
