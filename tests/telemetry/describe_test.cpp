#include "hermes/telemetry/describe.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "telemetry/fixtures.hpp"

namespace hermes::telemetry {
namespace {

using protocol::RejectReason;
using protocol::ReportKind;
using protocol::StopReason;

struct Case {
  protocol::Record record;
  std::string text;
  bool is_warning = false;
  bool is_milestone = false;
};

protocol::WorkerLeft farewell(StopReason reason, const std::string& detail) {
  return {rank(2),
          {.reason = reason,
           .totals = {.rounds = 5,
                      .steps = 50,
                      .samples = 800,
                      .pushes = 2,
                      .suppressed = 3,
                      .compute_seconds = 1.25,
                      .wait_seconds = 0.5},
           .detail = detail}};
}

protocol::Assignment rows() {
  return {.pool_first = 100, .pool_count = 15000, .shard_rows = 2500, .minibatch = 16};
}

TEST(DescribeTest, every_record_is_one_line_with_its_weight) {
  const std::vector<Case> cases = {
      {protocol::WorkerJoined{rank(1)}, "worker 1 joined"},
      {protocol::WorkerRefused{rank(1), "another model"}, "worker 1 refused: another model", true,
       true},
      {protocol::WorkerLost{rank(3), seconds(10.24)}, "worker 3 lost (silent 10.2 s)", true, true},
      {protocol::WorkerReturned{rank(3)}, "worker 3 is back", false, true},
      {farewell(StopReason::Patience, ""),
       "worker 2 left (patience): 5 rounds, 50 steps, 800 samples, 2 pushes, 3 suppressed, "
       "computed 1.25 s, waited 0.50 s"},
      {farewell(StopReason::BadInput, "row 7 is damaged"),
       "worker 2 left (bad_input): 5 rounds, 50 steps, 800 samples, 2 pushes, 3 suppressed, "
       "computed 1.25 s, waited 0.50 s; row 7 is damaged",
       true, true},
      {protocol::TrainingStarted{4}, "training starts with 4 workers", false, true},
      {protocol::ReportRejected{rank(1), RejectReason::Late, true},
       "worker 1: update rejected (late)"},
      {protocol::ReportRejected{rank(1), RejectReason::Stopped, false},
       "worker 1: report rejected (stopped)"},
      {protocol::ReportRejected{rank(1), RejectReason::NonFinite, true},
       "worker 1: update rejected (non_finite)", true},
      {protocol::ReportRejected{rank(1), RejectReason::Malformed, false},
       "worker 1: report rejected (malformed)", true},
      {protocol::Merged{Version{9}, {{rank(1), 0}, {rank(2), 3}}},
       "version 9: merged worker 1 (staleness 0), worker 2 (staleness 3)"},
      {protocol::Released{rank(1), Version{9}, seconds(0.0125), true},
       "worker 1 released at version 9, with the model, after waiting 0.013 s"},
      {protocol::Released{rank(1), Version{9}, seconds(2.0), false},
       "worker 1 released at version 9, keeps its model, after waiting 2.000 s"},
      {evaluation(9, 0.41234, 0.875, true),
       "version 9: validation loss 0.4123, accuracy 0.8750, best so far"},
      {evaluation(10, 0.5, 0.25), "version 10: validation loss 0.5000, accuracy 0.2500"},
      {protocol::AssignmentChanged{rank(1), rows(), ""},
       "worker 1 assigned 2500 rows at a time of the 15000 from 100 on, mini-batches of 16"},
      {protocol::AssignmentChanged{rank(1), rows(), "too slow"},
       "worker 1 assigned 2500 rows at a time of the 15000 from 100 on, mini-batches of 16: too "
       "slow"},
      {protocol::StopDecided{StopReason::MaxRounds}, "training stops: max_rounds", false, true},
      {protocol::StopDecided{StopReason::NoWorkers}, "training stops: no_workers", true, true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(describe(c.record), c.text);
    EXPECT_EQ(is_warning(c.record), c.is_warning) << c.text;
    EXPECT_EQ(is_milestone(c.record), c.is_milestone) << c.text;
  }
}

TEST(DescribeTest, reports_say_what_was_measured) {
  EXPECT_EQ(describe(report(2, 17, ReportKind::Push)),
            "worker 2 round 17: push, base version 0, 10 steps in 0.500 s, train loss 0.2500");
  protocol::ReportAccepted vote = report(2, 17, ReportKind::Vote);
  EXPECT_EQ(describe(vote),
            "worker 2 round 17: vote, base version 0, 10 steps in 0.500 s, train loss 0.2500, "
            "votes to go on");
  vote.report.vote = true;
  vote.report.validation_loss = 0.5;
  EXPECT_EQ(describe(vote),
            "worker 2 round 17: vote, base version 0, 10 steps in 0.500 s, train loss 0.2500, "
            "votes to synchronise, validation loss 0.5000, accuracy 0.0000");
  EXPECT_FALSE(is_warning(vote));
  EXPECT_TRUE(is_warning(report(2, 17, ReportKind::Pull)));
}

TEST(DescribeTest, gate_decisions_are_explained) {
  protocol::ReportAccepted push = report(1, 4, ReportKind::Push);
  push.report.gate = {.z = -1.41421,
                      .mean = 0.5,
                      .sigma = 0.125,
                      .threshold = -1.3,
                      .silent = 4,
                      .cause = protocol::GateCause::Significant};
  EXPECT_EQ(
      describe(push),
      "worker 1 round 4: push, base version 0, 10 steps in 0.500 s, train loss 0.2500; gate: "
      "z -1.4142 <= threshold -1.3000, mean 0.5000, sigma 0.1250, silent 4 -> push (significant)");
  protocol::ReportAccepted silent = report(1, 5, ReportKind::Suppressed);
  silent.report.gate = {.z = 1.0, .mean = 0.5, .sigma = 0.125, .threshold = -1.3, .silent = 1};
  EXPECT_EQ(describe(silent),
            "worker 1 round 5: suppressed, base version 0, 10 steps in 0.500 s, train loss 0.2500; "
            "gate: z 1.0000 > threshold -1.3000, mean 0.5000, sigma 0.1250, silent 1 -> no push");
}

TEST(DescribeTest, texts_from_other_ranks_cannot_break_the_line_or_steer_the_terminal) {
  EXPECT_EQ(describe(protocol::WorkerRefused{rank(1), "a\nb\x1b[2Jc\rd\x7f"}),
            "worker 1 refused: a b [2Jc d ");
}

}  // namespace
}  // namespace hermes::telemetry
