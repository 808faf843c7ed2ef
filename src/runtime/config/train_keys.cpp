// The keys of [train]; run_config_keys.cpp has the others.
#include "runtime/config/run_config_keys.hpp"

namespace hermes::runtime {
namespace {

constexpr IntegerRange kSteps{.max = 1'000'000'000};
constexpr IntegerRange kStepsOfRound{.min = 1, .max = 1'000'000'000};

constexpr std::array<std::string_view, 2> kLosses{nn::CrossEntropy::kType,
                                                  nn::MeanSquaredError::kType};
constexpr std::array<std::string_view, 3> kOptimizers{nn::SgdSpec::kType, nn::AdamSpec::kType,
                                                      nn::AdamwSpec::kType};
constexpr std::array<std::string_view, 3> kSchedules{
    nn::ConstantSchedule::kType, nn::StepSchedule::kType, nn::CosineSchedule::kType};

void visit(KeyVisitor& v, data::Augmentation& augment) {
  v.flag({"train.augment.flip", "images: turn half of them, left to right, each time they train"},
         augment.flip);
  v.small_integer(
      {"train.augment.crop_padding",
       "images: as if so many zeros were around them and a part of the old size cut out "
       "anywhere, each time they train; 0: no"},
      augment.crop_padding, {.max = 1024});
}

void visit(KeyVisitor& v, OptimizerSettings& optimizer) {
  v.choice({"train.optimizer.type", "how a gradient becomes a step"}, optimizer.type, kOptimizers);
  v.real({"train.optimizer.learning_rate", "base learning rate of the schedule"},
         optimizer.learning_rate, RealRange::positive());
  v.real({"train.optimizer.momentum", "sgd: part of the last step that is kept"},
         optimizer.momentum, RealRange::unit_without_one());
  v.flag({"train.optimizer.nesterov", "sgd: look ahead along the momentum"}, optimizer.nesterov);
  v.optional_real(
      {"train.optimizer.weight_decay",
       "pull of the weights towards zero: for sgd and adam it is L2 (its product with a "
       "weight is added to the gradient); without it 0, for adamw 0.01"},
      optimizer.weight_decay, RealRange::not_negative());
  v.flag({"train.optimizer.decay_biases",
          "it pulls at biases, too, and at the scales and shifts of layers"},
         optimizer.decay_biases);
  v.real({"train.optimizer.beta1", "adam, adamw: decay of the mean gradient"}, optimizer.beta1,
         RealRange::unit_without_one());
  v.real({"train.optimizer.beta2", "adam, adamw: decay of the mean squared gradient"},
         optimizer.beta2, RealRange::unit_without_one());
  v.real({"train.optimizer.epsilon", "adam, adamw: keeps the denominator from zero"},
         optimizer.epsilon, RealRange::positive());
}

void visit(KeyVisitor& v, ScheduleSettings& schedule) {
  v.choice({"train.schedule.type", "how the learning rate changes over a worker's steps"},
           schedule.type, kSchedules);
  v.integer({"train.schedule.warmup_steps", "steps of linear growth before the schedule begins"},
            schedule.warmup_steps, kSteps);
  v.integer({"train.schedule.every_steps", "step: steps between two multiplications by factor"},
            schedule.every_steps, kSteps);
  v.real({"train.schedule.factor", "step: the rate is multiplied by this"}, schedule.factor,
         {.min = 0.0, .max = 1.0, .above_min = true});
  v.integer({"train.schedule.total_steps", "cosine: steps from the base rate down to the floor"},
            schedule.total_steps, kSteps);
  v.real({"train.schedule.floor", "cosine: last rate as a part of the base rate"}, schedule.floor,
         RealRange::unit());
}

}  // namespace

void visit_keys(TrainSettings& train, KeyVisitor& v) {
  static constexpr std::array<Key, 2> kRoundKeys{
      Key{"train.epochs_per_round", "passes over the shard between two reports"},
      Key{"train.steps_per_round",
          "mini-batches between two reports, instead of epochs_per_round"}};
  auto unit = static_cast<std::size_t>(train.round.unit);
  v.one_of(kRoundKeys, unit, train.round.count, kStepsOfRound);
  train.round.unit = static_cast<RoundLength::Unit>(unit);
  v.small_integer({"train.minibatch", "rows per step"}, train.minibatch,
                  {.min = 1, .max = protocol::kMinibatchMax});
  v.choice({"train.loss", "what training makes small"}, train.loss, kLosses);
  v.real({"train.label_smoothing",
          "cross_entropy: part of each training target that is shared out among all classes"},
         train.label_smoothing, RealRange::unit());
  visit(v, train.augment);
  visit(v, train.optimizer);
  visit(v, train.schedule);
}

}  // namespace hermes::runtime
