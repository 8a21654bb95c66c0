using BenchmarkDotNet.Attributes;
using Mlops.Statistics;

namespace Mlops.Benchmarks.Statistics.DuckDb;

/// <summary>About how many distinct floats are in a million; ns per value.</summary>
[MemoryDiagnoser]
public class DuckDbDistinctBenchmarks : IDisposable
{
    private DuckDbTable _table = null!;

    [GlobalSetup]
    public void Setup() => _table = new DuckDbTable();

    [GlobalCleanup]
    public void Dispose()
    {
        _table.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Samples.N, Description = "DuckDB approx_count_distinct")]
    public double DuckDb() => _table.Query("SELECT approx_count_distinct(x) FROM samples");

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "HyperLogLog, precision 14")]
    public double Own()
    {
        HyperLogLog distinct = new(14);
        distinct.Add(_table.Values);
        return distinct.Estimate();
    }
}
