#include "transport/conformance.hpp"
#include "transport/mpi_world.hpp"

namespace hermes::transport::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Mpi, ConformanceTest,
                         ::testing::Values(NamedWorld{"Processes",
                                                      [] { return std::make_unique<MpiWorld>(); }}),
                         name_of);

}  // namespace
}  // namespace hermes::transport::testing
