using BenchmarkDotNet.Attributes;
using Mlops.Drift;

namespace Mlops.Benchmarks.Drift;

/// <summary>What watching a row of 20 numbers costs, its share of the blocks that fill included; ns per row.</summary>
[MemoryDiagnoser]
public sealed class ObserveBenchmarks : IDisposable
{
    private const int Rows = 65_536;
    private const int Columns = 20;
    private readonly double[] _values = Statistics.Samples.Normal(21, Rows * Columns);
    private readonly Row[] _rows = new Row[Rows];
    private DriftMonitor? _spans;
    private DriftMonitor<Row>? _selectors;
    private DateTimeOffset _at;

    [GlobalSetup]
    public void Setup()
    {
        _at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (int i = 0; i < Rows; i++)
            _rows[i] = new Row(_values, i * Columns, _at);
        _spans = new DriftMonitor("spans", DriftSchema.Create(static s =>
        {
            for (int c = 0; c < Columns; c++)
                s.Numeric($"c{c}");
        }));
        DriftSchema<Row> schema = DriftSchema.For<Row>(static s =>
        {
            s.Timestamp(static row => row.At);
            for (int c = 0; c < Columns; c++)
            {
                int column = c;
                s.Numeric(row => row.Values[row.Start + column], $"c{c}");
            }
        });
        _selectors = new DriftMonitor<Row>("selectors", schema);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _spans?.Dispose();
        _selectors?.Dispose();
    }

    [Benchmark(Description = "spans, row's own time", OperationsPerInvoke = Rows)]
    public void Spans()
    {
        for (int i = 0; i < Rows; i++)
            _spans!.Observe(_values.AsSpan(i * Columns, Columns), at: _at);
    }

    [Benchmark(Description = "spans, clock", OperationsPerInvoke = Rows)]
    public void SpansOfNow()
    {
        for (int i = 0; i < Rows; i++)
            _spans!.Observe(_values.AsSpan(i * Columns, Columns));
    }

    [Benchmark(Description = "selectors, row's own time", OperationsPerInvoke = Rows)]
    public void Selectors()
    {
        for (int i = 0; i < Rows; i++)
            _selectors!.Observe(in _rows[i]);
    }

    [Benchmark(Description = "spans, row's own time, two threads", OperationsPerInvoke = Rows)]
    public void TwoThreads() => Parallel.For(0, 2, part =>
    {
        for (int i = part * (Rows / 2); i < (part + 1) * (Rows / 2); i++)
            _spans!.Observe(_values.AsSpan(i * Columns, Columns), at: _at);
    });

    private readonly record struct Row(double[] Values, int Start, DateTimeOffset At);
}
