#pragma once

namespace hermes::nn {

/// Whether a key of a specification may be left out. Specifications list their keys through
/// `visit_fields(spec, f)`, which calls `f(key, member, presence)`, so that whoever reads or
/// writes them as text needs to know only the few member types (integer, optional
/// integer, double, text, Conv2dPadding, list of layers), not each specification.
enum class Presence { Required, Optional };

}  // namespace hermes::nn
