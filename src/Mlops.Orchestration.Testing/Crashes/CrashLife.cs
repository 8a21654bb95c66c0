using Mlops.Storage;

namespace Mlops.Orchestration.Testing;

/// <summary>
/// One process with its own connection to the storage, until its run is over or it is killed. Killed means: the connection is closed at the
/// point, so that nothing of it reaches the storage any more, neither a commit nor a farewell.
/// </summary>
internal sealed class CrashLife<TDefinition, TParameters> : IAsyncDisposable
    where TDefinition : class, IPipelineDefinition<TParameters>
{
    /// <summary>Longer than any life: a lease ends only because the next life's clock is ahead.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly Database _database;
    private readonly KillPlan? _plan;
    private readonly CancellationTokenSource _killed = new();
    private readonly Pipelines _pipelines;
    private readonly PipelineWorker _worker;
    private readonly Dictionary<ExecutionPoint, int> _reached = [];

    public CrashLife(Database database, TDefinition definition, CrashTestOptions options, TimeSpan clockOffset, KillPlan? plan)
    {
        _database = database;
        _plan = plan;
        _pipelines = new Pipelines(
            database, [definition], options.Artifacts?.Invoke(database), new OffsetClock(new LeaseTable(database).Clock, clockOffset))
        { Reached = Reach };
        _worker = new PipelineWorker(
            _pipelines,
            new PipelineWorkerOptions
            {
                LeaseDuration = Lease,
                PollInterval = TimeSpan.FromMilliseconds(10),
                DrainPeriod = TimeSpan.Zero,
                MaximumConcurrentSteps = options.MaximumConcurrentSteps,
            },
            options.Services,
            secrets: options.Secrets);
    }

    public bool IsKilled => _killed.IsCancellationRequested;

    /// <summary>How often each point was reached.</summary>
    public IReadOnlyDictionary<ExecutionPoint, int> Reached => _reached;

    /// <summary>Works until the run is over; null when it was killed before.</summary>
    public async Task<CrashEnd?> RunAsync(TParameters parameters, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _killed.Token);
        try
        {
            PipelineRun run = await _pipelines.StartAsync<TDefinition, TParameters>(
                parameters, new StartOptions { IdempotencyKey = "crash-test" }, either.Token).ConfigureAwait(false);
            _worker.Start();
            while (!run.IsOver)
            {
                foreach (PendingApproval pending in await _pipelines.ListApprovalsAsync(cancellationToken: either.Token).ConfigureAwait(false))
                {
                    await _pipelines.ApproveAsync(pending.RunId, pending.Step, "crash-test", cancellationToken: either.Token).ConfigureAwait(false);
                }

                await Task.Delay(LookInterval, either.Token).ConfigureAwait(false);
                run = await _pipelines.GetAsync(run.Id, either.Token).ConfigureAwait(false);
            }

            await _worker.StopAsync(either.Token).ConfigureAwait(false);
            return await ReadAsync(run, either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (IsKilled && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _killed.Dispose();
    }

    private void Reach(ExecutionPoint point)
    {
        lock (_gate)
        {
            if (IsKilled)
            {
                throw new SimulatedKillException();
            }

            _reached[point] = _reached.GetValueOrDefault(point) + 1;
            if (_plan is null || _plan.Point != point || _plan.Number != _reached[point])
            {
                return;
            }

            _killed.Cancel();
        }

        // Before anything else runs on this thread. What was handed over before is stored, as by a process that is killed a little later.
        _database.DisposeAsync().AsTask().GetAwaiter().GetResult();
        throw new SimulatedKillException();
    }

    private async Task<CrashEnd> ReadAsync(PipelineRun run, CancellationToken cancellationToken)
    {
        List<RunEvent> log = [];
        await foreach (RunEvent entry in _pipelines.WatchAsync(run.Id, cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            log.Add(entry);
        }

        IReadOnlyList<StepStatus> steps = await run.GetStepsAsync(cancellationToken).ConfigureAwait(false);
        PipelineGraph graph = _pipelines.GetGraph<TDefinition>();
        List<string> findings = RunInvariants.Check(graph, log, steps);
        Dictionary<string, byte[]> results = new(StringComparer.Ordinal);
        // When somebody approved differs by nature.
        foreach (StepStatus step in steps.Where(step => step.State == StepState.Succeeded && graph.FindNodeOfStep(step.Key)?.Kind != NodeKind.Approval))
        {
            results.Add(step.Key, await ReadResultAsync(run.Id, step.Key, findings, cancellationToken).ConfigureAwait(false));
        }

        return new CrashEnd(
            run.State, steps.ToDictionary(static step => step.Key, static step => step.State, StringComparer.Ordinal), results, log.Count(static entry => entry is StepReclaimed), findings);
    }

    /// <summary>Reads a result and, to the end, every artifact of its step.</summary>
    private async Task<byte[]> ReadResultAsync(long runId, string step, List<string> findings, CancellationToken cancellationToken)
    {
        try
        {
            foreach (string hash in await _pipelines.Store.ListArtifactsAsync(runId, step, cancellationToken).ConfigureAwait(false))
            {
                Stream content = await _pipelines.Payloads.Catalog.OpenReadAsync(ContentHash.Parse(hash), cancellationToken).ConfigureAwait(false);
                await using (content.ConfigureAwait(false))
                {
                    await content.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
                }
            }

            StepResultRow row = (await _pipelines.Store.FindResultAsync(runId, step, cancellationToken).ConfigureAwait(false))!;
            return await _pipelines.Payloads.LoadAsync(row.Payload, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException exception) when (exception is ArtifactNotFoundException or ArtifactCorruptException)
        {
            findings.Add($"artifacts whole: an artifact of '{step}' is missing or damaged: {exception.Message}");
            return [];
        }
    }
}
