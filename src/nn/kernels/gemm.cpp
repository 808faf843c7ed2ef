#include "gemm.hpp"

#include <algorithm>
#include <cstdint>

#include "gemm_block.hpp"

namespace hermes::nn {
namespace {

// The part of B that one pass over the rows works with. Where A is walked along its rows, a panel
// streams from the second-level cache, so that C is read and written seldom. Where it is walked
// across them (a weight gradient), each step needs another line of A and these need the first-level
// cache, so that the panel must leave room.
constexpr std::size_t kPanelFloats = 16384;
constexpr std::size_t kSmallPanelFloats = 6144;
// Wide blocks load less of A per product, narrow ones allow longer panels: better for long sums.
constexpr std::size_t kDepthOfNarrowBlocks = 512;
constexpr std::size_t kTermsMax = 64;
// Copying a panel costs about as much as two passes over it lose to strides that are powers of two.
constexpr std::size_t kPassesToPack = 4;

// Most calls multiply small matrices, and a 64-bit division takes as long as 40 multiplications of
// vectors. Extents of tensors fit into 32 bits.
std::size_t divide(std::size_t a, std::size_t b) {
  return static_cast<std::uint32_t>(a) / static_cast<std::uint32_t>(b);
}

std::ptrdiff_t steps(std::size_t index, std::ptrdiff_t stride) {
  return static_cast<std::ptrdiff_t>(index) * stride;
}

/// Joins axes that together are one run of equal steps: long inner loops are fast.
std::array<Axis, 3> coalesced(const std::array<Axis, 3>& axes) {
  std::array<Axis, 3> joined;
  std::size_t last = 0;
  joined[0] = axes[0];
  for (std::size_t i = 1; i < axes.size(); ++i) {
    const Axis& next = axes[i];
    Axis& inner = joined[last];
    if (next.count == 1) {
      continue;
    }
    if (inner.count == 1) {
      inner = next;
    } else if (next.a == steps(inner.count, inner.a) &&
               next.other == steps(inner.count, inner.other)) {
      inner.count *= next.count;
    } else {
      joined[++last] = next;
    }
  }
  return joined;
}

/// `count` things in as few groups of at most `most` as possible, of nearly equal sizes: the first
/// `larger_groups` have one more than `smaller`.
struct Partition {
  Partition(std::size_t count, std::size_t most) : groups(1), smaller(count), larger_groups(0) {
    if (count > most) {
      groups = divide(count + most - 1, most);
      smaller = divide(count, groups);
      larger_groups = count - groups * smaller;
    }
  }
  std::size_t size(std::size_t group) const { return smaller + (group < larger_groups ? 1 : 0); }

  std::size_t groups;
  std::size_t smaller;
  std::size_t larger_groups;
};

/// Cycles (times two) for one step of k: two multiply-adds or two loads a cycle; and with less than
/// eight sums the latency of an addition shows.
std::size_t cost_of_block(std::size_t rows, std::size_t vectors) {
  return std::max({rows * vectors, rows + vectors, std::size_t{8}});
}

/// How many vectors wide blocks should be for C of so many rows and vectors. Of widths that cost
/// the same it takes the smallest or the largest.
std::size_t choose_width(const BlockKernels& kernels, std::size_t rows, std::size_t vectors,
                         bool narrow) {
  std::size_t best = 1;
  std::size_t best_cost = static_cast<std::size_t>(-1);
  for (std::size_t width = 1; width <= std::min(vectors, BlockKernels::kVectorsMax); ++width) {
    const auto cost_of_panel = [&](std::size_t panel_vectors) {
      const Partition blocks(rows, kernels.rows_max[panel_vectors - 1]);
      return blocks.larger_groups * cost_of_block(blocks.smaller + 1, panel_vectors) +
             (blocks.groups - blocks.larger_groups) * cost_of_block(blocks.smaller, panel_vectors);
    };
    const std::size_t panels = divide(vectors, width);
    const std::size_t rest = vectors - panels * width;
    const std::size_t cost = panels * cost_of_panel(width) + (rest == 0 ? 0 : cost_of_panel(rest));
    if (cost < best_cost || (cost == best_cost && !narrow)) {
      best = width;
      best_cost = cost;
    }
  }
  return best;
}

/// One product at work: panels of columns, for each panel parts of the sum, for each part all rows.
class Multiplication {
 public:
  explicit Multiplication(const Product& product)
      : product_(product),
        rows_(coalesced(product.rows)),
        depth_(coalesced(product.depth)),
        adjacent_rows_(rows_[0].a == 1),
        kernels_(block_kernels()) {}

  void run() {
    const std::size_t all_rows = rows_[0].count * rows_[1].count * rows_[2].count;
    if (all_rows == 0) {
      return;
    }
    const std::size_t vectors = divide(product_.columns + kernels_.lanes - 1, kernels_.lanes);
    const std::size_t depth = depth_[0].count * depth_[1].count * depth_[2].count;
    const bool many_rows = all_rows >= kPassesToPack * kernels_.rows_max[0];
    const bool narrow = !adjacent_rows_ && many_rows && depth >= kDepthOfNarrowBlocks;
    const std::size_t width = choose_width(kernels_, rows_[0].count, vectors, narrow);
    for (std::size_t first = 0; first < vectors; first += width) {
      run_panel(first * kernels_.lanes, std::min(width, vectors - first));
    }
  }

 private:
  void run_panel(std::size_t column, std::size_t vectors);
  void run_part(std::size_t first_term, std::size_t count, std::size_t first_k, std::size_t depth);
  void run_rows(const Block& part);

  const Product& product_;
  std::array<Axis, 3> rows_;
  std::array<Axis, 3> depth_;
  bool adjacent_rows_;  // in A
  const BlockKernels& kernels_;

  // The panel at work.
  std::size_t column_ = 0;   // its first
  std::size_t columns_ = 0;  // that C has
  std::size_t vectors_ = 0;
  Partition row_blocks_{0, 1};  // of the inner axis of rows
  bool packs_ = false;
  bool first_part_ = true;
  bool last_part_ = false;
  alignas(64) std::array<float, kPanelFloats> packed_;
};

void Multiplication::run_panel(std::size_t column, std::size_t vectors) {
  const std::size_t width = vectors * kernels_.lanes;
  column_ = column;
  columns_ = std::min(width, product_.columns - column);
  vectors_ = vectors;
  row_blocks_ = Partition(rows_[0].count, kernels_.rows_max[vectors - 1]);
  const std::size_t passes = row_blocks_.groups * rows_[1].count * rows_[2].count;
  // Whole vectors of B are read: what has too few columns is filled up with zeros.
  packs_ = columns_ < width ||
           (passes >= kPassesToPack && depth_[0].other != static_cast<std::ptrdiff_t>(width));
  first_part_ = true;

  const std::size_t k_max = !packs_ && passes == 1
                                ? depth_[0].count
                                : divide(adjacent_rows_ ? kSmallPanelFloats : kPanelFloats, width);
  const std::size_t term_count = depth_[0].count == 0 ? 0 : depth_[1].count * depth_[2].count;
  if (term_count == 0) {
    last_part_ = true;
    run_part(0, 0, 0, 0);
    return;
  }
  const Partition k_parts(depth_[0].count, std::max<std::size_t>(k_max, 1));
  const std::size_t terms_max =
      k_parts.groups > 1 ? 1
                         : std::clamp<std::size_t>(divide(k_max, depth_[0].count), 1, kTermsMax);
  const Partition term_parts(term_count, terms_max);
  std::size_t first_term = 0;
  for (std::size_t t = 0; t < term_parts.groups; ++t) {
    std::size_t first_k = 0;
    for (std::size_t k = 0; k < k_parts.groups; ++k) {
      last_part_ = t + 1 == term_parts.groups && k + 1 == k_parts.groups;
      run_part(first_term, term_parts.size(t), first_k, k_parts.size(k));
      first_k += k_parts.size(k);
      first_part_ = false;
    }
    first_term += term_parts.size(t);
  }
}

/// Adds terms first_term.. of the two outer axes of the sum, each for k from first_k on.
void Multiplication::run_part(std::size_t first_term, std::size_t count, std::size_t first_k,
                              std::size_t depth) {
  const std::size_t width = vectors_ * kernels_.lanes;
  std::array<Term, kTermsMax> terms;
  for (std::size_t t = 0; t < count; ++t) {
    const std::size_t outer = divide(first_term + t, depth_[1].count);
    const std::size_t middle = first_term + t - outer * depth_[1].count;
    terms[t].a =
        steps(first_k, depth_[0].a) + steps(middle, depth_[1].a) + steps(outer, depth_[2].a);
    terms[t].b = steps(first_k, depth_[0].other) + steps(middle, depth_[1].other) +
                 steps(outer, depth_[2].other);
    if (packs_) {
      float* packed = packed_.data() + t * depth * width;
      kernels_.pack(product_.b + column_ + terms[t].b, depth_[0].other, depth, columns_, width,
                    packed);
      terms[t].b = packed - packed_.data();
    }
  }
  Block part{};
  part.a_row = rows_[0].a;
  part.a_column = depth_[0].a;
  part.b = packs_ ? packed_.data() : product_.b + column_;
  part.b_row = packs_ ? static_cast<std::ptrdiff_t>(width) : depth_[0].other;
  part.terms = terms.data();
  part.term_count = count;
  part.depth = depth;
  part.c_row = rows_[0].other;
  part.last_lanes = columns_ - (vectors_ - 1) * kernels_.lanes;
  part.relu = product_.relu && last_part_;
  run_rows(part);
}

/// Blocks over all rows of C.
void Multiplication::run_rows(const Block& part) {
  const bool from_c = !first_part_ || product_.accumulate;
  const BlockKernels::OfWidth& kernels =
      (adjacent_rows_ ? kernels_.kernels_of_adjacent_rows : kernels_.kernels)[vectors_ - 1];
  Block block = part;
  block.start_row = from_c ? block.c_row : 0;
  for (std::size_t outer = 0; outer < rows_[2].count; ++outer) {
    for (std::size_t middle = 0; middle < rows_[1].count; ++middle) {
      block.a = product_.a + steps(outer, rows_[2].a) + steps(middle, rows_[1].a);
      block.c = product_.c + column_ + steps(outer, rows_[2].other) + steps(middle, rows_[1].other);
      for (std::size_t group = 0; group < row_blocks_.groups; ++group) {
        const std::size_t rows = row_blocks_.size(group);
        if (from_c) {
          block.start = block.c;
        } else {
          block.start = product_.bias == nullptr ? nullptr : product_.bias + column_;
        }
        kernels[rows - 1](block);
        block.a += steps(rows, block.a_row);
        block.c += steps(rows, block.c_row);
      }
    }
  }
}

}  // namespace

void multiply(const Product& product) {
  Multiplication(product).run();
}

}  // namespace hermes::nn
