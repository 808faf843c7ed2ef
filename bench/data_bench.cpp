// Reading shards and making mini-batches: rows and bytes per second. The file is made by the
// converter from random images in a temporary directory and stays in the page cache.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "hermes/core/random.hpp"
#include "hermes/data/convert.hpp"
#include "hermes/data/file_rows.hpp"
#include "hermes/data/prefetcher.hpp"
#include "hermes/data/row_plan.hpp"
#include "hermes/data/shard.hpp"
#include "hermes/data/shuffled_batches.hpp"

namespace hermes::data {
namespace {

constexpr int kTrainRows = 6000;

/// A CIFAR-10-like file: 3 x 32 x 32 bytes per row. Removed with its directory.
class ImageSet {
 public:
  explicit ImageSet(bool compress) {
    std::string pattern = (std::filesystem::temp_directory_path() / "hermes-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      std::abort();
    }
    directory_ = pattern;
    write_records(directory_ / "train.bin", kTrainRows);
    write_records(directory_ / "test.bin", 10);
    ConvertOptions options;
    options.output = path();
    options.compress = compress;
    convert_cifar10({{directory_ / "train.bin"}, {directory_ / "test.bin"}}, options);
  }
  ~ImageSet() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  ImageSet(const ImageSet&) = delete;
  ImageSet& operator=(const ImageSet&) = delete;

  std::filesystem::path path() const { return directory_ / "images.h5"; }

 private:
  static void write_records(const std::filesystem::path& path, int count) {
    RandomStream random(1, RandomPurpose::Test);
    std::string bytes;
    for (int row = 0; row < count; ++row) {
      bytes += static_cast<char>(row % 10);
      for (int i = 0; i < 3072; ++i) {
        bytes += static_cast<char>(random.below(64));  // compresses somewhat, as images do
      }
    }
    std::ofstream(path, std::ios::binary) << bytes;
  }

  std::filesystem::path directory_;
};

/// Made once: Google Benchmark calls a benchmark several times to find its number of iterations.
const ImageSet& image_set(bool compress) {
  static const ImageSet plain(false);
  static const ImageSet compressed(true);
  return compress ? compressed : plain;
}

void count_rows(benchmark::State& state, const DatasetInfo& info, std::int64_t rows) {
  state.SetItemsProcessed(state.iterations() * rows);
  state.SetBytesProcessed(state.iterations() * rows * static_cast<std::int64_t>(info.row_bytes()));
}

/// Arguments: rows of the assignment, compressed or not.
void BM_shard_load(benchmark::State& state) {
  const Dataset dataset(image_set(state.range(1) != 0).path());
  RowPlan plan(dataset, 500, 1);
  Shard shard(dataset, 10);
  const auto rows = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t first = 0;
  for (auto _ : state) {
    shard.load(plan.select({OrderKind::Shuffled, 1, first, rows}));
    first += rows;
  }
  count_rows(state, dataset.info(), state.range(0));
}
BENCHMARK(BM_shard_load)->ArgNames({"rows", "gzip"})->Args({2500, 0})->Args({2500, 1});

/// The whole way of the rows: read them and make each into a mini-batch of 16 once. Arguments as
/// above. Bytes are those of the stored rows; copying them (BM_copy) is the limit.
void BM_shard_load_and_normalize(benchmark::State& state) {
  const Dataset dataset(image_set(state.range(1) != 0).path());
  RowPlan plan(dataset, 500, 1);
  Shard shard(dataset, 10);
  const auto rows = static_cast<std::uint64_t>(state.range(0));
  AlignedVector<float> x(16 * dataset.info().features.size());
  std::vector<std::int32_t> labels(16);
  std::uint64_t first = 0;
  for (auto _ : state) {
    shard.load(plan.select({OrderKind::Shuffled, 1, first, rows}));
    ShuffledBatches batches(shard.row_count(), 16, RandomStream(1, RandomPurpose::Shuffle));
    for (std::uint64_t step = 0; step < batches.batches_per_pass(); ++step) {
      const auto batch = batches.next();
      shard.fill_batch(batch, std::span(x).first(batch.size() * dataset.info().features.size()),
                       std::span(labels).first(batch.size()));
      benchmark::DoNotOptimize(x.data());
    }
    first += rows;
  }
  count_rows(state, dataset.info(), state.range(0));
}
BENCHMARK(BM_shard_load_and_normalize)
    ->ArgNames({"rows", "gzip"})
    ->Args({2500, 0})
    ->Args({2500, 1});

/// The bytes of 2500 rows from one place in memory to another.
void BM_copy(benchmark::State& state) {
  const std::vector<std::byte> source(2500 * 3072, std::byte{1});
  std::vector<std::byte> target(source.size());
  for (auto _ : state) {
    std::memcpy(target.data(), source.data(), source.size());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(source.size()));
}
BENCHMARK(BM_copy);

void BM_shard_load_by_label(benchmark::State& state) {
  const Dataset dataset(image_set(false).path());
  RowPlan plan(dataset, 500, 1);
  Shard shard(dataset, 10);
  const RowSelection selection = plan.select({OrderKind::ByLabel, 1, 0, 500, {10, 1}});
  for (auto _ : state) {
    shard.load(selection);
  }
  count_rows(state, dataset.info(), 500);
}
BENCHMARK(BM_shard_load_by_label);

/// Windows of 2500 compressed rows, each made into mini-batches 40 times, which takes about twice
/// as long as reading it. Argument: 1: the next window is read by a thread meanwhile.
void BM_windows(benchmark::State& state) {
  const Dataset dataset(image_set(true).path());
  const RowPlan plan(dataset, 500, 1);
  Shard shards[2] = {Shard(dataset, 10), Shard(dataset, 10)};
  std::unique_ptr<RowSource> source = std::make_unique<FileRows>(plan, plan.validation());
  if (state.range(0) != 0) {
    source = std::make_unique<Prefetcher>(std::move(source));
  }
  AlignedVector<float> x(16 * dataset.info().features.size());
  std::vector<std::int32_t> labels(16);
  const auto ask = [&](std::uint64_t window) {
    source->start(Segment{OrderKind::Shuffled, 1, window * 2500, 2500}, shards[window % 2]);
  };
  std::uint64_t window = 0;
  ask(window);
  for (auto _ : state) {
    while (!source->advance()) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    Shard& present = shards[window % 2];
    ask(++window);
    ShuffledBatches batches(present.row_count(), 16, RandomStream(1, RandomPurpose::Shuffle));
    for (std::uint64_t step = 0; step < 40 * batches.batches_per_pass(); ++step) {
      const auto batch = batches.next();
      present.fill_batch(batch, std::span(x).first(batch.size() * dataset.info().features.size()),
                         std::span(labels).first(batch.size()));
      benchmark::DoNotOptimize(x.data());
    }
  }
  count_rows(state, dataset.info(), 2500);
}
BENCHMARK(BM_windows)->ArgName("prefetch")->Arg(0)->Arg(1)->UseRealTime();

/// Argument: rows of the mini-batch. Bytes are those of the stored rows.
void BM_fill_batch(benchmark::State& state) {
  const Dataset dataset(image_set(false).path());
  RowPlan plan(dataset, 500, 1);
  Shard shard(dataset, 10);
  shard.load(plan.select({OrderKind::Shuffled, 1, 0, 5000}));
  const auto rows = static_cast<std::uint32_t>(state.range(0));
  ShuffledBatches batches(shard.row_count(), rows, RandomStream(1, RandomPurpose::Shuffle));
  AlignedVector<float> x(rows * dataset.info().features.size());
  std::vector<std::int32_t> labels(rows);
  std::int64_t filled = 0;
  for (auto _ : state) {
    const auto batch = batches.next();
    shard.fill_batch(batch, std::span(x).first(batch.size() * dataset.info().features.size()),
                     std::span(labels).first(batch.size()));
    benchmark::DoNotOptimize(x.data());
    filled += static_cast<std::int64_t>(batch.size());
  }
  state.SetItemsProcessed(filled);
  state.SetBytesProcessed(filled * static_cast<std::int64_t>(dataset.info().row_bytes()));
}
BENCHMARK(BM_fill_batch)->ArgName("rows")->Arg(16)->Arg(128);

}  // namespace
}  // namespace hermes::data
