using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Tracking;

namespace Mlops;

/// <summary>From a model back to where it comes from.</summary>
public static class ModelRegistryTraceExtensions
{
    /// <summary>Collects the version that a reference means, its run, the run's data, and the decision and approvals behind it.</summary>
    /// <param name="registry">Where the version is.</param>
    /// <param name="reference"><c>model@alias</c> or <c>model/number</c>.</param>
    /// <param name="tracker">Where the run is.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="FormatException">The text is no reference.</exception>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">The model has no version of this number.</exception>
    /// <exception cref="AliasNotFoundException">The alias points to no version.</exception>
    public static Task<ModelTrace> TraceAsync(this ModelRegistry registry, string reference, Tracker tracker, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(tracker);
        return TraceAsync(registry, ModelReference.Parse(reference), tracker, cancellationToken);
    }

    /// <summary>
    /// The same, and which run and step of a pipeline made the version, and the data behind them: what these steps have read and made, and the runs that made
    /// what they have read.
    /// </summary>
    /// <param name="registry">Where the version is.</param>
    /// <param name="reference"><c>model@alias</c> or <c>model/number</c>.</param>
    /// <param name="tracker">Where the tracked run is.</param>
    /// <param name="pipelines">Where the pipeline's run is.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="FormatException">The text is no reference.</exception>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">The model has no version of this number.</exception>
    /// <exception cref="AliasNotFoundException">The alias points to no version.</exception>
    public static Task<ModelTrace> TraceAsync(
        this ModelRegistry registry, string reference, Tracker tracker, Pipelines pipelines, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(tracker);
        ArgumentNullException.ThrowIfNull(pipelines);
        ModelReference parsed = ModelReference.Parse(reference);
        return TraceAsync();

        async Task<ModelTrace> TraceAsync()
        {
            ModelTrace trace = await ModelRegistryTraceExtensions.TraceAsync(registry, parsed, tracker, cancellationToken).ConfigureAwait(false);
            return await FindMakerAsync(pipelines, trace.Version, cancellationToken).ConfigureAwait(false) is { } made
                ? trace with
                {
                    PipelineRun = await pipelines.FindAsync(made.RunId, cancellationToken).ConfigureAwait(false),
                    PipelineStep = made.Step,
                    Lineage = await pipelines.TraceBackAsync(made, cancellationToken: cancellationToken).ConfigureAwait(false),
                }
                : trace;
        }
    }

    /// <summary>The step that registered this very version; of a version that no step has named, the one that made its bytes last before.</summary>
    private static async Task<DataUse?> FindMakerAsync(Pipelines pipelines, ModelVersion version, CancellationToken cancellationToken)
    {
        string digest = version.Hash.ToString();
        if (await pipelines.FindMakerAsync(digest, StepModelExtensions.NameOf(version), cancellationToken).ConfigureAwait(false) is { } maker)
        {
            return maker;
        }

        IReadOnlyList<DataUse> latest = await pipelines.FindProducersAsync(digest, cancellationToken: cancellationToken).ConfigureAwait(false);
        return latest.FirstOrDefault(use => StepModelExtensions.ModelOf(use) is null && (use.At is null || use.At <= version.RegisteredAt))
            ?? await pipelines.FindMakerAsync(digest, cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ModelTrace> TraceAsync(ModelRegistry registry, ModelReference reference, Tracker tracker, CancellationToken cancellationToken)
    {
        // The history decides what the alias means, so that change and version belong together.
        IReadOnlyList<AliasChange> history = reference.Alias is { } alias
            ? await registry.GetHistoryAsync(reference.Model, alias, cancellationToken).ConfigureAwait(false)
            : [];
        AliasChange? change = history is [.., { Number: not null } last] ? last : null;
        ModelVersion version = await registry.GetAsync(
            change is null ? reference : ModelReference.ToVersion(reference.Model, change.Number!.Value), cancellationToken).ConfigureAwait(false);
        RunRecord? run = await FindRunAsync(tracker, version.RunId, cancellationToken).ConfigureAwait(false);
        return new ModelTrace
        {
            Version = version,
            Run = run,
            ParentRun = await FindRunAsync(tracker, run?.ParentId, cancellationToken).ConfigureAwait(false),
            Datasets = run is null ? [] : await tracker.ListDatasetsAsync(run.Id, cancellationToken).ConfigureAwait(false),
            Change = change,
            Decision = DecisionBehind(change, history) is { } decision
                ? await registry.FindDecisionAsync(decision, cancellationToken).ConfigureAwait(false)
                : null,
            Approvals = await registry.ListApprovalsAsync(version.Model, version.Number, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>A rollback has no decision of its own; it restores an entry that may have one.</summary>
    private static long? DecisionBehind(AliasChange? change, IReadOnlyList<AliasChange> history) => change?.Restores is { } restored
        ? history.FirstOrDefault(entry => entry.Sequence == restored)?.DecisionId
        : change?.DecisionId;

    private static Task<RunRecord?> FindRunAsync(Tracker tracker, string? runId, CancellationToken cancellationToken) =>
        string.IsNullOrEmpty(runId) ? Task.FromResult<RunRecord?>(null) : tracker.FindRunAsync(runId, cancellationToken);
}
