#pragma warning disable MLOPS002

using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using Mlops.Serving;

namespace Mlops.Benchmarks.Serving;

/// <summary>What metrics and the prediction log add to a prediction of 15 columns by a model that costs nothing, the work in the background included; ns per prediction.</summary>
[MemoryDiagnoser]
public sealed class PredictionLogBenchmarks : IMeterFactory
{
    private const int Rows = 8_192;
    private const int Columns = 15;
    private readonly float[] _row = new float[Columns];
    private readonly MeterListener _listener = new();
    private readonly List<IAsyncDisposable> _all = [];
    private IPredictor<float[], float>? _bare;
    private IPredictor<float[], float>? _measured;
    private IPredictor<float[], float>? _logged;
    private IPredictor<float[], float>? _kept;

    /// <inheritdoc/>
    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        return new Meter(options);
    }

    /// <summary>Loads the models.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        _listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        _listener.SetMeasurementEventCallback<int>(static (_, _, _, _) => { });
        _listener.Start();
        _bare = Serve(meters: null, log: null);
        _measured = Serve(this, log: null);
        _logged = Serve(this, new PredictionLog(new PredictionLogOptions { Features = { "0", "1", "2", "3" } }, new Nowhere()));
        _kept = Serve(this, new PredictionLog(new PredictionLogOptions { Features = { "0", "1", "2", "3" } }));
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _listener.Dispose();
        foreach (IAsyncDisposable one in _all)
            one.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    [Benchmark(Description = "neither", Baseline = true, OperationsPerInvoke = Rows)]
    public void Bare() => Predict(_bare!);

    [Benchmark(Description = "metrics read", OperationsPerInvoke = Rows)]
    public void Measured() => Predict(_measured!);

    [Benchmark(Description = "metrics read, logged, four columns, store of no cost", OperationsPerInvoke = Rows)]
    public void Logged() => Predict(_logged!);

    [Benchmark(Description = "metrics read, logged, four columns, kept in memory", OperationsPerInvoke = Rows)]
    public void Kept() => Predict(_kept!);

    private void Predict(IPredictor<float[], float> predictor)
    {
        for (int i = 0; i < Rows; i++)
            Complete(predictor.PredictAsync(_row));
    }

    private static void Complete(ValueTask<Prediction<float>> prediction)
    {
        if (!prediction.IsCompletedSuccessfully)
            throw new InvalidOperationException("A model that costs nothing answers on its caller's thread.");
    }

    private IPredictor<float[], float> Serve(IMeterFactory? meters, PredictionLog? log)
    {
        var options = new ModelServerOptions { Runtime = new NoModel(Columns), MeterFactory = meters };
        if (log is not null)
            options.Observers.Add(log);
        ModelServer server = ModelServer.Create(options.AddModel<float[], float>("m", static m => m
            .FromStream(static _ => ValueTask.FromResult<Stream>(new MemoryStream([1]))).Configure(static o => o.Batching.Enabled = false)));
        server.StartAsync().GetAwaiter().GetResult();
        _all.Add(server);
        if (log is not null)
            _all.Add(log);
        return server.GetPredictor<float[], float>("m");
    }

    private sealed class Nowhere : IPredictionLogStore
    {
        public ValueTask WriteAsync(IReadOnlyList<LoggedPrediction> predictions, IReadOnlyList<PredictionOutcome> outcomes, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask<IReadOnlyList<LoggedPrediction>> ListAsync(PredictionLogQuery query, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<LoggedPrediction>>([]);

        public ValueTask<long> DeleteByRoutingKeyAsync(string routingKeyHash, CancellationToken cancellationToken) => ValueTask.FromResult(0L);

        public ValueTask<int> DeleteBeforeAsync(DateTimeOffset before, int maximum, CancellationToken cancellationToken) => ValueTask.FromResult(0);
    }
}
