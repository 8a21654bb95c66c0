using System.Text.Json;
using CsCheck;

namespace Quickstart.Tests;

public sealed class LongRunVarianceTests
{
    // Mean 1/2, variance 1/4, one lag with weight 1/2 and autocovariance 1/16: (1/4 + 1/16) 4/3.
    [Test]
    public void Neighbours_that_resemble_each_other_add_their_covariance() =>
        Assert.That(LongRunVariance.Of([0, 0, 1, 1]), Is.EqualTo(5.0 / 12).Within(1e-15));

    // The covariance of neighbours is negative here, so that the plain variance stands: 1/4 times 4/3.
    [Test]
    public void Neighbours_that_alternate_take_nothing_away() =>
        Assert.That(LongRunVariance.Of([0, 1, 0, 1]), Is.EqualTo(1.0 / 3).Within(1e-15));

    [Test]
    public void Values_that_never_move_have_none() =>
        Assert.That(LongRunVariance.Of([2.5, 2.5, 2.5]), Is.Zero);

    [Test]
    public void Equals_statsmodels()
    {
        foreach (JsonElement expected in Golden.Root.GetProperty("paired").EnumerateArray())
        {
            double[] gain = [.. expected.GetProperty("champion").Doubles().Zip(expected.GetProperty("candidate").Doubles(), static (a, b) => a - b)];
            Assert.That(LongRunVariance.Of(gain), Is.EqualTo(expected.GetProperty("variance").GetDouble()).Within(1e-10).Percent, $"{gain.Length} values");
        }
    }

    [Test]
    public void Is_never_below_the_variance_and_moves_with_the_square_of_the_unit() =>
        Gen.Double[-5, 5].Array[2, 60].Sample(static values =>
        {
            double mean = values.Average();
            double plain = values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
            double variance = LongRunVariance.Of(values);

            Assert.That(variance, Is.GreaterThanOrEqualTo(plain * (1 - 1e-12)));
            Assert.That(LongRunVariance.Of([.. values.Select(static value => 4 * value)]), Is.EqualTo(16 * variance));
            Assert.That(LongRunVariance.Of([.. values.Reverse()]), Is.EqualTo(variance).Within(1e-10).Percent);
        });

    [Test]
    public void One_value_is_too_few() =>
        Assert.Throws<ArgumentOutOfRangeException>(static () => LongRunVariance.Of([1]));
}
