// The tables of keys in src/runtime/README.md and src/nn/README.md say what the code reads.
#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hermes/nn/layer_spec.hpp"
#include "hermes/nn/network_spec.hpp"
#include "hermes/runtime/known_key.hpp"
#include "hermes/runtime/model_file.hpp"

namespace hermes::runtime {
namespace {

std::string readme_of(const std::string& module) {
  std::ifstream file(HERMES_SOURCE_DIR "/src/" + module + "/README.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string key_table() {
  std::string table = "| key | takes | default | meaning |\n|---|---|---|---|\n";
  for (const KnownKey& key : known_keys()) {
    const std::string fallback = key.required                ? "required"
                                 : key.default_value.empty() ? "none"
                                                             : "`" + key.default_value + "`";
    table += "| `" + key.name + "` | " + key.type + " | " + fallback + " | " + key.help + " |\n";
  }
  return table;
}

TEST(KeyReferenceTest, readme_documents_every_key_as_the_code_reads_it) {
  const std::string text = readme_of("runtime");
  const std::size_t begin = text.find("| key | takes |");
  ASSERT_NE(begin, std::string::npos) << "no table; it should be:\n" << key_table();
  EXPECT_EQ(text.substr(begin), key_table());
}

template <std::size_t... I>
std::vector<nn::LayerSpec> one_of_each(std::index_sequence<I...> /*alternatives*/) {
  return {nn::LayerSpec(std::in_place_index<I>)...};
}

/// The value of the last line `key = value`.
std::string value_in(const std::string& model, std::string_view key) {
  const std::string begin = "\n" + std::string(key) + " = ";
  const std::size_t found = model.rfind(begin);
  if (found == std::string::npos) {
    return "none";
  }
  const std::size_t value = found + begin.size();
  return "`" + model.substr(value, model.find('\n', value) - value) + "`";
}

/// "| `conv2d` | `stride` | `1` |": layer, key and default of each key; a layer without any has one
/// row as well.
std::string layer_key_rows() {
  constexpr std::size_t kLayers = std::variant_size_v<nn::AnyLayerSpec>;
  std::string rows;
  for (const nn::LayerSpec& layer : one_of_each(std::make_index_sequence<kLayers>())) {
    nn::NetworkSpec model;
    model.layers.push_back(layer);
    const std::string text = to_toml(model);
    const auto add_rows = [&rows, &text](const auto& spec) {
      const std::string begin = "| `" + std::string(spec.kType) + "` |";
      const std::size_t before = rows.size();
      const auto add = [&](std::string_view key, const auto& /*field*/, nn::Presence presence) {
        const std::string fallback =
            presence == nn::Presence::Required ? "required" : value_in(text, key);
        rows.append(begin).append(" `").append(key).append("` | ").append(fallback).append(" |\n");
      };
      spec.visit_fields(spec, add);
      if (rows.size() == before) {
        rows += begin + " | |\n";
      }
    };
    std::visit(add_rows, layer);
  }
  return rows;
}

/// The first three cells of the rows that begin with the name of a layer.
std::string first_cells(const std::string& table) {
  std::string rows;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line) && line.starts_with('|');) {
    if (line.starts_with("| `")) {
      const std::size_t second = line.find('|', 1);
      const std::size_t third = line.find('|', second + 1);
      rows += line.substr(0, line.find('|', third + 1) + 1) + "\n";
    }
  }
  return rows;
}

TEST(KeyReferenceTest, readme_of_nn_documents_every_key_of_every_layer) {
  const std::string text = readme_of("nn");
  const std::size_t begin = text.find("| layer | key | default |");
  ASSERT_NE(begin, std::string::npos) << "no table; its rows should begin:\n" << layer_key_rows();
  EXPECT_EQ(first_cells(text.substr(begin)), layer_key_rows());
}

TEST(KeyReferenceTest, readme_of_nn_documents_what_stands_above_the_layers) {
  nn::NetworkSpec model;
  model.initializer.kind = nn::Initializer::Kind::Uniform;  // or there is no range
  const std::string text = readme_of("nn");
  std::istringstream lines(to_toml(model));
  for (std::string line; std::getline(lines, line);) {
    const std::string key = line.substr(0, line.find(' '));
    EXPECT_NE(text.find("| the file | `" + key + "` |"), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace hermes::runtime
