// Only there so that its headers are compiled once for all tests (CMakeLists.txt).
