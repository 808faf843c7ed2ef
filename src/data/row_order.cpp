#include "hermes/data/row_order.hpp"

#include <algorithm>
#include <string>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/random.hpp"

namespace hermes::data {
namespace {

constexpr std::uint64_t kBlockRowsMin = 16;
constexpr std::uint64_t kBlockRowsDefault = 64;
constexpr std::uint64_t kBlocksWanted = 256;

std::vector<RowRange> cut(std::uint64_t rows, std::uint64_t block) {
  std::vector<RowRange> blocks;
  blocks.reserve(rows / block + 1);
  for (std::uint64_t first = 0; first < rows; first += block) {
    blocks.push_back({first, std::min(block, rows - first)});
  }
  return blocks;
}

}  // namespace

std::uint64_t block_rows(std::uint64_t rows, std::uint64_t chunk_rows) {
  if (chunk_rows == 0 || chunk_rows >= rows) {
    return kBlockRowsDefault;
  }
  const std::uint64_t most = std::max(kBlockRowsDefault, rows / kBlocksWanted);
  if (chunk_rows < kBlockRowsMin) {
    return (kBlockRowsMin + chunk_rows - 1) / chunk_rows * chunk_rows;
  }
  return std::min(chunk_rows, most);
}

TrainingDivision divide_rows(std::uint64_t rows, std::uint64_t block,
                             std::uint64_t validation_count, std::uint64_t seed) {
  HERMES_ASSERT(block > 0, "block of no rows");
  if (validation_count >= rows) {
    throw DataError("validation: expected fewer than the " + std::to_string(rows) +
                    " rows of /train, found " + std::to_string(validation_count));
  }
  TrainingDivision division;
  std::vector<RowRange> blocks = cut(rows, block);
  RandomStream(seed, RandomPurpose::Validation).shuffle(std::span<RowRange>(blocks));
  std::uint64_t missing = validation_count;
  for (const RowRange& range : blocks) {
    const std::uint64_t taken = std::min(missing, range.count);
    missing -= taken;
    if (taken > 0) {
      division.validation.push_back({range.first, taken});
    }
    if (taken < range.count) {
      division.training.push_back({range.first + taken, range.count - taken});
    }
  }
  division.validation = joined(std::move(division.validation));
  std::sort(division.training.begin(), division.training.end(),
            [](const RowRange& a, const RowRange& b) { return a.first < b.first; });
  return division;
}

RowOrder::RowOrder(std::vector<RowRange> pieces) : pieces_(std::move(pieces)) {
  ends_.reserve(pieces_.size());
  std::uint64_t end = 0;
  for (const RowRange& piece : pieces_) {
    end += piece.count;
    ends_.push_back(end);
  }
}

RowOrder RowOrder::shuffled(std::span<const RowRange> blocks, std::uint64_t order_seed) {
  std::vector<RowRange> pieces(blocks.begin(), blocks.end());
  RandomStream(order_seed, RandomPurpose::Assignment).shuffle(std::span<RowRange>(pieces));
  return RowOrder(std::move(pieces));
}

RowOrder RowOrder::by_label(std::span<const RowRange> blocks, std::span<const std::int32_t> labels,
                            const LabelPools& label_pools, std::uint64_t order_seed) {
  std::vector<std::uint64_t> rows;
  for (const RowRange& block : blocks) {
    HERMES_ASSERT(block.first + block.count <= labels.size(), "row without a label");
    for (std::uint64_t i = 0; i < block.count; ++i) {
      rows.push_back(block.first + i);
    }
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::uint64_t a, std::uint64_t b) { return labels[a] < labels[b]; });
  const std::uint64_t all = label_pools.pools * label_pools.pieces;
  HERMES_ASSERT(all > 0 && all <= rows.size(), "fewer rows than pieces of label pools");
  std::vector<RowRange> line;
  line.reserve(rows.size());
  for (std::uint64_t pool = 0; pool < label_pools.pools; ++pool) {
    const std::size_t begin = line.size();
    for (std::uint64_t piece = pool; piece < all; piece += label_pools.pools) {
      for (std::uint64_t i = piece * rows.size() / all; i < (piece + 1) * rows.size() / all; ++i) {
        line.push_back({rows[i], 1});
      }
    }
    RandomStream(order_seed, RandomPurpose::Assignment, pool)
        .shuffle(std::span<RowRange>(line).subspan(begin));
  }
  return RowOrder(std::move(line));
}

void RowOrder::append(std::uint64_t first, std::uint64_t count, std::vector<RowRange>& out) const {
  auto piece =
      static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), first) - ends_.begin());
  while (count > 0) {
    const RowRange& range = pieces_[piece];
    const std::uint64_t skipped = first - (ends_[piece] - range.count);
    const std::uint64_t taken = std::min(count, range.count - skipped);
    out.push_back({range.first + skipped, taken});
    first += taken;
    count -= taken;
    ++piece;
  }
}

std::vector<RowRange> RowOrder::rows(std::uint64_t first, std::uint64_t count) const {
  HERMES_ASSERT(count <= row_count(), "segment longer than its order");
  std::vector<RowRange> ranges;
  if (count > 0) {
    first %= row_count();
    const std::uint64_t before_end = std::min(count, row_count() - first);
    append(first, before_end, ranges);
    append(0, count - before_end, ranges);
  }
  return joined(std::move(ranges));
}

}  // namespace hermes::data
