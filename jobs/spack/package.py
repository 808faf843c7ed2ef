# A recipe for Spack: copy this folder to packages/hermes of a repository of your own (`spack repo
# create`), then `spack dev-build hermes@main` in the sources. Tested: that Python compiles it, and
# that it names what CMakeLists.txt asks for (tests/packages). Not tested: Spack itself.
from spack.package import *


class Hermes(CMakePackage):
    """Trains neural networks on many unequal machines, over MPI."""

    license("GPL-3.0-only")
    version("main")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("python@3.9:", type="build")
    depends_on("gzip", type="build")

    depends_on("mpi")
    depends_on("eigen@3.4:")
    depends_on("openblas")  # not blas: its own functions for kernels and threads are called
    depends_on("hdf5")
    depends_on("boost@1.74: +serialization")
    depends_on("zlib-api")
    depends_on("libpng")
    depends_on("jpeg")
    depends_on("cli11")
    depends_on("tomlplusplus")
    depends_on("spdlog")
    depends_on("nlohmann-json")
    depends_on("highway")
    depends_on("gnuplot", type="run")  # hermes report calls it

    generator("ninja")

    def cmake_args(self):
        return [
            self.define("HERMES_BUILD_TESTS", False),
            self.define("HERMES_BUILD_BENCH", False),
            self.define("HERMES_WERROR", False),
        ]
