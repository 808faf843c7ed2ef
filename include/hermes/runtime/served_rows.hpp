#pragma once

#include <cstdint>
#include <optional>

#include "hermes/data/row_source.hpp"
#include "hermes/runtime/channel.hpp"

namespace hermes::runtime {

/// Rows that rank 0 sends (`data.delivery = "server"`): a request leaves at once, slices arrive
/// while the worker trains. The worker's side of RowServer.
///
/// Requires: channel outlives this, and hands what arrives to `take`. Single-threaded.
class ServedRows final : public data::RowSource {
 public:
  explicit ServedRows(Channel& channel) : channel_(channel) {}

  void start(const data::RowRequest& request, data::Shard& shard) override;
  bool advance() override;
  bool is_background() const override { return true; }

  /// What the server said. Answers to older requests are dropped. Throws DataError for rows that
  /// are not those asked for, or that rank 0 cannot read.
  void take(const wire::DataMessage& message);

 private:
  void take_slice(const wire::RowSlice& slice, std::span<const std::byte> payload);

  Channel& channel_;
  data::Shard* shard_ = nullptr;
  std::uint64_t request_ = 0;
  std::optional<std::uint64_t> count_;  // of the request, where it says so
  bool has_begun_ = false;
};

}  // namespace hermes::runtime
