using BenchmarkDotNet.Attributes;
using Mlops.Statistics;

namespace Mlops.Benchmarks.Statistics.DuckDb;

/// <summary>Quantiles of a million floats; ns per value.</summary>
[MemoryDiagnoser]
public class DuckDbQuantileBenchmarks : IDisposable
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

    [Benchmark(Baseline = true, OperationsPerInvoke = Samples.N, Description = "DuckDB approx_quantile (t-digest)")]
    public double DuckDb() => _table.Query("SELECT approx_quantile(x, 0.99) FROM samples");

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "QuantileSketch")]
    public double? Own()
    {
        QuantileSketch sketch = new();
        sketch.Add(_table.Values);
        return sketch.Quantile(0.99);
    }
}
