#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "../push/hub_fixture.h"

// Tests of the store keep by themselves, as they stop and start it.
std::unique_ptr<martd::push::test::Keeper> martd::push::test::keep(Hub&, Time) { return nullptr; }
