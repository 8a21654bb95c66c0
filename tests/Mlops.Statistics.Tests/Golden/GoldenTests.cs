using System.Text.Json;

namespace Mlops.Statistics.Tests;

/// <summary>Every expected value of the golden file is one test with its own name.</summary>
[TestFixture]
internal sealed partial class GoldenTests
{
    private static readonly Dictionary<string, (double[] X, double[] Y)> Samples = [];

    private static IEnumerable<TestCaseData> Expectations(string kind) =>
        from item in GoldenFile.Array("cases")
        where item.GetProperty("kind").GetString() == kind
        from expected in item.GetProperty("expected").EnumerateObject()
        select new TestCaseData(item, expected.Name, expected.Value)
            .SetName($"Golden {item.GetProperty("id").GetString()} {expected.Name}");

    private static (double[] X, double[] Y) SamplesOf(JsonElement item)
    {
        string id = item.GetProperty("id").GetString()!;
        lock (Samples)
        {
            if (!Samples.TryGetValue(id, out (double[] X, double[] Y) pair))
                Samples[id] = pair = (GoldenSample.Build(item.GetProperty("x")), GoldenSample.Build(item.GetProperty("y")));
            return pair;
        }
    }

    private static IEnumerable<TestCaseData> Checks() =>
        from item in GoldenFile.Array("cases")
        where item.GetProperty("kind").GetString() == "two_sample" && item.TryGetProperty("check", out _)
        select new TestCaseData(item).SetName($"Golden {item.GetProperty("id").GetString()} check");

    [TestCaseSource(nameof(Checks))]
    public void Golden_samples_are_rebuilt_bit_for_bit(JsonElement item)
    {
        (double[] x, double[] y) = SamplesOf(item);
        Verify(x, item.GetProperty("check").GetProperty("x"));
        Verify(y, item.GetProperty("check").GetProperty("y"));
    }

    private static void Verify(double[] values, JsonElement check)
    {
        double sum = 0;
        foreach (double v in values)
            sum += double.IsFinite(v) ? v : 0;
        Assert.That(values, Has.Length.EqualTo(check.GetProperty("n").GetInt32()));
        Assert.That(values.Count(double.IsNaN), Is.EqualTo(check.GetProperty("n_nan").GetInt32()));
        Assert.That(values.Take(3), Is.EqualTo(GoldenFile.Numbers(check.GetProperty("first3")).Take(int.Min(3, values.Length))));
        Assert.That(values[^1], Is.EqualTo(GoldenFile.Number(check.GetProperty("last"))));
        Assert.That(sum, Is.EqualTo(GoldenFile.Number(check.GetProperty("sum_left_to_right_finite"))));
    }

    private static void Close(double? actual, JsonElement expected, double relative, double absolute = 1e-300)
    {
        double target = GoldenFile.Number(expected);
        if (double.IsNaN(target))
        {
            Assert.That(actual, Is.Null, "the outside value is NaN; here it must be a typed absence");
            return;
        }

        Assert.That(actual, Is.Not.Null);
        double allowed = double.Max(absolute, relative * Math.Abs(target));
        Assert.That(Math.Abs(actual.Value - target), Is.LessThanOrEqualTo(allowed), $"actual {actual:R}, expected {target:R}");
    }

    private static double StatisticTolerance(double[] x, double[] y) => int.Max(x.Length, y.Length) >= 100_000 ? 1e-9 : 1e-12;
}
