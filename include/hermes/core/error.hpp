#pragma once

#include <stdexcept>
#include <string>

namespace hermes {

/// Base of every error that is not a bug in Hermes. `what()` is one line that a user can act on:
/// what is wrong, where, what was expected and what was found. Bugs are HERMES_ASSERT instead.
///
/// Whatever the message quotes, control characters become blanks, and it is cut in the middle when
/// it is longer than 900 bytes.
class Error : public std::runtime_error {
 public:
  explicit Error(std::string message);
};

/// Wrong configuration, model file or command line. Exit code 2.
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// A data file that is missing, damaged or does not fit the model. Exit code 2.
class DataError : public Error {
 public:
  using Error::Error;
};

/// The environment failed at run time: MPI, disk, a lost server. Exit code 3.
class RuntimeError : public Error {
 public:
  using Error::Error;
};

/// A message-passing operation failed.
class TransportError : public RuntimeError {
 public:
  using RuntimeError::RuntimeError;
};

/// Bytes from another rank that are no valid frame.
class DecodeError : public Error {
 public:
  using Error::Error;
};

/// A well-formed message that is illegal in the receiver's state.
class ProtocolError : public Error {
 public:
  using Error::Error;
};

}  // namespace hermes
