#include "hermes/data/hdf5_version.hpp"

#include <hdf5.h>

namespace hermes::data {
namespace {

std::string joined(unsigned major, unsigned minor, unsigned release) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

}  // namespace

std::string hdf5_built_version() {
  return joined(H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE);
}

std::string hdf5_running_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  H5get_libversion(&major, &minor, &release);
  return joined(major, minor, release);
}

}  // namespace hermes::data
