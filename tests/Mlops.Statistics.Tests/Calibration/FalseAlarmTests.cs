using System.Globalization;

namespace Mlops.Statistics.Tests;

/// <summary>
/// Detectors that promise no run length: the share of streams without a change that see an alarm, the table of
/// docs/statistics/change-detectors.md. All with their defaults.
/// </summary>
internal sealed class FalseAlarmTests
{
    private const int Short = 1_000;
    private const int Long = 10_000;

    // Detector, law, share with an alarm within 1 000 and within 10 000 values, measured on 2 000 streams.
    private static readonly (string Name, string Law, double Within1000, double Within10000)[] Measured =
    [
        ("Adwin", "errors 0.1", 0, 0.001),
        ("Adwin", "errors 0.3", 0, 0.0015),
        ("Adwin", "normal", 0, 0.0065),
        ("HddmA", "errors 0.1", 0.0065, 0.024),
        ("HddmA", "errors 0.3", 0.0405, 0.179),
        ("HddmW", "errors 0.1", 0.0005, 0.001),
        ("HddmW", "errors 0.3", 0.2135, 0.994),
        ("Ddm", "errors 0.1", 0.404, 0.44),
        ("Ddm", "errors 0.3", 0.148, 0.212),
        ("Eddm", "errors 0.1", 0.928, 0.9765),
        ("Eddm", "errors 0.3", 0.929, 0.959),
        ("Rddm", "errors 0.1", 0.543, 0.7735),
        ("Rddm", "errors 0.3", 0.404, 0.6935),
        ("Kswin", "normal", 0.7335, 1),
        ("PageHinkley", "errors 0.1", 0, 0.0255),
        ("PageHinkley", "normal", 0.315, 1),
    ];

    [Test]
    public void The_share_of_alarms_within_a_thousand_values_is_the_documented()
    {
        Assert.Multiple(static () =>
        {
            foreach ((string name, string law, double share, _) in Measured)
                Check(name, law, Short, share, streams: name == "Kswin" ? 100 : 300, seed: 71);
        });
    }

    [Test, Explicit("Draws hundreds of millions of values"), Category("Long")]
    public void The_shares_of_alarms_within_ten_thousand_values_are_the_documented()
    {
        ulong seed = (ulong)Random.Shared.NextInt64();
        TestContext.Out.WriteLine($"seed {seed}");
        Assert.Multiple(() =>
        {
            foreach ((string name, string law, double within1000, double within10000) in Measured)
            {
                Check(name, law, Short, within1000, 2_000, seed);
                Check(name, law, Long, within10000, 2_000, seed + 1);
            }
        });
    }

    private static void Check(string name, string law, int values, double documented, int streams, ulong seed)
    {
        int alarmed = 0;
        Parallel.For(0, streams, stream =>
        {
            IChangeDetector detector = Create(name);
            SplitMix64 random = new(seed + ((ulong)stream * 7_919));
            for (int i = 0; i < values; i++)
            {
                if (detector.Update(Draw(ref random, law)) != ChangeSignal.Change)
                    continue;
                Interlocked.Increment(ref alarmed);
                return;
            }
        });

        double share = (double)alarmed / streams;
        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}, {law}, {values}: {share:0.0000}"));

        // Both shares are measured: four standard errors of their difference, and one stream.
        double spread = 4 * Math.Sqrt(double.Max(documented, 0.001) * (1 - double.Min(documented, 0.999)) * ((1.0 / streams) + (1.0 / 2_000)));
        Assert.That(share, Is.EqualTo(documented).Within(spread + (1.0 / streams)), $"{name} on {law} within {values} values");
    }

    private static IChangeDetector Create(string name) => name switch
    {
        "Adwin" => new Adwin(),
        "Ddm" => new Ddm(),
        "Eddm" => new Eddm(),
        "Rddm" => new Rddm(),
        "HddmA" => new HddmA(),
        "HddmW" => new HddmW(),
        "Kswin" => new Kswin(),
        "PageHinkley" => new PageHinkley(),
        _ => throw new NotSupportedException(name),
    };

    private static double Draw(ref SplitMix64 random, string law) => law switch
    {
        "normal" => random.NextNormal(),
        "errors 0.1" => random.NextDouble() < 0.1 ? 1 : 0,
        "errors 0.3" => random.NextDouble() < 0.3 ? 1 : 0,
        _ => throw new NotSupportedException(law),
    };
}
