#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

#include "hermes/core/parameters.hpp"
#include "hermes/data/row_plan.hpp"
#include "hermes/runtime/channel.hpp"
#include "hermes/runtime/run_inputs.hpp"

namespace hermes::runtime {

/// Rank 0's side of `data.delivery = "server"`: answers questions about the data set and streams
/// the rows that workers ask for, in slices between its other work.
///
/// Never waits: of each worker at most a few slices are on their way, and one call reads one
/// slice. Requires: inputs, of a rank that has the file, and channel outlive this. Single-threaded.
class RowServer {
 public:
  RowServer(const RunInputs& inputs, Channel& channel);

  /// What a worker said; a newer request of it replaces an older one.
  void take(Rank from, const wire::DataMessage& message);
  /// Reads and sends one slice for the worker whose turn it is. False: nothing to do at present.
  bool serve_some();
  /// The worker is silent: what it asked for waits until it is heard again.
  void pause(Rank worker) { silent_.insert(worker); }
  void resume(Rank worker) { silent_.erase(worker); }
  /// The worker has gone.
  void drop(Rank worker) { jobs_.erase(worker); }
  /// No more rows for anybody: the workers are told to stop, and behind that nothing may arrive.
  void close();

 private:
  struct Job {
    std::uint64_t request = 0;
    std::uint64_t total = 0;
    data::RowSelection rows{};
    std::size_t next_range = 0;
    std::uint64_t next_in_range = 0;
    std::uint64_t sent = 0;
  };

  void tell_facts(Rank to);
  void begin(Rank worker, const wire::AskRows& ask);
  void send_slice(Rank worker, Job& job);

  const RunInputs& inputs_;
  Channel& channel_;
  data::RowPlan plan_;
  std::uint64_t slice_rows_;
  ParameterPool slices_;
  std::map<Rank, Job> jobs_;
  std::set<Rank> silent_;
  Rank last_served_;
  bool is_closed_ = false;
};

}  // namespace hermes::runtime
