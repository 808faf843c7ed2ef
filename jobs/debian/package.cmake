# `cpack -G DEB` in a build directory makes two packages: hermes, the program with its jobs, models
# and scripts, and hermes-dev, the library. tests/package.sh checks them.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hermes)
set(CPACK_PACKAGE_VENDOR "The Hermes authors")
set(CPACK_PACKAGE_CONTACT "The Hermes authors <hermes@localhost.localdomain>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME hermes)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "openmpi-bin, python3")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "gnuplot-nox")  # hermes report
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "dataset-fashion-mnist, slurm-client")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "A parameter server and its workers train a neural network, with seven ways to
keep them together: hermes, bsp, asp, ssp, ebsp, selsync and timebox. Slow,
small and failing machines are what it is made for.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME hermes-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
string(JOIN ", " CPACK_DEBIAN_DEV_PACKAGE_DEPENDS g++ cmake libopenmpi-dev libeigen3-dev libopenblas-dev
  libhdf5-dev libboost-serialization-dev zlib1g-dev libpng-dev libjpeg-dev libcli11-dev libtomlplusplus-dev libspdlog-dev
  nlohmann-json3-dev libhwy-dev)
set(CPACK_COMPONENT_DEV_DESCRIPTION "Headers, static libraries and a CMake package (find_package(hermes)) for
programs that train networks of their own, with layers and strategies of
their own if need be.")

# What Debian's policy wants in /usr/share/doc/PACKAGE.
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${PROJECT_BINARY_DIR}/debian/copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: hermes

Files: *
Copyright: 2026 The Hermes authors
License: GPL-3.0-only
 On Debian systems, the full text of the GNU General Public License version 3
 is in /usr/share/common-licenses/GPL-3.
")
foreach(component program dev)
  string(TOUPPER ${component} upper)
  set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  file(WRITE ${PROJECT_BINARY_DIR}/debian/${package}/changelog.Debian
    "hermes (${PROJECT_VERSION}-1) unstable; urgency=medium\n\n  * See CHANGELOG.md of the sources.\n\n"
    " -- ${CPACK_PACKAGE_CONTACT}  ${now}\n")
  execute_process(COMMAND gzip -9nf ${PROJECT_BINARY_DIR}/debian/${package}/changelog.Debian)
  install(FILES ${PROJECT_BINARY_DIR}/debian/copyright
    ${PROJECT_BINARY_DIR}/debian/${package}/changelog.Debian.gz
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
endforeach()
include(CPack)
