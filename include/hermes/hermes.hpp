#pragma once

/// All that a program needs to train its own network on its own data; tests/consumer has such
/// programs.
#include "hermes/core/error.hpp"
#include "hermes/core/version.hpp"
#include "hermes/data/dataset.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/protocol/strategy.hpp"
#include "hermes/runtime/model_file.hpp"
#include "hermes/runtime/model_store.hpp"
#include "hermes/runtime/run_config.hpp"
#include "hermes/session/session.hpp"
#include "hermes/session/train.hpp"

namespace hermes {

using data::Dataset;
using nn::Network;
using nn::NetworkSpec;
using runtime::RunConfig;
using session::run;
using session::Session;
using session::train;
using session::TrainOptions;

}  // namespace hermes
