#pragma once

#include <string>
#include <vector>

namespace hermes::runtime {

/// One key of a run configuration, for documentation and for tests of the documentation.
struct KnownKey {
  std::string name;           ///< dotted: "strategy.hermes.alpha"
  std::string type;           ///< what it takes, with its range: "a number > 0"
  std::string default_value;  ///< as TOML; empty: none
  bool required = false;      ///< a configuration without it is an error
  bool repeated = false;      ///< in each table of an array: [[worker]]; not for --set
  std::string help;           ///< one line
};

/// Every key, in the order of the resolved file. Made by the same code that reads them.
std::vector<KnownKey> known_keys();

}  // namespace hermes::runtime
