namespace Mlops.Orchestration;

/// <summary>What kind of data a step has read or made.</summary>
public enum StepDataKind
{
    /// <summary>The result of a step of the same run. Told with a step's end; where it came from is known from the graph.</summary>
    Result,

    /// <summary>An artifact, by its content: from <see cref="StepContext.StoreArtifactAsync"/>, opened by <see cref="StepContext.OpenArtifactAsync"/>, or a large result.</summary>
    Artifact,

    /// <summary>Data that lives elsewhere, as the step has recorded it with <see cref="StepContext.RecordInput"/> and <see cref="StepContext.RecordOutput"/>.</summary>
    External,
}
