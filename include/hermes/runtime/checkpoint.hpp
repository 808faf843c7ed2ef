#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/core/id.hpp"
#include "hermes/runtime/model_store.hpp"
#include "hermes/runtime/state_slices.hpp"

namespace hermes::runtime {

/// A run at one moment: what it takes to go on from there.
struct Checkpoint {
  StoredModel model;     ///< the global model; its validation figures are those of the best one
  std::string config;    ///< TOML, without what may change when a run goes on
  std::string data_set;  ///< what it is like, in words
  std::uint32_t worker_count = 0;
  Bytes server;  ///< of protocol::Server
  Bytes node;    ///< of ServerNode and what it records
  std::map<Rank, WorkerState> workers;
};

/// Writes a model file (model_store.hpp) with the states beside the weights. Whole or absent.
/// Throws DataError, RuntimeError.
void save_checkpoint(const std::filesystem::path& file, const Checkpoint& checkpoint);
/// Throws DataError for a file that is none, or is damaged. `custom`: see parse_model.
Checkpoint load_checkpoint(const std::filesystem::path& file,
                           std::span<const nn::CustomLayerSpec> custom = {});

/// The numbers of the checkpoints in a directory, rising; none where there is no directory.
std::vector<std::uint64_t> checkpoint_numbers(const std::filesystem::path& directory);
std::filesystem::path checkpoint_file(const std::filesystem::path& directory, std::uint64_t number);
/// What processes left that were killed while they wrote one.
std::vector<std::filesystem::path> unfinished_checkpoints(const std::filesystem::path& directory);

struct FoundCheckpoint {
  std::filesystem::path file;
  Checkpoint content;
};

/// The newest one of a directory that can be read; `warn` hears of damaged ones, a line each.
std::optional<FoundCheckpoint> newest_checkpoint(
    const std::filesystem::path& directory, const std::function<void(const std::string&)>& warn,
    std::span<const nn::CustomLayerSpec> custom = {});

/// Renames what is newer than the file that a run goes on from (damaged, or of another version), so
/// that it is not taken for one of those to keep.
void set_aside_newer(const std::filesystem::path& file);

}  // namespace hermes::runtime
