#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hermes/core/parameters.hpp"
#include "hermes/data/dataset.hpp"
#include "hermes/data/row_plan.hpp"
#include "hermes/data/shard.hpp"
#include "hermes/nn/network_spec.hpp"
#include "hermes/protocol/memory_model.hpp"
#include "hermes/protocol/run_trait.hpp"
#include "hermes/protocol/strategy.hpp"
#include "hermes/runtime/run_config.hpp"

namespace hermes::runtime {

/// What a program brings along that no file can name.
struct OwnParts {
  std::optional<nn::NetworkSpec> model{};              ///< instead of the model file
  std::optional<protocol::CustomStrategy> strategy{};  ///< instead of the configured one
};

/// What every rank makes from the configuration before the first message, and finds to fit
/// together: the architecture, the data set and the plan of its rows.
///
/// A worker to which rank 0 delivers the rows never opens the data set: its inputs are made from
/// what rank 0 tells of it, and have neither `dataset` nor `plan`.
///
/// Errors: ConfigError or DataError, one line. Lifetime: everything that trains or evaluates
/// refers to it, so it does not move.
class RunInputs {
 public:
  explicit RunInputs(RunConfig config, OwnParts own = {});
  /// Without the file.
  RunInputs(RunConfig config, data::DatasetInfo info);
  RunInputs(const RunInputs&) = delete;
  RunInputs& operator=(const RunInputs&) = delete;

  const RunConfig& config() const { return config_; }
  const nn::NetworkSpec& model() const { return model_; }
  const data::DatasetInfo& data_info() const { return info_; }
  bool has_file() const { return dataset_.has_value(); }
  /// Requires: has_file(), as the functions below that speak of rows.
  const data::Dataset& dataset() const;
  const data::RowPlan& plan() const;
  /// An empty shard for rows of the data set, whose labels the model must have outputs for.
  data::Shard make_shard() const;
  std::uint32_t output_count() const { return output_count_; }
  std::uint64_t parameter_count() const { return initial_.size(); }
  /// Running statistics: the last so many of them.
  std::uint64_t statistics_count() const { return statistics_count_; }
  /// w_0, the same on every rank.
  const SharedParameters& initial() const { return initial_; }
  /// The rules that the run's strategy has at this rank.
  protocol::Strategy strategy(Rank rank) const;
  std::string strategy_name() const;
  /// All that ranks must agree on.
  std::vector<protocol::RunTrait> traits() const;
  /// The fixed validation subset that gate, merge weights and stopping look at.
  data::RowSelection evaluation_rows() const;

  /// Rank 0's thorough check: reads every label, and every float feature.
  void check_values() const { dataset().check_values(output_count_); }
  /// Which rows each of so many workers draws from.
  protocol::PartitionConfig partition(std::uint32_t workers) const;
  /// Throws ConfigError when private pools would leave one of so many workers without a row.
  void check_workers(std::uint32_t workers) const;

 private:
  void make_model();

  RunConfig config_;
  std::optional<protocol::CustomStrategy> own_strategy_;
  nn::NetworkSpec model_;
  std::optional<data::Dataset> dataset_;
  std::optional<data::RowPlan> plan_;
  data::DatasetInfo info_;
  std::uint32_t output_count_ = 0;
  std::uint64_t statistics_count_ = 0;
  SharedParameters initial_;
  protocol::MemoryModel memory_;
};

/// The largest payload of a run's frames: the model, or a slice of rows where rank 0 delivers them.
/// Known before the data set is. Throws ConfigError as RunInputs does.
std::size_t payload_bytes_max(const RunConfig& config);

/// Throws ConfigError unless samples of the data set have the shape that the network takes.
void check_shapes(const nn::NetworkSpec& model, const data::DatasetInfo& data);

/// Throws ConfigError where y holds numbers, unless the loss can be measured against them and the
/// model has as many outputs.
void check_targets(const nn::NetworkSpec& model, std::size_t outputs, LossKind loss,
                   const data::DatasetInfo& data);

}  // namespace hermes::runtime
