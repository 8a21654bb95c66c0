using BenchmarkDotNet.Attributes;
using Mlops.Drift;

namespace Mlops.Benchmarks.Drift;

/// <summary>A default report of 100 000 rows against a reference of 100 000, 10 numeric and 10 categorical columns, and the merge of 1 000 profiles of 20 columns.</summary>
[MemoryDiagnoser]
public class ReportBenchmarks
{
    private const int Rows = 100_000;
    private const int Half = 10;
    private ReferenceProfile? _profile;
    private Row[] _rows = [];
    private ReferenceProfile[] _fleet = [];

    [GlobalSetup]
    public void Setup()
    {
        DriftSchema<Row> schema = DriftSchema.For<Row>(static s =>
        {
            for (int c = 0; c < Half; c++)
            {
                int column = c;
                s.Numeric(row => row.Numbers[column], $"n{c}").Categorical(row => row.Texts[column], $"t{c}");
            }
        });
        _profile = ReferenceProfile.Build(schema, Draw(31, Rows), new ProfileOptions { MaximumSampleRows = Rows });
        _rows = Draw(32, Rows);
        _fleet = [.. Enumerable.Range(0, 1_000).Select(i => ReferenceProfile.Build(
            schema, Draw(100 + i, 50), new ProfileOptions { MergeableWith = _profile, SampleSeed = i, MaximumSampleRows = 1_000 }))];
    }

    [Benchmark(Description = "report, 100 000 x 100 000 rows x 20 columns")]
    public DriftReport Report() => DriftReport.Compare(_profile!, _rows);

    [Benchmark(Description = "merge of 1 000 profiles x 20 columns")]
    public ReferenceProfile Merge() => ReferenceProfile.Merge(_fleet);

    private static Row[] Draw(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => new Row(
            [.. Enumerable.Range(0, Half).Select(_ => random.NextDouble() + random.NextDouble())],
            [.. Enumerable.Range(0, Half).Select(c => Names[random.Next(2 + (4 * c))])]))];
    }

    private static readonly string[] Names = [.. Enumerable.Range(0, 50).Select(static i => $"category {i}")];

    private sealed record Row(double[] Numbers, string[] Texts);
}
