#pragma once

#include "hermes/core/time.hpp"

namespace hermes::telemetry {

/// What rank 0 did for how long, in one turn of its loop or in many.
struct ServerWork {
  Duration merging{};     ///< deciding and merging
  Duration evaluating{};  ///< global models and, where the strategy asks for it, updates
  Duration data{};        ///< rows for workers
  Duration messages{};    ///< receiving, checking, encoding and sending
  Duration waiting{};     ///< for messages; nothing to do
  Duration busy{};        ///< everything but that

  ServerWork& operator+=(const ServerWork& more) {
    merging += more.merging;
    evaluating += more.evaluating;
    data += more.data;
    messages += more.messages;
    waiting += more.waiting;
    busy += more.busy;
    return *this;
  }
};

}  // namespace hermes::telemetry
