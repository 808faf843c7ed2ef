#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "hermes/core/frame.hpp"
#include "hermes/protocol/assignment.hpp"

/// How rows travel to workers that do not share a file system with the server, and the states of
/// workers to and from a checkpoint: a small family of frames of its own beside the messages of the
/// protocol, which does not know of it.
/// src/wire/README.md has the layout.
namespace hermes::wire {

inline constexpr std::uint16_t kDataWireVersion = 4;

// ---- worker to server ----

/// "What is the data set like?" First of all, before the worker can join.
struct AskDataset {
  friend bool operator==(const AskDataset&, const AskDataset&) = default;
};

/// "Send me these rows." A newer request of the worker replaces an older one.
struct AskRows {
  std::uint64_t request = 0;  ///< a number that the answers repeat
  bool evaluation = false;    ///< the evaluation rows; the fields below mean nothing
  protocol::RowOrder order = protocol::RowOrder::Shuffled;
  std::uint64_t order_seed = 0;
  std::uint64_t pools = 1;
  std::uint64_t pieces = 1;
  std::uint64_t first = 0;
  std::uint64_t count = 0;

  friend bool operator==(const AskRows&, const AskRows&) = default;
};

// ---- server to worker ----

/// Answers AskDataset. Payload: the means of all channels, then the scales, as float.
struct DatasetFacts {
  std::string name{};
  std::uint64_t channels = 0;
  std::uint64_t height = 0;
  std::uint64_t width = 0;
  bool flat = false;
  bool floats = false;  ///< rows are float32, else uint8
  bool channels_last = false;
  std::uint64_t target_columns = 0;  ///< numbers of a row; 0: rows have labels
  std::uint64_t train_rows = 0;
  std::uint64_t validation_rows = 0;
  std::uint64_t test_rows = 0;
  std::uint64_t content_hash = 0;

  friend bool operator==(const DatasetFacts&, const DatasetFacts&) = default;
};

/// Some of the rows asked for, in order. Payload: labels (int32) or target numbers (float32, rows x
/// columns), then features as they are in the file, filled up with zeros to a multiple of four
/// bytes.
struct RowSlice {
  std::uint64_t request = 0;
  std::uint64_t total = 0;  ///< rows of the request
  std::uint64_t rows = 0;   ///< of this slice

  friend bool operator==(const RowSlice&, const RowSlice&) = default;
};

/// The rows asked for cannot be read.
struct RowsFailed {
  std::uint64_t request = 0;
  std::string what{};

  friend bool operator==(const RowsFailed&, const RowsFailed&) = default;
};

// ---- both ways ----

/// A part of a worker's state as bytes: to the server ahead of a report that says `captured`, and
/// back to the worker that resumes. Slices come in order. Payload: the bytes.
struct StateSlice {
  std::uint64_t round = 0;  ///< rounds that the worker had completed
  std::uint64_t total = 0;  ///< bytes of the whole state
  std::uint64_t first = 0;  ///< of these, the first in this slice

  friend bool operator==(const StateSlice&, const StateSlice&) = default;
};

using DataBody = std::variant<AskDataset, AskRows, DatasetFacts, RowSlice, RowsFailed, StateSlice>;

struct DataMessage {
  DataBody body{};
  SharedBytes payload{};
};

/// Whether a frame claims to be of this family.
bool is_data_frame(const Frame& frame);

/// The message as a frame; the payload is not copied.
///
/// Requires: facts and slices have a payload of whole 4-byte words, other messages have none.
Frame encode_data(const DataMessage& message);

/// The message in a frame from another rank; its payload shares the frame's block. As strict as
/// `decode`: throws DecodeError when the frame is not exactly what `encode_data` makes.
DataMessage decode_data(const Frame& frame, std::size_t payload_bytes_max);

}  // namespace hermes::wire
