using BenchmarkDotNet.Attributes;
using Mlops.Drift;

namespace Mlops.Benchmarks.Drift;

/// <summary>A million rows of 50 float columns against a prepared reference of a million: moments, bins and exact Kolmogorov-Smirnov for each column.</summary>
[MemoryDiagnoser]
public class BatchBenchmarks
{
    private const int Rows = 1_000_000;
    private const int Columns = 50;
    private ReferenceProfile? _profile;
    private DriftBatch? _batch;

    [GlobalSetup]
    public void Setup()
    {
        DriftSchema schema = DriftSchema.Create(static s =>
        {
            for (int c = 0; c < Columns; c++)
                s.Numeric($"c{c}");
        });
        _profile = ReferenceProfile.Build(Draw(schema, 200), new ProfileOptions { MaximumSampleRows = Rows });
        _batch = Draw(schema, 300);
    }

    [Benchmark(Description = "report, 1 000 000 x 1 000 000 rows x 50 float columns")]
    public DriftReport Report() => DriftReport.Compare(_profile!, _batch!);

    private static DriftBatch Draw(DriftSchema schema, ulong seed)
    {
        DriftBatch batch = new(schema);
        foreach (DriftColumn column in schema.Columns)
            batch.Numeric(column.Name, Statistics.Samples.ToSingle(Statistics.Samples.Normal(seed + (ulong)column.Slot, Rows)));
        return batch;
    }
}
