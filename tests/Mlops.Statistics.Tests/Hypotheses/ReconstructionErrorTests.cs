namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class ReconstructionErrorTests
{
    [Test]
    public void False_alarms_are_nominal_although_the_components_are_those_of_a_small_reference([Values("normal", "pareto", "discrete5")] string law)
    {
        const int Runs = 500, Rows = 60, Columns = 8;
        int alarms = Enumerable.Range(0, Runs).Count(run => ReconstructionError.Test(
            TestData.Draw((ulong)run * 2, Rows * Columns, law), TestData.Draw(((ulong)run * 2) + 1, 45 * Columns, law), Columns).IsSignificant(0.05));

        // The exact law is discrete, so a little conservative.
        Assert.That(alarms, Is.InRange(TestData.LowerLimit(Runs, 0.03), TestData.UpperLimit(Runs, 0.05)));
    }

    [Test]
    public void A_relation_that_no_longer_holds_is_seen_though_no_column_shows_it()
    {
        double[] related = Related(1, 400, 0.95);
        Assert.That(ReconstructionError.Test(related, Related(2, 300, 0.95), 4).PValue, Is.GreaterThan(0.05));
        TwoSampleResult broken = ReconstructionError.Test(related, Related(3, 300, 0.5), 4);
        Assert.That(broken.PValue, Is.LessThan(1e-6));
        Assert.That(broken.Effect!.Value.Value, Is.EqualTo(broken.Statistic).And.InRange(0.3, 1.0));
        Assert.That((broken.ReferenceCount, broken.CurrentCount), Is.EqualTo((400, 300)));
        Assert.That(ReconstructionError.Test(TestData.ToSingle(related), TestData.ToSingle(Related(3, 300, 0.5)), 4).PValue, Is.LessThan(1e-6));
    }

    [Test]
    public void Degenerate_samples_have_typed_results_and_mistakes_throw()
    {
        double[] some = TestData.Normal(1, 20);
        Assert.That(ReconstructionError.Test(some, [], 2).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(ReconstructionError.Test([1, 2, 3, 4, 5, 6, double.NaN, 1], some, 2).Reason, Is.EqualTo(NotComputableReason.TooFewValues));
        Assert.That(ReconstructionError.Test(new double[20], some, 2).Reason, Is.EqualTo(NotComputableReason.ConstantSample));
        Assert.That(() => ReconstructionError.Test([1, 2, 3], some, 2), Throws.ArgumentException);
        Assert.That(() => new ReconstructionErrorOptions { VarianceShare = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(ReconstructionError.Test(TestData.Normal(2, 30 * 1_200), TestData.Normal(3, 20 * 1_200), 1_200).PValue, Is.GreaterThan(0.01), "more columns than rows");
    }

    /// <summary>Four standard normal columns of one correlation.</summary>
    private static double[] Related(ulong seed, int rows, double correlation)
    {
        double[] values = TestData.Normal(seed, rows * 4), shared = TestData.Normal(seed + 1_000, rows);
        for (int i = 0; i < values.Length; i++)
            values[i] = (Math.Sqrt(correlation) * shared[i / 4]) + (Math.Sqrt(1 - correlation) * values[i]);
        return values;
    }
}
