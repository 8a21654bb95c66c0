using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class SampleDistanceTests
{
    private static readonly Gen<double[]> Samples = Gen.Double[-50, 50].Array[1, 50];

    [Test]
    public void Equal_sizes_reduce_Wasserstein_to_the_mean_gap_of_sorted_pairs() =>
        Gen.Int[1, 60].SelectMany(n => Gen.Select(Gen.Double[-5, 5].Array[n], Gen.Double[-5, 5].Array[n])).Sample((x, y) =>
        {
            double expected = x.Order().Zip(y.Order(), (a, b) => Math.Abs(a - b)).Average();
            Assert.That(Wasserstein.Distance(x, y)!.Value, Is.EqualTo(expected).Within(1e-12));
        });

    [Test]
    public void Energy_distance_is_the_pairwise_definition() =>
        Gen.Select(Samples, Samples).Sample((x, y) =>
        {
            double squared = (2 * Mean(x, y)) - Mean(x, x) - Mean(y, y);
            Assert.That(Math.Pow(EnergyDistance.Distance(x, y)!.Value, 2), Is.EqualTo(squared).Within(1e-10));
        });

    [Test]
    public void Distances_are_symmetric_and_move_with_a_shift() =>
        Gen.Select(Samples, Samples, Gen.Double[-10, 10]).Sample((x, y, shift) =>
        {
            Assert.That(Wasserstein.Distance(y, x)!.Value, Is.EqualTo(Wasserstein.Distance(x, y)!.Value).Within(1e-11));
            Assert.That(Wasserstein.Distance(x, Array.ConvertAll(x, v => v + shift))!.Value, Is.EqualTo(Math.Abs(shift)).Within(1e-11));
            Assert.That(EnergyDistance.Distance(x, x), Is.Zero);
        });

    [Test]
    public void Samples_without_finite_values_have_no_distance()
    {
        Assert.That(Wasserstein.Distance([double.NaN, double.PositiveInfinity], [1.0]), Is.Null);
        Assert.That(EnergyDistance.Distance([], [1.0]), Is.Null);
        Assert.That(Wasserstein.NormedDistance([3.0, 3.0], [4.0], minimumDeviation: 0), Is.Null);
        Assert.That(Wasserstein.NormedDistance([3.0, 3.0], [4.0]), Is.EqualTo(1000).Within(1e-9));
        Assert.That(Wasserstein.Distance([1.0, double.NaN, double.NegativeInfinity], [2.0]), Is.EqualTo(1));
    }

    [Test]
    public void Divergence_with_the_zero_convention_is_finite_and_the_raw_one_is_not()
    {
        Assert.That(KullbackLeibler.Divergence([5, 5], [10, 0]), Is.InRange(0.1, 5));
        Assert.That(KullbackLeibler.RawDivergence([5, 5], [10, 0]), Is.EqualTo(double.PositiveInfinity));
        Assert.That(KullbackLeibler.RawDivergence([10, 0], [5, 5]), Is.EqualTo(Math.Log(2)).Within(1e-15));
    }

    private static double Mean(double[] x, double[] y) => x.Average(a => y.Average(b => Math.Abs(a - b)));
}
