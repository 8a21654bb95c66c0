using BenchmarkDotNet.Attributes;
using Mlops.Statistics;

namespace Mlops.Benchmarks.Statistics;

/// <summary>A million values into a mergeable summary; ns per value.</summary>
[MemoryDiagnoser]
public class SummaryBenchmarks
{
    private readonly QuantileSketch _quantiles = new();
    private readonly KllSketch _ranks = new(200);
    private readonly HyperLogLog _distinct = new(14);
    private readonly HashSet<float> _set = [];
    private readonly SpaceSaving<long> _frequent = new(1_000);
    private float[] _floats = [];
    private double[] _doubles = [];
    private long[] _codes = [];

    [GlobalSetup]
    public void Setup()
    {
        _doubles = Samples.Normal(7);
        _floats = Samples.ToSingle(_doubles);
        _codes = Array.ConvertAll(_doubles, v => (long)Math.Exp(3 * v));
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Samples.N, Description = "HashSet.Add, float: distinct values, exact")]
    public int Set()
    {
        _set.Clear();
        foreach (float x in _floats)
            _set.Add(x);
        return _set.Count;
    }

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "HyperLogLog, precision 14, float")]
    public void DistinctFloats() => _distinct.Add(_floats);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "HyperLogLog, precision 14, double")]
    public void DistinctDoubles() => _distinct.Add(_doubles);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "QuantileSketch, float")]
    public void QuantilesOfFloats() => _quantiles.Add(_floats);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "QuantileSketch, double")]
    public void QuantilesOfDoubles() => _quantiles.Add(_doubles);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "KllSketch, k = 200, float")]
    public void Ranks() => _ranks.Add(_floats);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "SpaceSaving, 1,000 counters, long")]
    public void Frequent()
    {
        foreach (long code in _codes)
            _frequent.Add(code);
    }
}
