#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hermes/core/id.hpp"

namespace hermes::transport {

/// The ranks on one host, and what each of them said.
struct HostRanks {
  std::int32_t count = 1;
  std::vector<std::uint64_t> values;  ///< of all of them, one after the other
};

/// Starts MPI and ends it. MPI errors become return codes, and those become TransportError. SIGPIPE
/// is ignored from then on: over TCP a dead peer would else kill this process as well.
///
/// The destructor finalizes MPI only when that cannot hang: no exception is in flight and
/// `forbid_finalize` was not called. One object per process, in main, outliving every transport.
class MpiEnvironment {
 public:
  MpiEnvironment(int& argc, char**& argv);
  MpiEnvironment(const MpiEnvironment&) = delete;
  MpiEnvironment& operator=(const MpiEnvironment&) = delete;
  ~MpiEnvironment();

  Rank rank() const { return rank_; }
  std::int32_t rank_count() const { return rank_count_; }

  /// The host that this rank runs on, as MPI names it.
  static std::string host_name();
  /// Shares some numbers with the other ranks on this host. Every rank calls it, right after the
  /// start; one that has been lost by then is waited for without end (session::StartDeadline).
  static HostRanks gather_on_host(std::span<const std::uint64_t> values);

  /// A peer is lost, or memory is still in MPI's hands: from now on MPI cannot end in good order.
  void forbid_finalize() { may_finalize_ = false; }
  bool may_finalize() const { return may_finalize_; }

  /// Ends the process at once with this exit code; files of the C library are flushed, destructors
  /// do not run. The right end of a run that lost a peer.
  [[noreturn]] static void leave_without_finalize(int exit_code);

 private:
  int exceptions_at_start_;
  bool may_finalize_ = true;
  Rank rank_;
  std::int32_t rank_count_ = 0;
};

}  // namespace hermes::transport
