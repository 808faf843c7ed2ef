#include "hermes/runtime/checkpoint.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/core/hash.hpp"
#include "hermes/core/version.hpp"
#include "hermes/runtime/model_file.hpp"

namespace hermes::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "checkpoint-";
constexpr std::string_view kSuffix = ".h5";
constexpr const char* kServerBlock = "checkpoint/server";
constexpr const char* kNodeBlock = "checkpoint/run";
constexpr std::string_view kWorkerBlock = "checkpoint/worker-";

std::string worker_block(Rank rank) {
  return std::string(kWorkerBlock) + std::to_string(rank.value);
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

/// Of everything that a run goes on from. HDF5's own checksums cover the weights and the states,
/// not what stands about them.
std::int64_t content_hash(const Checkpoint& checkpoint) {
  Fnv1a hash;
  hash.add(checkpoint.config).add(checkpoint.data_set).add(checkpoint.model.strategy);
  hash.add(to_toml(checkpoint.model.spec)).add(checkpoint.model.version);
  hash.add(std::uint64_t{checkpoint.worker_count});
  hash.add(std::as_bytes(std::span(checkpoint.model.parameters)));
  hash.add(checkpoint.server).add(checkpoint.node);
  for (const auto& [rank, state] : checkpoint.workers) {
    hash.add(static_cast<std::uint64_t>(rank.value)).add(state.round).add(*state.bytes);
  }
  return std::bit_cast<std::int64_t>(hash.value());
}

}  // namespace

void save_checkpoint(const fs::path& file, const Checkpoint& checkpoint) {
  std::vector<data::ByteBlockView> blocks{{kServerBlock, checkpoint.server},
                                          {kNodeBlock, checkpoint.node}};
  std::vector<std::int64_t> rounds;  // of each worker with a state, after its rank
  for (const auto& [rank, state] : checkpoint.workers) {
    blocks.push_back({worker_block(rank), *state.bytes});
    rounds.push_back(rank.value);
    rounds.push_back(static_cast<std::int64_t>(state.round));
  }
  data::Attributes attributes{{"config", checkpoint.config},
                              {"data_set", checkpoint.data_set},
                              {"workers", std::int64_t{checkpoint.worker_count}},
                              {"content_hash", content_hash(checkpoint)}};
  if (!rounds.empty()) {
    attributes["worker_rounds"] = rounds;
  }
  save_model(file, checkpoint.model, attributes, blocks);
}

Checkpoint load_checkpoint(const fs::path& file, std::span<const nn::CustomLayerSpec> custom) {
  data::TensorFile content = data::read_tensor_file(file);
  Checkpoint checkpoint;
  checkpoint.config = content.attribute<std::string>("config", file, "a checkpoint");
  checkpoint.data_set = content.attribute<std::string>("data_set", file, "a checkpoint");
  const auto workers = content.attribute<std::int64_t>("workers", file, "a checkpoint");
  if (workers < 1 || workers > std::numeric_limits<std::int32_t>::max()) {
    throw DataError(file.string() + ": attribute 'workers': expected a number of workers, found " +
                    std::to_string(workers));
  }
  checkpoint.worker_count = static_cast<std::uint32_t>(workers);
  if (const auto version = content.attribute<std::string>("hermes_version", file, "a checkpoint");
      version != kProgramVersion) {
    throw DataError(file.string() + ": expected a checkpoint of hermes " +
                    std::string(kProgramVersion) + ", found one of " + version);
  }
  std::map<std::int64_t, std::int64_t> rounds;
  if (content.attributes.contains("worker_rounds")) {
    const auto& list =
        content.attribute<std::vector<std::int64_t>>("worker_rounds", file, "a checkpoint");
    for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
      rounds[list[i]] = list[i + 1];
    }
  }
  for (data::ByteBlock& block : content.blocks) {
    if (block.name == kServerBlock) {
      checkpoint.server = std::move(block.bytes);
    } else if (block.name == kNodeBlock) {
      checkpoint.node = std::move(block.bytes);
    } else if (block.name.starts_with(kWorkerBlock)) {
      const auto rank = number_in(std::string_view(block.name).substr(kWorkerBlock.size()));
      if (!rank || *rank < 1 || *rank > checkpoint.worker_count ||
          !rounds.contains(static_cast<std::int64_t>(*rank))) {
        throw DataError(file.string() + ": expected a worker's state, found '" + block.name + "'");
      }
      const std::int64_t round = rounds.at(static_cast<std::int64_t>(*rank));
      checkpoint.workers[Rank{static_cast<std::int32_t>(*rank)}] = {
          static_cast<std::uint64_t>(round), std::make_shared<const Bytes>(std::move(block.bytes))};
    }
  }
  if (checkpoint.server.empty() || checkpoint.node.empty()) {
    throw DataError(file.string() + ": expected a checkpoint, found a model alone");
  }
  const auto expected = content.attribute<std::int64_t>("content_hash", file, "a checkpoint");
  checkpoint.model = stored_model(std::move(content), file, custom);
  if (const std::int64_t found = content_hash(checkpoint); found != expected) {
    throw DataError(file.string() + ": content hash: expected " + std::to_string(expected) +
                    ", found " + std::to_string(found));
  }
  return checkpoint;
}

std::vector<std::uint64_t> checkpoint_numbers(const fs::path& directory) {
  std::vector<std::uint64_t> numbers;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) {
      continue;
    }
    const std::size_t digits = name.size() - kPrefix.size() - kSuffix.size();
    if (const auto number = number_in(std::string_view(name).substr(kPrefix.size(), digits))) {
      numbers.push_back(*number);
    }
  }
  std::ranges::sort(numbers);
  return numbers;
}

std::vector<fs::path> unfinished_checkpoints(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(".tmp")) {
      files.push_back(entry.path());
    }
  }
  return files;
}

fs::path checkpoint_file(const fs::path& directory, std::uint64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
  return directory / (std::string(kPrefix) + digits + std::string(kSuffix));
}

std::optional<FoundCheckpoint> newest_checkpoint(
    const fs::path& directory, const std::function<void(const std::string&)>& warn,
    std::span<const nn::CustomLayerSpec> custom) {
  std::vector<std::uint64_t> numbers = checkpoint_numbers(directory);
  for (; !numbers.empty(); numbers.pop_back()) {
    const fs::path file = checkpoint_file(directory, numbers.back());
    try {
      return FoundCheckpoint{file, load_checkpoint(file, custom)};
    } catch (const Error& damage) {
      warn(std::string("a checkpoint cannot be used: ") + damage.what());
    }
  }
  return std::nullopt;
}

void set_aside_newer(const fs::path& file) {
  const fs::path directory = file.parent_path();
  for (const std::uint64_t number : checkpoint_numbers(directory)) {
    const fs::path other = checkpoint_file(directory, number);
    if (other.filename() > file.filename()) {
      std::error_code ignored;  // one that stays costs a place among those to keep
      fs::rename(other, other.string() + ".unusable", ignored);
    }
  }
}

}  // namespace hermes::runtime
