using System.Runtime.InteropServices;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class LaneExponentialTests
{
    [Test]
    public void It_is_the_exponential_within_two_units_and_the_same_bits_at_every_width()
    {
        SplitMix64 random = new(9);
        double worst = 0;
        for (int round = 0; round < 2_000; round++)
        {
            double[] x = [.. Enumerable.Range(0, LaneTree.Count).Select(i => -Math.Pow(10, (random.NextDouble() * 19.5) - 17))];
            x = Array.ConvertAll(x, static v => double.Max(v, -707.9));
            double[] wide = Of<Lanes512>(x);
            Assert.That((Of<Lanes256>(x), Of<Lanes128>(x)), Is.EqualTo((wide, wide)));
            for (int i = 0; i < x.Length; i++)
                worst = double.Max(worst, Math.Abs(wide[i] - Math.Exp(x[i])) / Math.BitIncrement(Math.Exp(x[i])) / 1.1102230246251565e-16);
        }

        // The library's own is up to one unit off.
        Assert.That(worst, Is.LessThanOrEqualTo(4), "in halves of the last place of 1");
    }

    [Test]
    public void Far_below_it_is_as_good_as_zero()
    {
        double[] x = [0, -0.0, -707, -708, -709, -746, -1e9, -1e300, double.NegativeInfinity, -double.MaxValue, -1, -1e-300, -0.5, -2, -3, -4];
        double[] actual = Of<Lanes512>(x);
        Assert.That(actual[..2], Is.EqualTo((double[])[1, 1]));
        Assert.That(actual[4..10], Is.All.InRange(0.0, 1e-307));
        Assert.That(actual[11], Is.EqualTo(1));
    }

    private static double[] Of<TLanes>(double[] x)
        where TLanes : struct, ILanes<TLanes>
    {
        double[] result = new double[LaneTree.Count];
        LaneExponential.OfNegative(TLanes.Load(ref MemoryMarshal.GetArrayDataReference(x))).Store(result);
        return result;
    }
}
