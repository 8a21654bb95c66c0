using CsCheck;

namespace Mlops.Tracking.Tests.Metrics;

public sealed class ValueOrderTests
{
    [Test]
    public void Orders_compare_as_the_doubles_do() => Gen.Select(Gen.Double, Gen.Double).Sample((a, b) =>
        double.IsNaN(a) || double.IsNaN(b) || ValueOrder.Of(a).CompareTo(ValueOrder.Of(b)) == (a < b ? -1 : a > b ? 1 : 0));

    [Test]
    public void Special_values_have_their_place()
    {
        double[] ascending = [double.NegativeInfinity, -1, -double.Epsilon, 0, double.Epsilon, 1, double.MaxValue, double.PositiveInfinity, double.NaN];

        Assert.That(ascending.Select(ValueOrder.Of), Is.Ordered.Ascending);
        Assert.That(ValueOrder.Of(-0.0), Is.EqualTo(ValueOrder.Of(0.0)));
        Assert.That(ValueOrder.Of(BitConverter.Int64BitsToDouble(0x7FF0_0000_0000_0001)), Is.EqualTo(ValueOrder.Of(double.NaN)));
    }

    [Test]
    public void A_number_comes_back_from_its_order() => Gen.Double.Sample(value => double.IsNaN(value) || ValueOrder.ToDouble(ValueOrder.Of(value)) == value);
}
