using Microsoft.Extensions.Time.Testing;

namespace Mlops.Serving.Tests;

/// <summary>A model "m" whose version 1 answers 1, with a candidate 2 that answers 2, for inputs of zero.</summary>
internal sealed class Served : IAsyncDisposable
{
    private const int Keys = 2000;

    private Served(ModelServer server, MemorySource stable, MemorySource candidate, LinearRuntime runtime, FakeTimeProvider time)
    {
        Server = server;
        Stable = stable;
        Candidate = candidate;
        Runtime = runtime;
        Time = time;
        Predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("m");
    }

    public ModelServer Server { get; }

    public MemorySource Stable { get; }

    public MemorySource Candidate { get; }

    public LinearRuntime Runtime { get; }

    public FakeTimeProvider Time { get; }

    public IPredictor<ReadOnlyMemory<float>, float> Predictor { get; }

    public ServedModel Model => Server.Get("m");

    public Shadow Shadow => Model.Shadow!;

    public Rollout Rollout => Model.Rollout!;

    public static async Task<Served> StartAsync(Action<ModelBuilder<ReadOnlyMemory<float>, float>, MemorySource> configure, IRolloutStore? store = null, IPredictionObserver? observer = null)
    {
        var runtime = new LinearRuntime();
        var time = new FakeTimeProvider();
        MemorySource stable = MemorySource.Of(1, 1);
        var candidate = new MemorySource { Package = MemorySource.Version(2, 1, 2) };
        var options = new ModelServerOptions { Runtime = runtime, TimeProvider = time, RolloutStore = store };
        if (observer is not null)
            options.Observers.Add(observer);
        ModelServer server = ModelServer.Create(options.AddModel("m", m =>
        {
            m.FromSource(stable);
            configure(m, candidate);
        }));
        await server.StartAsync();
        return new Served(server, stable, candidate, runtime, time);
    }

    /// <summary>A version as it was loaded.</summary>
    public static ServedVersion VersionOf(long number)
    {
        using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }
            .AddModel("m", m => m.FromSource(new MemorySource { Package = MemorySource.Version(number, 1, number) })));
        server.StartAsync().GetAwaiter().GetResult();
        return server.Get("m").Version!;
    }

    public ValueTask<Prediction<float>> PredictAsync(string? key) => Predictor.PredictAsync(new float[1], new PredictionOptions { RoutingKey = key });

    /// <summary>Who answers each of two thousand keys.</summary>
    public async Task<Dictionary<string, string>> VariantsAsync()
    {
        Dictionary<string, string> variants = [];
        for (int i = 0; i < Keys; i++)
            variants.Add($"user-{i}", (await PredictAsync($"user-{i}")).Variant);
        return variants;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
