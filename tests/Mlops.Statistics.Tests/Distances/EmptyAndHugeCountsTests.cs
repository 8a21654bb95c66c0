namespace Mlops.Statistics.Tests;

internal sealed class EmptyAndHugeCountsTests
{
    private static readonly Dictionary<string, Func<long[], long[], double?>> Distances = new()
    {
        ["PSI"] = static (r, c) => PopulationStabilityIndex.Compute(r, c),
        ["KL"] = static (r, c) => KullbackLeibler.Divergence(r, c),
        ["raw KL"] = static (r, c) => KullbackLeibler.RawDivergence(r, c),
        ["JS"] = static (r, c) => JensenShannon.Distance(r, c),
        ["JS, base 2"] = static (r, c) => JensenShannon.DistanceBase2(r, c),
        ["Hellinger"] = static (r, c) => Hellinger.Distance(r, c),
        ["total variation"] = static (r, c) => ShareDistance.TotalVariation(r, c),
        ["L-infinity"] = static (r, c) => ShareDistance.LInfinity(r, c),
        ["V"] = static (r, c) => CramersV.Compute(r, c),
        ["corrected V"] = static (r, c) => CramersV.ComputeCorrected(r, c),
        ["Evidently's PSI"] = static (r, c) => Evidently.PopulationStabilityIndex(r, c),
    };

    [Test]
    public void An_empty_sample_has_no_distance([ValueSource(nameof(Names))] string name)
    {
        Assert.That(Distances[name]([50, 50, 50], [0, 0, 0]), Is.Null);
        Assert.That(Distances[name]([0, 0, 0], [50, 50, 50]), Is.Null);
        Assert.That(Distances[name]([], []), Is.Null);
        Assert.That(Distances[name]([50, 50, 50], [50, 50, 50]), Is.Zero.Within(1e-7));
    }

    [Test]
    public void Counts_whose_sum_overflows_are_refused([ValueSource(nameof(Names))] string name) =>
        Assert.That(() => Distances[name]([long.MaxValue, 5], [3, 3]), Throws.ArgumentException.With.Message.Contains("2^63"));

    [Test]
    public void A_range_beyond_a_double_has_no_bins()
    {
        double[] wide = [-1.7e308, 0, 1.7e308], narrow = [1, 2, 3];
        Assert.That(Evidently.PopulationStabilityIndex(wide, narrow), Is.Null);
        Assert.That(Evidently.JensenShannonDistance(narrow, wide), Is.Null);
        Assert.That(NannyMl.HellingerDistance(wide, narrow), Is.Null);
    }

    private static string[] Names() => [.. Distances.Keys];
}
