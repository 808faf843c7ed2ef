#include "hermes/nn/blas.hpp"

#include <gtest/gtest.h>

namespace hermes::nn {
namespace {

using enum SimdTarget;

TEST(BlasTest, says_what_it_is_and_takes_the_number_of_threads) {
  set_blas_threads(1);
  const BlasDescription description = blas_description();
  EXPECT_NE(description.config.find("OpenBLAS"), std::string::npos);
  EXPECT_FALSE(description.core.empty());
  EXPECT_EQ(description.threads, 1);
}

struct CoreCase {
  const char* taken;
  SimdTarget processor;
  std::optional<std::string> asked;
  std::optional<std::string> better;
};

TEST(BlasTest, better_kernels_are_those_of_the_processor_unless_the_user_has_asked_for_some) {
  const CoreCase cases[] = {
      {"Haswell", Avx512, {}, "SkylakeX"},  // Zen 5 and later processors of Intel, OpenBLAS 0.3.21
      {"Zen", Avx512, {}, "SkylakeX"},
      {"Excavator", Avx512, {}, "SkylakeX"},
      {"Prescott", Avx512, {}, "SkylakeX"},
      {"SkylakeX", Avx512, {}, {}},
      {"Cooperlake", Avx512, {}, {}},
      {"Prescott", Avx2, {}, "Haswell"},
      {"Sandybridge", Avx2, {}, "Haswell"},
      {"Barcelona", Avx2, {}, "Haswell"},
      {"Haswell", Avx2, {}, {}},
      {"Zen", Avx2, {}, {}},
      {"SkylakeX", Avx2, {}, {}},  // it knows, or was told
      {"Prescott", Portable, {}, {}},
      {"ARMV8", Neon, {}, {}},
      {"Zen7", Avx512, {}, {}},
      {"Haswell", Avx512, "Haswell", {}},
      {"Haswell", Avx512, "nonsense", {}},
      {"Prescott", Avx2, "PRESCOTT", {}},
      {"Haswell", Avx512, "", "SkylakeX"},  // set, but to nothing
  };
  for (const CoreCase& one : cases) {
    const BlasDescription found{"OpenBLAS 0.3.21 DYNAMIC_ARCH", one.taken, 1};
    EXPECT_EQ(better_blas_core(found, one.processor, one.asked), one.better)
        << one.taken << " on " << to_string(one.processor) << ", asked for "
        << one.asked.value_or("nothing");
  }
}

TEST(BlasTest, kernels_of_a_library_for_one_processor_stand) {
  const BlasDescription found{"OpenBLAS 0.3.21 NO_AFFINITY Haswell", "Haswell", 1};
  EXPECT_EQ(better_blas_core(found, Avx512, {}), std::nullopt);
}

TEST(BlasTest, kernels_that_are_chosen_have_no_better_ones) {
  for (const SimdTarget processor : {Avx512, Avx2}) {
    const BlasDescription worst{"DYNAMIC_ARCH", "Prescott", 1};
    const BlasDescription chosen{"DYNAMIC_ARCH", better_blas_core(worst, processor, {}).value(), 1};
    EXPECT_EQ(better_blas_core(chosen, processor, {}), std::nullopt);
  }
}

}  // namespace
}  // namespace hermes::nn
