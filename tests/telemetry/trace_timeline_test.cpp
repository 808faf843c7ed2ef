#include "hermes/telemetry/trace_timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "telemetry/fixtures.hpp"
#include "telemetry/trace_checks.hpp"

namespace hermes::telemetry {
namespace {

using protocol::ReportKind;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kSecond = 1'000'000'000;

/// A timeline of which the events are read back as JSON.
class Drawing {
 public:
  void record(const protocol::Record& record, double now) {
    timeline_.record(record, at_seconds(now), text_);
  }
  void server(std::string_view name, double begin, double end) {
    timeline_.server_span(name, at_seconds(begin), at_seconds(end), text_);
  }
  /// Joined and released at zero.
  void begin(std::int32_t worker) {
    record(protocol::WorkerJoined{rank(worker)}, 0.0);
    record(protocol::Released{rank(worker)}, 0.0);
  }
  void go_on_from(const Drawing& before) { timeline_.resume(before.timeline_.place()); }
  void finish(double now) { timeline_.finish(at_seconds(now), text_); }

  nlohmann::json events() const {
    return nlohmann::json::parse("[" + text_.substr(0, text_.rfind(',')) + "]");
  }
  std::vector<Span> spans() const {
    expect_sound_trace(events());
    return spans_of(events());
  }
  /// Phase, rank and nanosecond of each point of an arrow.
  std::vector<std::tuple<std::string, int, std::int64_t>> arrows() const {
    std::vector<std::tuple<std::string, int, std::int64_t>> points;
    for (const auto& event : events()) {
      if (event.contains("id")) {
        points.emplace_back(event.at("ph"), event.at("tid").get<int>() - 1,
                            nanoseconds(event.at("ts")));
      }
    }
    return points;
  }

 private:
  TraceTimeline timeline_{2};
  std::string text_;
};

protocol::ReportAccepted round_of(std::int32_t from, std::uint64_t round, ReportKind kind,
                                  double data, double compute, double evaluation,
                                  double round_seconds) {
  protocol::ReportAccepted accepted = report(from, round, kind);
  accepted.report.data_seconds = data;
  accepted.report.compute_seconds = compute;
  accepted.report.evaluation_seconds = evaluation;
  accepted.report.round_seconds = round_seconds;
  return accepted;
}

TEST(TraceTimelineTest, a_round_ends_with_its_report_and_the_way_is_before_it) {
  Drawing drawing;
  drawing.begin(1);
  drawing.record(round_of(1, 1, ReportKind::Push, 1.0, 4.0, 2.0, 8.0), 10.0);
  EXPECT_THAT(drawing.spans(), ElementsAre(Span{1, "wire", 0, 2 * kSecond},
                                           Span{1, "round", 2 * kSecond, 10 * kSecond},
                                           Span{1, "data", 2 * kSecond, 3 * kSecond},
                                           Span{1, "compute", 3 * kSecond, 7 * kSecond},
                                           Span{1, "evaluation", 7 * kSecond, 9 * kSecond}));
}

TEST(TraceTimelineTest, between_push_and_release_a_worker_waits) {
  Drawing drawing;
  drawing.begin(1);
  drawing.record(round_of(1, 1, ReportKind::Push, 0.0, 2.0, 0.0, 2.0), 2.0);
  drawing.record(protocol::Released{rank(1), Version{1}, seconds(3.0), true}, 5.0);
  drawing.record(round_of(1, 2, ReportKind::Push, 0.0, 2.0, 0.0, 2.0), 8.0);
  EXPECT_THAT(drawing.spans(),
              ElementsAre(Span{1, "round", 0, 2 * kSecond}, Span{1, "compute", 0, 2 * kSecond},
                          Span{1, "waiting", 2 * kSecond, 5 * kSecond},
                          Span{1, "wire", 5 * kSecond, 6 * kSecond},
                          Span{1, "round", 6 * kSecond, 8 * kSecond},
                          Span{1, "compute", 6 * kSecond, 8 * kSecond}));
}

TEST(TraceTimelineTest, after_a_suppressed_round_nobody_waits) {
  Drawing drawing;
  drawing.begin(2);
  drawing.record(round_of(2, 1, ReportKind::Suppressed, 0.0, 1.0, 0.0, 1.0), 1.0);
  drawing.record(round_of(2, 2, ReportKind::Suppressed, 0.0, 1.0, 0.0, 1.0), 2.0);
  for (const Span& span : drawing.spans()) {
    EXPECT_THAT(span.name, testing::AnyOf("round", "compute")) << span;
  }
}

TEST(TraceTimelineTest, a_round_trained_while_a_push_was_under_way_follows_the_push) {
  Drawing drawing;
  drawing.begin(1);
  drawing.record(round_of(1, 1, ReportKind::Push, 0.0, 2.0, 0.0, 2.0), 2.0);
  drawing.record(protocol::Released{rank(1), Version{1}, seconds(4.0), true}, 6.0);
  // Trained from 2 to 5, held until the answer came, and reported at once.
  drawing.record(round_of(1, 2, ReportKind::Push, 0.0, 3.0, 0.0, 0.0), 7.0);
  EXPECT_THAT(drawing.spans(),
              ElementsAre(Span{1, "round", 0, 2 * kSecond}, Span{1, "compute", 0, 2 * kSecond},
                          Span{1, "round", 2 * kSecond, 5 * kSecond},
                          Span{1, "compute", 2 * kSecond, 5 * kSecond},
                          Span{1, "waiting", 5 * kSecond, 6 * kSecond},
                          Span{1, "wire", 6 * kSecond, 7 * kSecond}));
}

TEST(TraceTimelineTest, an_arrow_goes_from_push_over_merge_to_release) {
  Drawing drawing;
  drawing.begin(1);
  drawing.record(round_of(1, 1, ReportKind::Push, 0.0, 2.0, 0.0, 2.0), 2.0);
  EXPECT_THAT(drawing.arrows(), IsEmpty());  // it may yet be rejected
  drawing.server("merge", 3.0, 3.5);
  drawing.record(merged(1, 1, 0), 3.5);
  drawing.record(protocol::Released{rank(1), Version{1}, seconds(2.0), true}, 4.0);
  drawing.finish(5.0);
  EXPECT_THAT(drawing.arrows(),
              ElementsAre(std::tuple("s", 1, 2 * kSecond - 1), std::tuple("t", 0, 3 * kSecond),
                          std::tuple("f", 1, 4 * kSecond)));
  EXPECT_EQ(drawing.spans().back(), (Span{1, "unfinished round", 4 * kSecond, 5 * kSecond}));
}

TEST(TraceTimelineTest, without_a_release_an_arrow_ends_at_the_merge) {
  Drawing drawing;
  drawing.begin(1);
  drawing.record(round_of(1, 1, ReportKind::Push, 0.0, 2.0, 0.0, 2.0), 2.0);
  drawing.server("merge", 2.0, 2.5);
  drawing.record(merged(1, 1, 0), 2.5);
  drawing.record(protocol::WorkerLeft{rank(1), {}}, 4.0);
  EXPECT_THAT(drawing.arrows(),
              ElementsAre(std::tuple("s", 1, 2 * kSecond - 1), std::tuple("f", 0, 2 * kSecond)));
  EXPECT_EQ(drawing.spans().back(), (Span{1, "waiting", 2 * kSecond, 4 * kSecond}));
}

TEST(TraceTimelineTest, a_rejected_push_has_no_arrow) {
  Drawing drawing;
  drawing.begin(1);
  drawing.record(round_of(1, 1, ReportKind::Push, 0.0, 2.0, 0.0, 2.0), 2.0);
  drawing.record(protocol::ReportRejected{rank(1), protocol::RejectReason::Stale, true}, 2.5);
  drawing.server("merge", 2.5, 2.75);
  drawing.record(merged(1, 1, 0), 2.75);
  drawing.record(protocol::Released{rank(1)}, 3.0);
  drawing.finish(4.0);
  EXPECT_THAT(drawing.arrows(), IsEmpty());
}

TEST(TraceTimelineTest, a_push_that_answers_a_collect_is_no_other_round) {
  Drawing drawing;
  drawing.begin(1);
  drawing.record(round_of(1, 1, ReportKind::Vote, 0.0, 2.0, 0.0, 2.0), 2.0);
  drawing.record(round_of(1, 1, ReportKind::Push, 0.0, 2.0, 0.0, 2.0), 3.0);
  EXPECT_THAT(drawing.spans(),
              ElementsAre(Span{1, "round", 0, 2 * kSecond}, Span{1, "compute", 0, 2 * kSecond},
                          Span{1, "waiting", 2 * kSecond, 3 * kSecond}));
}

TEST(TraceTimelineTest, nor_is_one_that_answers_after_the_run_went_on) {
  Drawing before;
  before.begin(1);
  before.record(round_of(1, 1, ReportKind::Vote, 0.0, 2.0, 0.0, 2.0), 2.0);
  Drawing drawing;
  drawing.go_on_from(before);
  drawing.record(protocol::WorkerJoined{rank(1)}, 2.5);
  drawing.record(round_of(1, 1, ReportKind::Push, 0.0, 2.0, 0.0, 2.0), 3.0);
  for (const Span& span : drawing.spans()) {
    EXPECT_NE(span.name, "round");
  }
}

TEST(TraceTimelineTest, times_that_no_worker_can_have_spent_are_cut) {
  constexpr double kHuge = std::numeric_limits<double>::max();
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  for (const double value : {kHuge, kNaN, -1.0, std::numeric_limits<double>::infinity()}) {
    Drawing drawing;
    drawing.begin(1);
    drawing.record(round_of(1, 1, ReportKind::Push, value, value, value, value), 2.0);
    drawing.record(round_of(1, 2, ReportKind::Push, value, 1.0, 1.0, 1.0), 3.0);
    drawing.finish(4.0);
    for (const Span& span : drawing.spans()) {
      EXPECT_LE(span.end, 4 * kSecond) << span;
    }
  }
}

TEST(TraceTimelineTest, numbers_that_are_not_finite_are_null) {
  Drawing drawing;
  drawing.begin(1);
  protocol::ReportAccepted pull = report(1, 1, ReportKind::Pull);
  pull.report.train_loss = std::numeric_limits<double>::quiet_NaN();
  drawing.record(pull, 1.0);
  drawing.record(evaluation(1, std::numeric_limits<double>::infinity(), 0.5), 2.0);
  const nlohmann::json events = drawing.events();
  const auto with_loss = std::count_if(events.begin(), events.end(), [](const auto& event) {
    return event.contains("args") &&
           (event["args"].value("train_loss", nlohmann::json(1)).is_null() ||
            event["args"].value("loss", nlohmann::json(1)).is_null());
  });
  EXPECT_EQ(with_loss, 2);
}

TEST(TraceTimelineTest, tracks_are_named_once_each) {
  std::string text;
  TraceTimeline(2).begin(text);
  const auto events = nlohmann::json::parse("[" + text.substr(0, text.rfind(',')) + "]");
  std::vector<std::string> names;
  for (const auto& event : events) {
    if (event.at("name") == "thread_name") {
      names.push_back(event.at("args").at("name"));
    }
  }
  EXPECT_THAT(names, ElementsAre("rank 0: server", "rank 1: worker", "rank 2: worker"));
}

/// Whatever the server notes in whatever order, the trace is sound.
TEST(TraceTimelineTest, any_order_of_records_makes_a_sound_trace) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned end) { return static_cast<unsigned>(random() % end); };
    const auto some = [&] { return 0.25 * below(20); };
    Drawing drawing;
    double now = 0.0;
    std::uint64_t version = 0;
    for (int i = 0; i < 200; ++i) {
      const auto worker = static_cast<std::int32_t>(1 + below(2));
      now += 0.5 * below(3);
      switch (below(10)) {
        case 0:
          drawing.record(protocol::WorkerJoined{rank(worker)}, now);
          break;
        case 1:
          drawing.record(protocol::WorkerLost{rank(worker), seconds(1.0)}, now);
          break;
        case 2:
          drawing.record(protocol::WorkerLeft{rank(worker), {}}, now);
          break;
        case 3:
          drawing.record(protocol::ReportRejected{rank(worker)}, now);
          break;
        case 4:
        case 5:
          drawing.server("merge", now, now + 0.25);
          now += 0.25;
          drawing.record(merged(++version, worker, 0), now);
          break;
        case 6:
        case 7:
          drawing.record(protocol::Released{rank(worker), Version{version}}, now);
          break;
        default:
          drawing.record(round_of(worker, 1 + below(9), static_cast<ReportKind>(below(4)), some(),
                                  some(), some(), some()),
                         now);
      }
    }
    drawing.finish(now + 1.0);
    expect_nested(spans_of(drawing.events()));
  }
}

}  // namespace
}  // namespace hermes::telemetry
