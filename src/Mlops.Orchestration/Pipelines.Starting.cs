using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Mlops.Storage;

namespace Mlops.Orchestration;

public sealed partial class Pipelines
{
    private const int MaximumKeyLength = 200;

    /// <summary>Stores a run; workers begin with it at once.</summary>
    /// <param name="parameters">What the run's steps read from <see cref="StepContext{TParameters}.Parameters"/>.</param>
    /// <param name="options">Idempotency key and durability; null for none.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The new run, or the first one that was started with the same idempotency key.</returns>
    /// <exception cref="ArgumentException">The parameters cannot be serialised, or an option cannot be used.</exception>
    /// <exception cref="IdempotencyConflictException">The key belongs to a run with other parameters, or for other steps.</exception>
    /// <exception cref="InvalidOperationException">The pipeline is not known here.</exception>
    public Task<PipelineRun> StartAsync<TDefinition, TParameters>(
        TParameters parameters, StartOptions? options = null, CancellationToken cancellationToken = default)
        where TDefinition : IPipelineDefinition<TParameters>
    {
        options ??= new StartOptions();
        RequireValid(options);
        PipelineGraph graph = GetGraph<TDefinition>();
        byte[] payload = StepJson.SerializeParameters(parameters, (JsonTypeInfo<TParameters>)graph.Parameters);
        return StartAsync(graph, payload, options, plan: null, RequireWanted(graph, options), cancellationToken);
    }

    /// <summary>Starts a run for what a sensor saw, once for a key.</summary>
    internal async Task StartSensedAsync(PipelineGraph graph, byte[] parameters, string key, CancellationToken cancellationToken)
    {
        try
        {
            await StartAsync(graph, parameters, new StartOptions { IdempotencyKey = key }, plan: null, only: null, cancellationToken).ConfigureAwait(false);
        }
        catch (IdempotencyConflictException)
        {
            // The event was seen before, and looked different then: the key decides.
        }
    }

    private static void RequireValid(StartOptions options)
    {
        if (!Enum.IsDefined(options.Cache))
        {
            throw new ArgumentException($"{options.Cache} is no use of the cache: use Use, Refresh or Ignore.", nameof(options));
        }

        if (!Enum.IsDefined(options.Priority))
        {
            throw new ArgumentException($"{options.Priority} is no priority: use Low, Normal or High.", nameof(options));
        }

        if (options.IdempotencyKey is { } key && key.Length is 0 or > MaximumKeyLength)
        {
            throw new ArgumentException($"An idempotency key has 1 to {MaximumKeyLength} characters, got {options.IdempotencyKey!.Length}.", nameof(options));
        }
    }

    private static void RequireSteps(PipelineGraph graph, StartOptions options)
    {
        foreach ((string step, CacheUse use) in options.CacheOfSteps)
        {
            if ((graph.FindNode(step) ?? graph.FindNode(step + "[]")) is null || !Enum.IsDefined(use))
            {
                throw new ArgumentException($"{nameof(options.CacheOfSteps)} says {use} of '{step}'; allowed are Use, Refresh and Ignore of steps of '{graph.Pipeline}'.", nameof(options));
            }
        }
    }

    private static string? RequireWanted(PipelineGraph graph, StartOptions options)
    {
        if (options.Only is not { } only)
        {
            return null;
        }

        if (only.Count == 0)
        {
            throw new ArgumentException($"{nameof(options.Only)} names no step; name at least one, or leave it null for all.", nameof(options));
        }

        graph.NeededFor(only, nameof(options));
        return string.Join('\n', only);
    }

    private async Task<PipelineRun> StartAsync(
        PipelineGraph graph, byte[] parameters, StartOptions options, RerunPlan? plan, string? only, CancellationToken cancellationToken)
    {
        RequireSteps(graph, options);
        PipelineVersions versions = await RegisterAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        using Activity? activity = OrchestrationTelemetry.StartRun(graph.Pipeline);
        var run = new NewRun(graph, versions.IdOf(graph), Guid.CreateVersion7().ToString("N"), parameters, options.IdempotencyKey, Activity.Current?.Id)
        {
            RerunOf = plan?.Source.Id,
            Partition = plan?.Source.Partition,
            PartitionOf = plan?.Source.PartitionOf,
            CacheUse = CacheUses.Write(options),
            OnlySteps = only,
            Urgency = RunPriority.High - options.Priority,
        };
        Reach(ExecutionPoint.BeforeStart);
        (long id, bool created) = await Store.StartAsync(run, plan, options.Durability, cancellationToken).ConfigureAwait(false);
        Reach(ExecutionPoint.AfterStart);
        activity?.SetTag(OrchestrationTelemetry.RunTag, id);
        if (created)
        {
            SignalWork();
            Changes.Pulse();
        }

        return await GetAsync(id, cancellationToken).ConfigureAwait(false);
    }
}
