#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "hermes/data/convert.hpp"
#include "hermes/data/describe.hpp"

namespace hermes::cli {
namespace {

struct ConvertChoice {
  data::ConvertOptions common;
  data::IdxFiles idx;
  data::Cifar10Files cifar10;
  data::CsvSource csv;
  data::NpyFiles npy;
  data::ImageFolders images;
};

/// A count of at least 0 or 1. CLI11 alone takes -1 for the largest count there is.
CLI::Validator count_from(int least) {
  const auto problem = [least](const std::string& text) -> std::string {
    const bool is_count =
        !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    if (is_count && (least == 0 || text.find_first_not_of('0') != std::string::npos)) {
      return {};
    }
    return "expected an integer >= " + std::to_string(least) + ", found '" + text + "'";
  };
  return {problem, ""};
}

void add_common(CLI::App& command, const std::shared_ptr<ConvertChoice>& choice) {
  command.add_option("--out", choice->common.output, "HDF5 file to write")->required();
  command.add_option("--limit", choice->common.limit, "At most so many training rows")
      ->check(count_from(1));
  command.add_option("--seed", choice->common.seed, "Seed of the order of training rows")
      ->check(count_from(0));
  command.add_flag("--compress", choice->common.compress, "Compress the features");
  command.add_option("--class-names", choice->common.class_names, "Names of the classes")
      ->delimiter(',');
}

int show(const data::DatasetInfo& written) {
  std::cout << data::describe(written);
  return 0;
}

void add_npy(CLI::App& convert, const std::shared_ptr<ConvertChoice>& choice, Action& action) {
  CLI::App* npy = convert.add_subcommand("npy", "Arrays of numpy.save");
  npy->add_option("--train-x", choice->npy.train_x)->required();
  npy->add_option("--train-y", choice->npy.train_y)->required();
  npy->add_option("--test-x", choice->npy.test_x)->required();
  npy->add_option("--test-y", choice->npy.test_y)->required();
  add_common(*npy, choice);
  npy->callback([choice, &action] {
    action = [choice] { return show(data::convert_npy(choice->npy, choice->common)); };
  });
}

void add_images(CLI::App& convert, const std::shared_ptr<ConvertChoice>& choice, Action& action) {
  CLI::App* images =
      convert.add_subcommand("images", "PNG and JPEG files of one size, a folder for each class");
  images->add_option("--train", choice->images.train, "Directory of the folders")->required();
  images->add_option("--test", choice->images.test, "Likewise, of the test images")->required();
  add_common(*images, choice);
  images->callback([choice, &action] {
    action = [choice] { return show(data::convert_images(choice->images, choice->common)); };
  });
}

}  // namespace

void add_convert(CLI::App& app, Action& action) {
  auto choice = std::make_shared<ConvertChoice>();
  CLI::App* convert = app.add_subcommand("convert", "Make an HDF5 data set from other formats");
  convert->require_subcommand(1);

  CLI::App* idx = convert->add_subcommand("idx", "IDX files, plain or gzip (MNIST and its kin)");
  idx->add_option("--train-images", choice->idx.train_images)->required();
  idx->add_option("--train-labels", choice->idx.train_labels)->required();
  idx->add_option("--test-images", choice->idx.test_images)->required();
  idx->add_option("--test-labels", choice->idx.test_labels)->required();
  add_common(*idx, choice);
  idx->callback([choice, &action] {
    action = [choice] { return show(data::convert_idx(choice->idx, choice->common)); };
  });

  CLI::App* cifar10 = convert->add_subcommand("cifar10", "CIFAR-10's binary files");
  cifar10->add_option("--train", choice->cifar10.train, "Training batches")->required();
  cifar10->add_option("--test", choice->cifar10.test, "Test batches")->required();
  add_common(*cifar10, choice);
  cifar10->callback([choice, &action] {
    action = [choice] { return show(data::convert_cifar10(choice->cifar10, choice->common)); };
  });

  CLI::App* csv = convert->add_subcommand(
      "csv", "A table of numbers with a column of labels, or columns of target numbers");
  csv->add_option("file", choice->csv.file, "The table")->required();
  CLI::Option_group* y = csv->add_option_group("y", "What a model is to say of a row");
  y->add_option("--label", choice->csv.label, "Label column: its name, or its index from 0");
  y->add_option("--target", choice->csv.targets, "Columns of numbers (regression), likewise")
      ->delimiter(',');
  y->require_option(1);
  csv->add_option("--test-fraction", choice->csv.test_fraction, "Part of the rows to test with")
      ->capture_default_str();
  csv->add_option("--separator", choice->csv.separator, "Between fields")->capture_default_str();
  add_common(*csv, choice);
  csv->callback([choice, &action] {
    action = [choice] { return show(data::convert_csv(choice->csv, choice->common)); };
  });

  add_npy(*convert, choice, action);
  add_images(*convert, choice, action);
}

}  // namespace hermes::cli
