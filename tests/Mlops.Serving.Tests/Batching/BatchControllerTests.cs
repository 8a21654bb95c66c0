namespace Mlops.Serving.Tests;

public sealed class BatchControllerTests
{
    private const long Second = 1_000_000_000;   // ticks are nanoseconds here
    private const int Overhead = 150;            // of the runner, per call

    [Test]
    public void Calls_that_overlap_and_gain_run_together()
    {
        var controller = new BatchController(64, Second);
        Feed(controller, calls: 2_000, overlapping: 2_000, Mlp);
        Assert.That(controller.Mode, Is.EqualTo(BatchingMode.Probing));

        Together(controller, calls: 64, perBatch: 16, Mlp);

        Assert.That(controller.Mode, Is.EqualTo(BatchingMode.Together));
        Assert.That(controller.Gain, Is.GreaterThan(3));
    }

    [Test]
    public void Calls_that_never_overlap_are_never_asked_to_queue()
    {
        var controller = new BatchController(64, Second);

        Feed(controller, calls: 1_000_000, overlapping: 0, Mlp);

        Assert.That(controller.Mode, Is.EqualTo(BatchingMode.Alone));
    }

    [Test]
    public void A_gain_below_a_twentieth_is_none_and_is_looked_for_ever_less_often()
    {
        var controller = new BatchController(64, Second);
        List<int> pauses = [];
        for (int probe = 0; probe < 7; probe++)
        {
            int calls = 0;
            for (; controller.Mode == BatchingMode.Alone; calls += 100)
                Feed(controller, calls: 100, overlapping: 100, Gbdt);
            pauses.Add(calls);
            Together(controller, calls: 64, perBatch: 2, Gbdt);
            Assert.That(controller.Mode, Is.EqualTo(BatchingMode.Alone));
        }

        Assert.That(pauses, Is.EqualTo(new[] { 2_000, 4_000, 8_000, 16_000, 32_000, 32_000, 32_000 }));
    }

    [Test]
    public void It_goes_back_when_fewer_calls_come_together()
    {
        var controller = new BatchController(64, Second);
        Feed(controller, calls: 2_000, overlapping: 2_000, Mlp);
        Together(controller, calls: 64, perBatch: 16, Mlp);
        Together(controller, calls: 64 * 16, perBatch: 16, Mlp);
        Assert.That(controller.Mode, Is.EqualTo(BatchingMode.Together));

        Together(controller, calls: 64, perBatch: 1, Mlp);

        Assert.That(controller.Mode, Is.EqualTo(BatchingMode.Alone));
        Assert.That(controller.Limit, Is.EqualTo(1));
    }

    [Test]
    public void A_forbidden_one_never_begins_again()
    {
        var controller = new BatchController(64, Second);
        Feed(controller, calls: 2_000, overlapping: 2_000, Mlp);
        controller.Forbid();

        Together(controller, calls: 640, perBatch: 16, Mlp);
        Feed(controller, calls: 100_000, overlapping: 100_000, Mlp);

        Assert.That(controller.Mode, Is.EqualTo(BatchingMode.Alone));
    }

    [Test]
    public void A_run_that_was_interrupted_does_not_decide()
    {
        var controller = new BatchController(64, Second);
        Feed(controller, calls: 1_984, overlapping: 1_984, Mlp);
        controller.TryReportAlone(16, 16, rows: 1, ticks: 10_000_000);

        Together(controller, calls: 64, perBatch: 2, static rows => rows == 2 ? 7_900 : 4_000);   // next to nothing to gain

        Assert.That(controller.Mode, Is.EqualTo(BatchingMode.Alone));
    }

    [TestCase(4_000, 10, ExpectedResult = 64, TestName = "A_row_that_costs_nothing_beside_its_run_is_worth_any_batch")]
    [TestCase(4_000, 1_000, ExpectedResult = 64, TestName = "By_the_line_rows_are_worth_merging_up_to_nine_times_the_fixed_cost")]
    [TestCase(1_000, 1_000, ExpectedResult = 16, TestName = "Little_fixed_cost_makes_small_batches")]
    [TestCase(0, 1_000, ExpectedResult = 1, TestName = "No_fixed_cost_makes_none")]
    public int A_batch_grows_as_long_as_its_rows_get_cheaper(int fixedTicks, int rowTicks)
    {
        var curve = new CostCurve();
        for (int i = 0; i < 20; i++)
            foreach (int rows in (int[])[1, 2, 4, 8, 16, 32, 64])
                curve.Add(rows, fixedTicks + rows * rowTicks);

        return curve.FindWorthwhileRows(64, perRun: 0, perRow: 0);
    }

    [Test]
    public void Costs_are_interpolated_and_an_unseen_batch_promises_nothing()
    {
        var curve = new CostCurve();
        Assert.That(curve.Predict(1), Is.Zero);
        curve.Add(1, 4_000);
        Assert.That(curve.Predict(8), Is.EqualTo(32_000).Within(1e-6), "proportional, as long as one size alone is known");

        curve.Add(9, 12_000);

        Assert.That(curve.Predict(5), Is.EqualTo(8_000).Within(1e-6));
        Assert.That(curve.Predict(17), Is.EqualTo(20_000).Within(1e-6), "along the line");
        Assert.That(curve.Predict(1), Is.EqualTo(4_000).Within(1e-6));
    }

    [Test]
    public void Runs_are_proven_short_by_one_long_in_a_thousand_and_slow_from_one_in_a_hundred_on()
    {
        var times = new RunTimes(Second);
        Assert.That((times.LongRun, times.IsSlow, times.IsProvenFast), Is.EqualTo((1_000_000L, false, false)));

        times.Add(1, 1);
        Assert.That(times.IsSlow, Is.False, "the first run may have reasons of its own");
        times.Add(999, 0);
        Assert.That((times.IsSlow, times.IsProvenFast), Is.EqualTo((false, true)));
        times.Add(1, 1);
        Assert.That((times.IsSlow, times.IsProvenFast), Is.EqualTo((false, false)));
        times.Add(9, 9);
        Assert.That((times.IsSlow, times.IsProvenFast), Is.EqualTo((true, false)));
        times.Add(11_000, 0);
        Assert.That((times.IsSlow, times.IsProvenFast), Is.EqualTo((false, true)));
    }

    private static long Mlp(int rows) => 3_500 + 330 * rows;

    private static long Gbdt(int rows) => 1_400 + 900 * rows;

    private static void Feed(BatchController controller, int calls, int overlapping, Func<int, long> cost)
    {
        for (int i = 0; i < calls; i += 4)
            controller.TryReportAlone(4, overlapping > 0 ? 4 : 0, rows: 1, cost(1));
    }

    private static void Together(BatchController controller, int calls, int perBatch, Func<int, long> cost)
    {
        for (int i = 0; i < calls; i += perBatch)
            controller.ReportBatch(perBatch, perBatch, cost(perBatch), Overhead * perBatch);
    }
}
