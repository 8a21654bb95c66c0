using BenchmarkDotNet.Attributes;
using Mlops.Statistics;

namespace Mlops.Benchmarks.Statistics;

/// <summary>A million values into bins; ns per value.</summary>
[MemoryDiagnoser]
public class HistogramBenchmarks
{
    private readonly long[] _counts = new long[32];
    private double[] _doubles = [];
    private float[] _floats = [];
    private float[] _edges = [];
    private Histogram _fixed = new(BinEdges.FixedWidth(-3, 3, 32));
    private Histogram _tenQuantiles = null!;
    private Histogram _thirtyTwoQuantiles = null!;
    private Histogram _hundredQuantiles = null!;
    private Histogram _tenOfDoubles = null!;

    [GlobalSetup]
    public void Setup()
    {
        _doubles = Samples.Normal(2);
        _floats = Samples.ToSingle(_doubles);
        _fixed = new(BinEdges.FixedWidth(-3, 3, 32));
        _tenQuantiles = new(BinEdges.FromQuantiles(_floats, 10));
        _thirtyTwoQuantiles = new(BinEdges.FromQuantiles(_floats, 32));
        _hundredQuantiles = new(BinEdges.FromQuantiles(_floats, 100));
        _tenOfDoubles = new(BinEdges.FromQuantiles(_doubles, 10));
        _edges = [.. Enumerable.Range(0, 31).Select(i => -3 + (i * 6 / 30f))];
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Samples.N, Description = "Array.BinarySearch over 31 edges, float")]
    public long BinarySearch()
    {
        foreach (float x in _floats)
        {
            int at = Array.BinarySearch(_edges, x);
            _counts[at < 0 ? ~at : at]++;
        }

        return _counts[0];
    }

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "MathNet Histogram, 32 bins, double")]
    public double MathNet() => new MathNet.Numerics.Statistics.Histogram(_doubles, 32, -10, 10)[0].Count;

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Histogram, 32 bins of equal width, float")]
    public void FixedWidth() => _fixed.Add(_floats);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Histogram, 10 quantile bins, float")]
    public void TenQuantiles() => _tenQuantiles.Add(_floats);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Histogram, 32 quantile bins, float")]
    public void ThirtyTwoQuantiles() => _thirtyTwoQuantiles.Add(_floats);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Histogram, 100 quantile bins, float")]
    public void HundredQuantiles() => _hundredQuantiles.Add(_floats);

    [Benchmark(OperationsPerInvoke = Samples.N, Description = "Histogram, 10 quantile bins, double")]
    public void TenQuantilesOfDoubles() => _tenOfDoubles.Add(_doubles);
}
