#include "hermes/protocol/record.hpp"

namespace hermes::protocol {

std::string_view to_string(RejectReason reason) {
  switch (reason) {
    case RejectReason::Late:
      return "late";
    case RejectReason::NonFinite:
      return "non_finite";
    case RejectReason::Malformed:
      return "malformed";
    case RejectReason::Stale:
      return "stale";
    case RejectReason::Stopped:
      return "stopped";
  }
  return "unknown";
}

}  // namespace hermes::protocol
