using BenchmarkDotNet.Attributes;
using Mlops.Statistics;

namespace Mlops.Benchmarks.Statistics;

/// <summary>A million updates of a change detector without a change; ns per update.</summary>
[MemoryDiagnoser]
public class DetectorBenchmarks
{
    private double[] _values = [];
    private double[] _errors = [];

    [GlobalSetup]
    public void Setup()
    {
        _values = Samples.Normal(8);
        _errors = Array.ConvertAll(_values, v => v > 1 ? 1.0 : 0.0);
    }

    [Benchmark(OperationsPerInvoke = Samples.N)]
    public int Cusum() => Watch(new Cusum(0, 1, threshold: 50), _values);

    [Benchmark(OperationsPerInvoke = Samples.N)]
    public int PageHinkley() => Watch(new PageHinkley(threshold: 1e9), _values);

    [Benchmark(OperationsPerInvoke = Samples.N)]
    public int Ewma() => Watch(new Ewma(0, 1, threshold: 50), _values);

    [Benchmark(OperationsPerInvoke = Samples.N)]
    public int Ddm() => Watch(new Ddm(), _errors);

    [Benchmark(OperationsPerInvoke = Samples.N)]
    public int Eddm() => Watch(new Eddm(), _errors);

    [Benchmark(OperationsPerInvoke = Samples.N)]
    public int HddmA() => Watch(new HddmA(), _errors);

    [Benchmark(OperationsPerInvoke = Samples.N)]
    public int HddmW() => Watch(new HddmW(), _errors);

    [Benchmark(OperationsPerInvoke = Samples.N)]
    public int Adwin() => Watch(new Adwin(), _values);

    [Benchmark(OperationsPerInvoke = Samples.N)]
    public int Focus() => Watch(new Focus(0, 1, threshold: 50), _values);

    [Benchmark(OperationsPerInvoke = Samples.N)]
    public int Kswin() => Watch(new Kswin(alpha: 1e-9), _values);

    // As a monitor calls it, through the interface.
    private static int Watch(IChangeDetector detector, double[] values)
    {
        int changes = 0;
        foreach (double x in values)
            changes += detector.Update(x) == ChangeSignal.Change ? 1 : 0;
        return changes;
    }
}
