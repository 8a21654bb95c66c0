namespace Mlops.Statistics.Tests;

/// <summary>Degenerate input of the figures whose values the golden file holds.</summary>
[TestFixture]
internal sealed class CompatibilityTests
{
    [Test]
    public void Samples_without_a_finite_value_have_no_figure()
    {
        Assert.That(Evidently.PopulationStabilityIndex([double.NaN], (double[])[1.0]), Is.Null);
        Assert.That(Evidently.JensenShannonDistance([1.0], [double.PositiveInfinity]), Is.Null);
        Assert.That(Evidently.KullbackLeiblerDivergence([], [1.0]), Is.Null);
        Assert.That(NannyMl.JensenShannonDistance([], [1.0]), Is.Null);
        Assert.That(NannyMl.HellingerDistance([1.0], []), Is.Null);
    }

    [Test]
    public void A_constant_column_is_one_bin()
    {
        Assert.That(Evidently.PopulationStabilityIndex([2.0, 2.0], (double[])[2.0]), Is.Zero);
        Assert.That(NannyMl.HellingerDistance([2.0, 2.0], [9.0]), Is.EqualTo(1), "all of it is outside the reference's range");
    }

    [Test]
    public void Counts_must_fit()
    {
        Assert.That(() => Evidently.PopulationStabilityIndex([1L], [1L, 2L]), Throws.ArgumentException);
        Assert.That(() => Evidently.ChiSquare([1L, -1L], [1L, 2L]), Throws.ArgumentException);
        Assert.That(Evidently.ChiSquare([0L, 0L], [1L, 2L]).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(Evidently.ChiSquare([3L], [2L]).Reason, Is.EqualTo(NotComputableReason.SingleCategory));
        Assert.That(Evidently.PopulationStabilityIndex([0L, 0L], [1L, 2L]), Is.Null);
    }
}
