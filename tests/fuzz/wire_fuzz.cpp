// Frames from another rank. Input: a byte of options, the header, "--8<--", the payload. Checksums
// are repaired unless an option says not to: no fuzzer would guess them.

#include <algorithm>
#include <cstring>
#include <memory>

#include "fuzz_target.hpp"
#include "hermes/wire/codec.hpp"
#include "hermes/wire/data_message.hpp"
#include "wire/checksum.hpp"
#include "wire/header.hpp"

namespace {

using namespace hermes;

constexpr std::size_t kParameters = 64;
constexpr std::size_t kDataBytesMax = 1024;
constexpr std::size_t kPayloadChecksumAt = 16;

enum Option : unsigned { KeepChecksums = 1, KeepHalves = 2, Misalign = 4 };

template <class T>
void put(HeaderBytes& header, std::size_t offset, T value) {
  std::memcpy(header.data() + offset, &value, sizeof(value));
}

HeaderBytes make_header(std::string_view bytes, std::span<const std::byte> payload, bool repair) {
  HeaderBytes header(std::as_bytes(std::span(bytes)));
  if (repair) {
    header.resize(std::max(header.size(), wire::kPreludeBytes));
    put(header, wire::kBodyBytesAt, std::uint64_t{header.size() - wire::kPreludeBytes});
    put(header, kPayloadChecksumAt, wire::payload_checksum(payload));
    wire::seal_header(header);
  }
  return header;
}

SharedBytes make_payload(std::string_view bytes, bool misalign) {
  const std::size_t first = misalign ? 1 : 0;
  auto owner = std::make_shared<AlignedVector<std::byte>>(first + bytes.size());
  std::ranges::copy(std::as_bytes(std::span(bytes)), owner->begin() + static_cast<int>(first));
  const auto payload = std::span<const std::byte>(*owner).subspan(first);
  return {owner, payload};
}

bool same(const Frame& a, const Frame& b) {
  return a.header == b.header && std::ranges::equal(a.payload.bytes, b.payload.bytes);
}

/// What was decoded can be sent on, and arrives as it was.
void check_message(const protocol::Message& message, ParameterPool& pool) {
  const Frame frame = wire::encode(message);
  if (!same(frame, wire::encode(wire::decode(frame, pool)))) {
    fuzz::report_finding("a message that survives a second journey", "another one");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const unsigned options = data[0];
  const auto pieces = fuzz::cut_pieces(fuzz::text_of(data + 1, size - 1), 2);
  const std::size_t room = HeaderBytes::kCapacity - sizeof(std::uint32_t);
  const SharedBytes payload = make_payload(pieces[1], (options & Misalign) != 0);
  const bool repair = (options & KeepChecksums) == 0;
  const Frame frame{make_header(pieces[0].substr(0, room), payload.bytes, repair), payload};

  ParameterPool pool(kParameters);
  if (wire::is_data_frame(frame)) {
    fuzz::takes([&] {
      if (!same(frame, wire::encode_data(wire::decode_data(frame, kDataBytesMax)))) {
        fuzz::report_finding("data frames as the encoder makes them", "another one");
      }
    });
    return 0;
  }
  fuzz::takes([&] {
    const bool keep = (options & KeepHalves) != 0;
    const auto halves = keep ? wire::Halves::Keep : wire::Halves::Widen;
    const protocol::Message message = wire::decode(frame, pool, halves);
    if (!keep) {
      check_message(message, pool);
    }
  });
  return 0;
}
