#pragma once

#include "hermes/transport/mpi_environment.hpp"
#include "transport/world.hpp"

namespace hermes::transport::testing {

/// The environment that `main` made.
MpiEnvironment& mpi_environment();

/// Messages that nobody received, from any rank to this one: receives and counts them, so that
/// they do not disturb the next test.
int clear_unreceived();

/// This process is one rank; the others run the same test.
class MpiWorld final : public World {
 public:
  void run(const TransportLimits& limits, const Program& program) override;
};

}  // namespace hermes::transport::testing
