namespace Mlops.Orchestration;

/// <summary>What an attempt has read and made, for its commit.</summary>
/// <param name="Data">What is stored: artifacts that were opened, and what the step has recorded. Artifacts that it stored are referred to anyway.</param>
/// <param name="Results">What is only told: results of other steps that it took, and its own. Empty where nobody hears of steps.</param>
internal sealed record StepLineage(IReadOnlyList<StepData> Data, IReadOnlyList<StepData> Results)
{
    public static StepLineage Empty { get; } = new([], []);

    /// <param name="attempt">The attempt.</param>
    /// <param name="isTold">Whether the end of the step is told to anybody.</param>
    /// <param name="output">The digest of its result; null when it has none.</param>
    public static StepLineage Of(StepAttempt attempt, bool isTold, string? output)
    {
        IReadOnlyList<StepData> data = attempt.Data;
        return isTold ? new StepLineage(data, [.. ListResults(attempt, output)]) : data.Count == 0 ? Empty : new StepLineage(data, []);
    }

    /// <summary>The digest of a result as it is stored; null for none.</summary>
    public static string? DigestOf(StoredPayload payload) => payload switch
    {
        { ContentHash: { } hash } => hash,
        { Inline: { Length: > 0 } bytes } => CacheKey.Hash(bytes),
        _ => null,
    };

    private static IEnumerable<StepData> ListResults(StepAttempt attempt, string? output)
    {
        PipelineNode node = attempt.Node;
        if (node.Kind == NodeKind.Item)
        {
            // What its item was picked from; which part of it is the group's matter.
            ExpandNode group = attempt.Graph.ExpansionOf(node);
            foreach (PipelineNode source in group.Inputs.Select(static input => input.Node).Except(node.Inputs.Select(static input => input.Node)).Distinct())
            {
                yield return new StepData(StepDataKind.Result, NameOf(source), null, IsOutput: false);
            }
        }

        foreach (PipelineNode input in node.Inputs.Select(static input => input.Node).Distinct())
        {
            yield return new StepData(StepDataKind.Result, NameOf(input), attempt.TryHashInput(input), IsOutput: false);
        }

        if (output is not null && node.ResultType is not null)
        {
            yield return new StepData(StepDataKind.Result, NameOf(node), output, IsOutput: true);
        }
    }

    /// <summary>A group's name for its steps: who takes the group's results takes those of all.</summary>
    private static string NameOf(PipelineNode node) => node.Kind == NodeKind.Item ? node.Key[..^2] : node.Key;
}
