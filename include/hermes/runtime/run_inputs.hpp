#pragma once

#include <cstdint>

#include "hermes/core/parameters.hpp"
#include "hermes/data/dataset.hpp"
#include "hermes/data/row_plan.hpp"
#include "hermes/nn/network_spec.hpp"
#include "hermes/protocol/memory_model.hpp"
#include "hermes/runtime/run_config.hpp"

namespace hermes::runtime {

/// What every rank makes from the configuration before the first message, and finds to fit
/// together: the architecture, the data set and the plan of its rows.
///
/// Errors: ConfigError or DataError, one line. Lifetime: everything that trains or evaluates
/// refers to it, so it does not move.
class RunInputs {
 public:
  explicit RunInputs(RunConfig config);
  RunInputs(const RunInputs&) = delete;
  RunInputs& operator=(const RunInputs&) = delete;

  const RunConfig& config() const { return config_; }
  const nn::NetworkSpec& model() const { return model_; }
  const data::Dataset& dataset() const { return dataset_; }
  const data::RowPlan& plan() const { return plan_; }
  std::uint32_t output_count() const { return output_count_; }
  std::uint64_t parameter_count() const { return initial_.size(); }
  /// w_0, the same on every rank.
  const SharedParameters& initial() const { return initial_; }
  /// What training takes of a worker's memory.
  const protocol::MemoryModel& memory() const { return memory_; }
  /// The rules that the run's strategy has at this rank.
  protocol::Strategy strategy(Rank rank) const;
  /// Hash of all that ranks must agree on.
  std::uint64_t fingerprint() const;
  /// The fixed validation subset that gate, merge weights and stopping look at.
  data::RowSelection evaluation_rows() const;

  /// Rank 0's thorough check: reads every label, and every float feature.
  void check_values() const { dataset_.check_values(output_count_); }
  /// Throws ConfigError when private pools would leave one of so many workers without a row.
  void check_workers(std::uint32_t workers) const;

 private:
  RunConfig config_;
  nn::NetworkSpec model_;
  data::Dataset dataset_;
  data::RowPlan plan_;
  std::uint32_t output_count_ = 0;
  SharedParameters initial_;
  protocol::MemoryModel memory_;
};

/// Throws ConfigError unless samples of the data set have the shape that the network takes.
void check_shapes(const nn::NetworkSpec& model, const data::DatasetInfo& data);

}  // namespace hermes::runtime
