using Mlops.Orchestration;
using Mlops.Storage;

namespace Mlops.Benchmarks.Orchestration;

/// <summary>What one process has: a database of its own, its pipelines and a worker.</summary>
internal sealed class OrchestrationHost : IAsyncDisposable
{
    private readonly PipelineWorker _worker;

    public OrchestrationHost(Database database, int slots, params IPipelineDefinition[] definitions)
        : this(database, new PipelineWorkerOptions { MaximumConcurrentSteps = slots }, definitions)
    {
    }

    public OrchestrationHost(Database database, PipelineWorkerOptions options, params IPipelineDefinition[] definitions)
    {
        Database = database;
        Pipelines = new Pipelines(database, definitions);
        _worker = new PipelineWorker(Pipelines, options);
    }

    public Database Database { get; }

    public Pipelines Pipelines { get; }

    public void Start() => _worker.Start();

    public Task StopAsync() => _worker.StopAsync();

    /// <summary>Starts a run and waits for its end.</summary>
    public async Task<PipelineRun> RunAsync<TDefinition, TParameters>(TParameters parameters)
        where TDefinition : IPipelineDefinition<TParameters>
    {
        PipelineRun run = await Pipelines.StartAsync<TDefinition, TParameters>(parameters);
        PipelineRun ended = await Pipelines.WaitAsync(run.Id);
        return ended.State == PipelineRunState.Succeeded ? ended : throw new InvalidOperationException($"The run is {ended.State}: {ended.Error}");
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        await Database.DisposeAsync();
    }
}
