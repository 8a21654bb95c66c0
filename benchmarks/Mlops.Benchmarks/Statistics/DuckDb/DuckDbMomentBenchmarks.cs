using BenchmarkDotNet.Attributes;
using Mlops.Statistics;

namespace Mlops.Benchmarks.Statistics.DuckDb;

/// <summary>Count, extremes, mean and three central moments of a million floats; ns per value.</summary>
[MemoryDiagnoser]
public class DuckDbMomentBenchmarks : IDisposable
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

    [Benchmark(Baseline = true, OperationsPerInvoke = Samples.N, Description = "DuckDB min, max, avg, var, skewness, kurtosis")]
    public double DuckDb() => _table.Query("SELECT min(x) + max(x) + avg(x) + var_samp(x) + skewness(x) + kurtosis(x) FROM samples");

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Moments")]
    public double? Own() => Moments.Of(_table.Values).Variance;
}
