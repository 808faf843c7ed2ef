#include "hermes/protocol/message.hpp"

namespace hermes::protocol {

std::string_view to_string(StopReason reason) {
  switch (reason) {
    case StopReason::Patience:
      return "patience";
    case StopReason::TargetAccuracy:
      return "target_accuracy";
    case StopReason::MaxRounds:
      return "max_rounds";
    case StopReason::MaxSeconds:
      return "max_seconds";
    case StopReason::MaxBytes:
      return "max_bytes";
    case StopReason::Interrupted:
      return "interrupted";
    case StopReason::NoWorkers:
      return "no_workers";
    case StopReason::Refused:
      return "refused";
    case StopReason::BadInput:
      return "bad_input";
    case StopReason::Failed:
      return "failed";
    case StopReason::ServerLost:
      return "server_lost";
  }
  return "unknown";
}

std::string_view to_string(GateCause cause) {
  switch (cause) {
    case GateCause::None:
      return "none";
    case GateCause::Significant:
      return "significant";
    case GateCause::Silence:
      return "silent for too long";
    case GateCause::Coin:
      return "coin";
    case GateCause::Period:
      return "period";
  }
  return "unknown";
}

std::string_view kind_name(const MessageBody& body) {
  struct Namer {
    std::string_view operator()(const Join&) const { return "join"; }
    std::string_view operator()(const Report&) const { return "report"; }
    std::string_view operator()(const Heartbeat&) const { return "heartbeat"; }
    std::string_view operator()(const Leave&) const { return "leave"; }
    std::string_view operator()(const Release&) const { return "release"; }
    std::string_view operator()(const Collect&) const { return "collect"; }
    std::string_view operator()(const Stop&) const { return "stop"; }
    std::string_view operator()(const Capture&) const { return "capture"; }
  };
  return std::visit(Namer{}, body);
}

}  // namespace hermes::protocol
