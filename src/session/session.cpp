#include "hermes/session/session.hpp"

#include <exception>
#include <iostream>
#include <string>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "hermes/session/blas_choice.hpp"
#include "hermes/session/console.hpp"
#include "hermes/session/rank_memory.hpp"
#include "hermes/session/start_deadline.hpp"
#include "hermes/transport/simulator.hpp"

namespace hermes::session {
namespace {

constexpr int kBadInput = 2;
constexpr int kFailure = 3;

}  // namespace

int guarded(const std::function<int()>& body) {
  try {
    return body();
  } catch (const ConfigError& error) {
    return complain(error.what(), kBadInput);
  } catch (const DataError& error) {
    return complain(error.what(), kBadInput);
  } catch (const std::exception& error) {
    return complain(error.what(), kFailure);
  }
}

Session::Session(int& argc, char**& argv) {
  restart_with_better_blas(argv);
  catch_stop_signals();  // before MPI, which takes its time to start
  catch_inquiries();
  return_freed_memory();
  refuse_strangers();
  if (launcher_rank()) {
    const StartDeadline deadline;
    mpi_.emplace(argc, argv);
    neighbours_ = find_neighbours();
    report_start();
  }
}

transport::LocalTime Session::local_time() const {
  return transport::simulated_rank() ? transport::simulated_time() : transport::real_time();
}

transport::MpiEnvironment& Session::mpi() {
  HERMES_ASSERT(rank_count() > 1, "session: one rank alone has no peers");
  return *mpi_;
}

int Session::finish(int code) {
  // The process of a simulated rank is that of all ranks, and not this one's to leave.
  if (mpi_ && !mpi_->may_finalize() && !transport::simulated_rank()) {
    std::cout.flush();
    transport::MpiEnvironment::leave_without_finalize(code);
  }
  return code;
}

int run(int argc, char** argv, const std::function<int(Session&)>& body) {
  const int code = guarded([&] {
    Session session(argc, argv);
    bool has_ended = false;
    const int ended = guarded([&] {
      const int result = body(session);
      has_ended = true;
      return result;
    });
    report_exit_code(ended);
    if (!has_ended && session.rank_count() > 1) {
      session.mpi().forbid_finalize();  // the others do not know, and would wait
    }
    return session.finish(ended);
  });
  report_exit_code(code);  // where there was no session
  return code;
}

}  // namespace hermes::session
