#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "hub_fixture.h"

std::unique_ptr<martd::push::test::Keeper> martd::push::test::keep(Hub&, Time) { return nullptr; }
