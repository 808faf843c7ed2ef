#include "hermes/data/file_rows.hpp"

#include <utility>

namespace hermes::data {
namespace {

/// Rows read between two looks at the mail.
constexpr std::uint64_t kRowsPerSlice = 1024;

}  // namespace

FileRows::FileRows(const RowPlan& plan, RowSelection evaluation_rows)
    : plan_(plan), evaluation_rows_(std::move(evaluation_rows)) {}

void FileRows::start(const RowRequest& request, Shard& shard) {
  to_select_ = request;
  shard_ = &shard;
}

bool FileRows::advance() {
  if (to_select_) {
    const RowRequest request = *std::exchange(to_select_, std::nullopt);
    // To know the rows of a label-sorted order, labels are read.
    const auto* segment = std::get_if<Segment>(&request);
    shard_->start(segment != nullptr ? plan_.select(*segment) : evaluation_rows_);
  }
  return shard_ == nullptr || shard_->load_some(kRowsPerSlice);
}

}  // namespace hermes::data
