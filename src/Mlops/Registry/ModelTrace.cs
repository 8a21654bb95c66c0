using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Tracking;

namespace Mlops;

/// <summary>Which data, code, run and decision stand behind a model.</summary>
public sealed record ModelTrace
{
    internal ModelTrace()
    {
    }

    /// <summary>The version.</summary>
    public required ModelVersion Version { get; init; }

    /// <summary>The run it comes from; null when none was named, or it is not kept here. A deleted one is shown until it is purged.</summary>
    public required RunRecord? Run { get; init; }

    /// <summary>The run that <see cref="Run"/> belongs to, or null.</summary>
    public required RunRecord? ParentRun { get; init; }

    /// <summary>The data that the run read.</summary>
    public required IReadOnlyList<DatasetInput> Datasets { get; init; }

    /// <summary>The commit of the code, where the run was tagged with it (<see cref="RunTags.GitCommit"/>), or null.</summary>
    public string? Commit => Run?.Tags.GetValueOrDefault(RunTags.GitCommit);

    /// <summary>The change that gave the alias to the version; null when the version was asked for by number.</summary>
    public required AliasChange? Change { get; init; }

    /// <summary>
    /// The pipeline's run that made the version, with its parameters; null when none is known, or pipelines were not asked. See
    /// <see cref="StepModelExtensions.RegisterModelAsync"/>.
    /// </summary>
    public PipelineRun? PipelineRun { get; init; }

    /// <summary>The step of that run which made it, or null.</summary>
    public string? PipelineStep { get; init; }

    /// <summary>The data behind that step, over all runs before it; null where <see cref="PipelineRun"/> is.</summary>
    public LineageTrace? Lineage { get; init; }

    /// <summary>
    /// The promotion decision behind the change; of a rollback, the one behind what it restored. Null for an alias that was set by hand, and for
    /// a version asked for by number.
    /// </summary>
    public required PromotionDecision? Decision { get; init; }

    /// <summary>Every approval of the version and every withdrawal, the earliest first.</summary>
    public required IReadOnlyList<Approval> Approvals { get; init; }
}
