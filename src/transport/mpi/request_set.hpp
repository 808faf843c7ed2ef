#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "hermes/core/id.hpp"
#include "transport/mpi/check.hpp"

namespace hermes::transport {

/// Active MPI requests, each with a token that says what it is for. Tested all at once and never
/// one by one: any of them may stay open for ever when a peer dies.
template <class Token>
class RequestSet {
 public:
  struct Completion {
    Token token;
    Rank source;            ///< of a receive
    std::size_t bytes = 0;  ///< of a receive
    bool truncated = false;
  };

  bool empty() const { return requests_.empty(); }
  std::size_t size() const { return requests_.size(); }

  void add(MPI_Request request, Token token) {
    requests_.push_back(request);
    tokens_.push_back(std::move(token));
  }

  /// What completed since the last call; valid until the next one.
  const std::vector<Completion>& poll() { return complete(MPI_Testsome, "MPI_Testsome"); }

  /// As poll, but blocks until there is something. Requires: not empty.
  const std::vector<Completion>& wait() { return complete(MPI_Waitsome, "MPI_Waitsome"); }

  /// Takes back every receive that no message has matched. True: nothing is left open.
  bool cancel() {
    for (MPI_Request& request : requests_) {
      int done = 0;
      check(MPI_Cancel(&request), "MPI_Cancel");
      check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    }
    return std::all_of(requests_.begin(), requests_.end(),
                       [](MPI_Request request) { return request == MPI_REQUEST_NULL; });
  }

 private:
  using Operation = int (*)(int, MPI_Request*, int*, int*, MPI_Status*);

  const std::vector<Completion>& complete(Operation operation, const char* name) {
    completions_.clear();
    if (requests_.empty()) {
      return completions_;
    }
    indices_.resize(requests_.size());
    statuses_.resize(requests_.size());
    int count = 0;
    const int code = operation(static_cast<int>(requests_.size()), requests_.data(), &count,
                               indices_.data(), statuses_.data());
    if (code != MPI_ERR_IN_STATUS) {
      check(code, name);
    }
    if (count == MPI_UNDEFINED || count == 0) {
      return completions_;
    }
    indices_.resize(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < indices_.size(); ++i) {
      const int error = code == MPI_ERR_IN_STATUS ? statuses_[i].MPI_ERROR : MPI_SUCCESS;
      completions_.push_back(describe(static_cast<std::size_t>(indices_[i]), statuses_[i], error));
    }
    remove_completed();
    return completions_;
  }

  Completion describe(std::size_t index, const MPI_Status& status, int error) const {
    Completion completion{tokens_[index], Rank{status.MPI_SOURCE}};
    int error_class = MPI_SUCCESS;
    if (error != MPI_SUCCESS) {
      check(MPI_Error_class(error, &error_class), "MPI_Error_class");
    }
    completion.truncated = error_class == MPI_ERR_TRUNCATE;
    if (!completion.truncated) {
      check(error, "MPI_Testsome", completion.source);
    }
    int bytes = 0;
    check(MPI_Get_count(&status, MPI_BYTE, &bytes), "MPI_Get_count");
    completion.bytes = bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
    return completion;
  }

  void remove_completed() {
    std::sort(indices_.begin(), indices_.end(), std::greater<>());
    for (const int index : indices_) {
      const auto i = static_cast<std::size_t>(index);
      requests_[i] = requests_.back();
      tokens_[i] = std::move(tokens_.back());
      requests_.pop_back();
      tokens_.pop_back();
    }
  }

  std::vector<MPI_Request> requests_;
  std::vector<Token> tokens_;
  std::vector<int> indices_;
  std::vector<MPI_Status> statuses_;
  std::vector<Completion> completions_;
};

}  // namespace hermes::transport
