#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

/// HDF5 files that are well-formed, whatever the fuzzer does: its text says which objects the HDF5
/// library writes. README.md says why, and what that leaves out.
namespace hermes::fuzz {

/// The bytes of the file that a recipe describes. One object a line, blanks between words; what
/// makes no sense is left out:
///
///     dataset NAME TYPE DIMS [chunk=DIMS] [growing] [gzip] [shuffle] [fletcher32] [scaled] [nbit]
///             [empty] [raw=HEX] [= VALUE...]
///     attribute NAME OBJECT TYPE DIMS [= VALUE...]
///     group NAME
///     hard NAME OBJECT     a link to it; also soft, and external (to a file of that name)
///     old                  (first line) the file format of HDF5 1.6, without checksums
///
/// TYPE: u8 i8 ... u64 i64 f16 f32 f64 F32 (capital: big-endian), s5 (5 bytes) str (variable), and
/// compound, enum, opaque, array, reference, vlen. DIMS: 3x4, scalar or null. `raw`: the first
/// chunk's bytes as they are stored. `empty`: nothing is stored. VALUE: repeated as needed; one
/// text for strings, to the end of the line, with \n for a line break.
std::vector<std::byte> cook(std::string_view recipe);

}  // namespace hermes::fuzz
