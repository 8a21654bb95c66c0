using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>A run as it stood when it was read. Immutable: read it again, or wait, for news.</summary>
public sealed class PipelineRun
{
    private readonly Pipelines _pipelines;
    private readonly RunRow _row;

    internal PipelineRun(Pipelines pipelines, RunRow row)
    {
        _pipelines = pipelines;
        _row = row;
    }

    /// <summary>The run's number in the database.</summary>
    public long Id => _row.Id;

    /// <summary>The pipeline's name.</summary>
    public string Pipeline => _row.Pipeline;

    /// <summary>The hash of the graph it was started with.</summary>
    public string GraphHash => _row.GraphHash;

    /// <summary>The key it was started with.</summary>
    public string? IdempotencyKey => _row.IdempotencyKey;

    /// <summary>Where it stands.</summary>
    public PipelineRunState State => _row.State;

    /// <summary>Why it failed.</summary>
    public RunFailureKind? FailureKind => _row.FailureKind;

    /// <summary>The first step that failed for good; while the run goes on with the steps that do not need it, already set.</summary>
    public string? FailedStep => _row.FailedStep;

    /// <summary>The failure's type and message, or the reason of a cancellation.</summary>
    public string? Error => _row.Error;

    /// <summary>When it was stored.</summary>
    public DateTimeOffset CreatedAt => _row.Created;

    /// <summary>When it was over.</summary>
    public DateTimeOffset? FinishedAt => _row.Finished;

    /// <summary>The number of the last entry of its log.</summary>
    public long LastSequence => _row.LastSequence;

    /// <summary>Since when it is paused: steps that run may end, but none begins. Null when it is not.</summary>
    public DateTimeOffset? PausedAt => _row.Paused;

    /// <summary>Which runs go first.</summary>
    public RunPriority Priority => _row.Priority;

    /// <summary>The schedule that started it; null when somebody else did.</summary>
    public string? Schedule => _row.Schedule;

    /// <summary>The interval of the schedule that it is about, if a schedule or a backfill started it; in UTC.</summary>
    public DataInterval? Partition => _row.Partition;

    /// <summary>The run whose results it took over, if it was started by <see cref="Pipelines.RerunAsync"/>.</summary>
    public long? RerunOf => _row.RerunOf;

    /// <summary>Whether it is over.</summary>
    public bool IsOver => State != PipelineRunState.Running;

    /// <summary>This run, if it has succeeded.</summary>
    /// <exception cref="PipelineRunFailedException">It has not.</exception>
    public PipelineRun EnsureSucceeded() => State == PipelineRunState.Succeeded ? this : throw new PipelineRunFailedException(this);

    /// <summary>What it was started with.</summary>
    /// <exception cref="InvalidOperationException">This process does not know the definition, or it takes other parameters.</exception>
    /// <exception cref="StepResultException">They do not read as a <typeparamref name="TParameters"/>.</exception>
    public TParameters GetParameters<TParameters>() => _pipelines.ReadParameters<TParameters>(_row);

    /// <summary>The same in a process that does not know the definition.</summary>
    /// <exception cref="StepResultException">They do not read as a <typeparamref name="TParameters"/>.</exception>
    public TParameters GetParameters<TParameters>(JsonTypeInfo<TParameters> typeInfo)
    {
        ArgumentNullException.ThrowIfNull(typeInfo);
        return StepJson.Deserialize(_row.Parameters, typeInfo, "parameters");
    }

    /// <summary>What its steps have read and made, by the order of their keys. Results of up to 64 KiB are not among it: they are part of the run.</summary>
    /// <param name="take">1 to 1 000.</param>
    /// <param name="after">The last one of the page before; null for the first page.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public Task<IReadOnlyList<DataUse>> ListDataAsync(int take = 1_000, DataUse? after = null, CancellationToken cancellationToken = default) =>
        _pipelines.ListDataAsync(Id, take, after, cancellationToken);

    /// <summary>The result of a step that has succeeded, by its handle.</summary>
    /// <exception cref="ArgumentException">The handle belongs to another pipeline.</exception>
    /// <exception cref="StepResultException">The step has no result, or it does not read as a <typeparamref name="T"/>.</exception>
    public Task<T> GetResultAsync<T>(Step<T> step, CancellationToken cancellationToken = default)
    {
        RequireOwn(step);
        return _pipelines.ReadResultAsync(Id, step.Name, step.TypeInfo, cancellationToken);
    }

    /// <summary>The result of the last round of a repeated step, by its handle.</summary>
    /// <exception cref="ArgumentException">The handle belongs to another pipeline.</exception>
    /// <exception cref="StepResultException">The last round has no result, or it does not read as a <typeparamref name="T"/>.</exception>
    public Task<T> GetResultAsync<T>(RepeatedStep<T> step, CancellationToken cancellationToken = default)
    {
        RequireOwn(step);
        return _pipelines.ReadLastResultAsync(Id, step.Name, step.TypeInfo, cancellationToken);
    }

    /// <summary>The results of a group's steps in the order of its items, by its handle.</summary>
    /// <exception cref="ArgumentException">The handle belongs to another pipeline.</exception>
    /// <exception cref="StepResultException">A step of the group has no result, or it does not read as a <typeparamref name="T"/>.</exception>
    public Task<IReadOnlyList<T>> GetResultsAsync<T>(Steps<T> steps, CancellationToken cancellationToken = default)
    {
        RequireOwn(steps, nameof(steps));
        return _pipelines.ReadResultsAsync(Id, steps.Name, steps.Template.TypeInfo, cancellationToken);
    }

    /// <summary>The result of a step that has succeeded, by its key, for example <c>train</c> or <c>fold[2012]</c>.</summary>
    /// <exception cref="ArgumentException">This process's definition has no such step, or another type for it.</exception>
    /// <exception cref="StepResultException">The step has no result, or it does not read as a <typeparamref name="T"/>.</exception>
    public Task<T> GetResultAsync<T>(string step, CancellationToken cancellationToken = default) =>
        _pipelines.ReadResultAsync<T>(Id, Pipeline, step, cancellationToken);

    /// <summary>The same in a process that does not know the definition; of a repeated step, a round has to be named, such as <c>refine[3]</c>.</summary>
    /// <exception cref="StepResultException">The step has no result, or it does not read as a <typeparamref name="T"/>.</exception>
    public Task<T> GetResultAsync<T>(string step, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        ArgumentNullException.ThrowIfNull(typeInfo);
        return _pipelines.ReadResultAsync(Id, step, typeInfo, cancellationToken);
    }

    /// <summary>Why a step was or was not taken from the cache; null where it has no <see cref="CachePolicy"/> or has no result yet.</summary>
    /// <param name="step">The step's key, for example <c>train</c> or <c>fold[2012]</c>.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public Task<CacheExplanation?> ExplainCacheAsync(string step, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        return _pipelines.Store.ExplainAsync(Id, step, cancellationToken).AsTask();
    }

    /// <summary>
    /// The run as one self-contained HTML document: its graph, a timeline of attempts, why steps were or were not taken from the cache,
    /// what checks found, what steps have read and made, and what they logged. Without parameters, items' contents and results. Shows 1 000 steps, 20 000 entries, 500 readings and makings and 1 000 lines at most; the graph where this process knows it.
    /// </summary>
    public Task<string> ToHtmlAsync(CancellationToken cancellationToken = default) => _pipelines.RenderAsync(this, cancellationToken);

    /// <summary>The result that a check of severity <see cref="CheckSeverity.Block"/> has turned down, by the step's key.</summary>
    /// <exception cref="ArgumentException">This process's definition has no such step, or another type for it.</exception>
    /// <exception cref="StepResultException">No check has turned down a result of the step, or it does not read as a <typeparamref name="T"/>.</exception>
    public Task<T> GetQuarantinedAsync<T>(string step, CancellationToken cancellationToken = default) =>
        _pipelines.ReadQuarantinedAsync(Id, step, _pipelines.TypeOfStep<T>(Pipeline, step), cancellationToken);

    /// <summary>What a step has logged to <see cref="StepContext.Logger"/>: the first 10 000 lines, by attempt. Lines of a running attempt come about once a second.</summary>
    /// <param name="step">The step's key, for example <c>train</c> or <c>fold[2012]</c>.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public Task<IReadOnlyList<StepLogLine>> ReadLogAsync(string step, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        return _pipelines.ReadLogAsync(Id, step, cancellationToken);
    }

    /// <summary>Every step as it stands now, in the order of declaration.</summary>
    public Task<IReadOnlyList<StepStatus>> GetStepsAsync(CancellationToken cancellationToken = default) =>
        _pipelines.ListStepsAsync(Id, cancellationToken);

    /// <summary>Steps of two pipelines may have one name.</summary>
    private void RequireOwn(StepInput step, string parameter = "step")
    {
        ArgumentNullException.ThrowIfNull(step, parameter);
        if (step.Draft.Pipeline != Pipeline)
        {
            throw new ArgumentException($"'{step.Name}' is a step of the pipeline '{step.Draft.Pipeline}', and run {Id} is one of '{Pipeline}'.", parameter);
        }
    }
}
