namespace Mlops.Orchestration;

public sealed partial class Pipelines
{
    /// <summary>
    /// Ends a run with a reason. Steps that run are told through their cancellation token; what they still return is not committed.
    /// </summary>
    /// <returns>False when the run was over already.</returns>
    /// <exception cref="PipelineRunNotFoundException">There is none of this id.</exception>
    public async Task<bool> CancelAsync(long runId, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        if (await Store.CancelAsync(runId, StoredText.Clean(reason), cancellationToken).ConfigureAwait(false) is { } end)
        {
            Report(end);
            return true;
        }

        await GetAsync(runId, cancellationToken).ConfigureAwait(false);
        return false;
    }

    /// <summary>
    /// Lets a run begin no further step until <see cref="ResumeAsync"/>. Steps that run go on and their results are committed; what becomes
    /// ready waits, and due times pass meanwhile.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="reason">Kept in the log.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>False when the run was paused or over already.</returns>
    /// <exception cref="PipelineRunNotFoundException">There is none of this id.</exception>
    public async Task<bool> PauseAsync(long runId, string reason, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        bool paused = await Store.PauseAsync(runId, StoredText.Clean(reason), cancellationToken).ConfigureAwait(false);
        return await ReportAsync(runId, paused, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets a paused run go on.</summary>
    /// <returns>False when the run was not paused.</returns>
    /// <exception cref="PipelineRunNotFoundException">There is none of this id.</exception>
    public async Task<bool> ResumeAsync(long runId, CancellationToken cancellationToken = default)
    {
        bool resumed = await Store.ResumeAsync(runId, cancellationToken).ConfigureAwait(false);
        return await ReportAsync(runId, resumed, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Starts a new run with the parameters of one that is over. It takes over the results of the steps that succeeded there and runs the
    /// others: after a failure, the steps that failed, were blocked or cancelled. A run that was started for some of the steps is rerun for those. The run
    /// that is over stays as it is; of a schedule's interval, the new run decides what became of it.
    /// </summary>
    /// <param name="runId">The run that is over.</param>
    /// <param name="from">
    /// Steps that run again although they succeeded, with everything that needs them: names of steps, groups and conditions, or keys of items
    /// such as <c>fold[2012]</c>. Null for none.
    /// </param>
    /// <param name="options">Idempotency key and durability; null for none.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The new run, or the first one that was started with the same idempotency key.</returns>
    /// <exception cref="PipelineRunNotFoundException">There is none of this id.</exception>
    /// <exception cref="ArgumentException">The pipeline has no such step, or nothing is left to run.</exception>
    /// <exception cref="PipelineException">The run is not over, or was started with another graph than this process knows.</exception>
    /// <exception cref="InvalidOperationException">This process does not know the pipeline.</exception>
    public async Task<PipelineRun> RerunAsync(
        long runId, IReadOnlyCollection<string>? from = null, StartOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new StartOptions();
        RequireValid(options);
        if (options.Only is not null)
        {
            throw new ArgumentException($"A rerun is for the steps that the first run was for; {nameof(options.Only)} cannot be given.", nameof(options));
        }

        try
        {
            return await StartRerunAsync(runId, from ?? [], options, cancellationToken).ConfigureAwait(false);
        }
        catch (PipelineRunNotFoundException) when (options.IdempotencyKey is not null)
        {
            // The first call may have done it, its answer been lost, and the source been removed since, with the name of its pipeline.
            foreach (string pipeline in _byName.Keys)
            {
                if (await Store.FindRerunAsync(pipeline, runId, options.IdempotencyKey, cancellationToken).ConfigureAwait(false) is { } first)
                {
                    return await GetAsync(first, cancellationToken).ConfigureAwait(false);
                }
            }

            throw;
        }
    }

    private async Task<PipelineRun> StartRerunAsync(
        long runId, IReadOnlyCollection<string> from, StartOptions options, CancellationToken cancellationToken)
    {
        RunRow source = await Store.FindRunAsync(runId, cancellationToken).ConfigureAwait(false) ?? throw new PipelineRunNotFoundException(runId);
        PipelineGraph graph = _byName.GetValueOrDefault(source.Pipeline)
            ?? throw new InvalidOperationException($"The pipeline '{source.Pipeline}' of run {runId} is not known here; register its definition.");
        if (source.State == PipelineRunState.Running)
        {
            throw new PipelineException(FormattableString.Invariant($"Rerunning run {runId}: it is not over yet. Wait for it or cancel it first."));
        }

        if (source.GraphHash != graph.Hash)
        {
            throw new PipelineException(FormattableString.Invariant(
                $"Rerunning run {runId}: it was started with another graph of '{source.Pipeline}' than this process knows. Start a new run instead."));
        }

        List<StepRow> steps = await Store.ListStepRowsAsync(runId, cancellationToken).ConfigureAwait(false);
        if (await Store.FindRunAsync(runId, cancellationToken).ConfigureAwait(false) is null)
        {
            // Removed just now, and perhaps some of its steps already.
            throw new PipelineRunNotFoundException(runId);
        }

        return await StartAsync(graph, source.Parameters, options, RerunPlan.Of(graph, source, steps, from), source.OnlySteps, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells of a run that was ended from outside of its steps: the steps first.</summary>
    internal void Report(RunEnd end)
    {
        foreach (WorkerSession session in _sessions.Keys)
        {
            session.AbortRun(end.Id);
        }

        _telemetry.RunEnded(end.Pipeline, end.State);
        OrchestrationTelemetry.RecordRun(end);
        WorkerLog.RunEnded(_logger, end.Id, end.Pipeline, end.State);
        Changes.Pulse();
        Ends.Pulse();
    }

    private async Task<bool> ReportAsync(long runId, bool changed, CancellationToken cancellationToken)
    {
        if (!changed)
        {
            await GetAsync(runId, cancellationToken).ConfigureAwait(false);
            return false;
        }

        Changes.Pulse();
        SignalWork();
        return true;
    }
}
