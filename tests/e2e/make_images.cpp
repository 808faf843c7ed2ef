// Makes a large data set quickly: images of 3 x 32 x 32 bytes of noise in which a bright bar's row
// tells the class. A program of its own, as converters hold their data in memory and Python's h5py
// is not everywhere; written with the HDF5 library alone, chunk after chunk.
//
//     make_images FILE.h5 MEBIBYTES
#include <hdf5.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "hermes/core/random.hpp"

namespace {

constexpr hsize_t kRowBytes = 3 * 32 * 32;
constexpr hsize_t kChunkRows = 42;  // about 128 KiB
constexpr std::uint64_t kClasses = 10;

struct Images {
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;
};

/// Pieces of one block of noise: drawing every byte would take longer than writing the file.
void draw(hermes::RandomStream& random, const std::vector<std::uint8_t>& noise, hsize_t rows,
          Images& out) {
  out.pixels.resize(rows * kRowBytes);
  out.labels.resize(rows);
  for (hsize_t row = 0; row < rows; ++row) {
    std::uint8_t* pixels = out.pixels.data() + row * kRowBytes;
    std::copy_n(noise.data() + random.below(noise.size() - kRowBytes), kRowBytes, pixels);
    const std::uint64_t label = random.below(kClasses);
    out.labels[row] = static_cast<std::uint8_t>(label);
    for (std::uint64_t channel = 0; channel < 3; ++channel) {
      std::fill_n(pixels + channel * 1024 + (3 * label + 1) * 32 + 4, 24, std::uint8_t{200});
    }
  }
}

hid_t create(hid_t file, const std::string& name, const std::vector<hsize_t>& dims,
             const std::vector<hsize_t>& chunk) {
  const auto rank = static_cast<int>(dims.size());
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  const hid_t storage = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(storage, rank, chunk.data());
  const hid_t space = H5Screate_simple(rank, dims.data(), nullptr);
  const hid_t dataset =
      H5Dcreate2(file, name.c_str(), H5T_STD_U8LE, space, links, storage, H5P_DEFAULT);
  H5Sclose(space);
  H5Pclose(storage);
  H5Pclose(links);
  return dataset;
}

bool write(hid_t dataset, std::vector<hsize_t> start, const std::vector<hsize_t>& count,
           const std::uint8_t* values) {
  const hid_t space = H5Dget_space(dataset);
  const hid_t memory = H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr);
  H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  const herr_t status = H5Dwrite(dataset, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT, values);
  H5Sclose(memory);
  H5Sclose(space);
  return status >= 0;
}

bool write_split(hid_t file, const std::string& split, hsize_t rows, hermes::RandomStream& random,
                 const std::vector<std::uint8_t>& noise) {
  const hsize_t chunk = std::min(rows, kChunkRows);
  const hid_t x = create(file, split + "/x", {rows, 3, 32, 32}, {chunk, 3, 32, 32});
  const hid_t y = create(file, split + "/y", {rows}, {std::min<hsize_t>(rows, 65536)});
  Images images;
  bool is_good = x >= 0 && y >= 0;
  for (hsize_t first = 0; first < rows && is_good; first += kChunkRows) {
    const hsize_t count = std::min(kChunkRows, rows - first);
    draw(random, noise, count, images);
    is_good = write(x, {first, 0, 0, 0}, {count, 3, 32, 32}, images.pixels.data()) &&
              write(y, {first}, {count}, images.labels.data());
  }
  return H5Dclose(x) >= 0 && H5Dclose(y) >= 0 && is_good;
}

}  // namespace

int main(int argc, char** argv) {
  const long mebibytes = argc == 3 ? std::atol(argv[2]) : 0;
  if (mebibytes <= 0) {
    std::cerr << "usage: make_images FILE.h5 MEBIBYTES\n";
    return 2;
  }
  hermes::RandomStream random(1, hermes::RandomPurpose::Test);
  std::vector<std::uint8_t> noise(std::size_t{1} << 20);
  for (std::uint8_t& value : noise) {
    value = static_cast<std::uint8_t>(random.below(86));
  }
  const auto rows = static_cast<hsize_t>(mebibytes) * 1024 * 1024 / kRowBytes;
  const hid_t file = H5Fcreate(argv[1], H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const bool is_good = file >= 0 && write_split(file, "train", rows, random, noise) &&
                       write_split(file, "test", 2000, random, noise);
  return is_good && H5Fclose(file) >= 0 ? 0 : 3;
}
