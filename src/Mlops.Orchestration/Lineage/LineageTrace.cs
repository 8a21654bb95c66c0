namespace Mlops.Orchestration;

/// <summary>What stands behind data, or what came of it, over any number of runs.</summary>
/// <param name="Uses">Each reading and making once: first of the step that was asked for, then of those behind it (or after it), run by run.</param>
/// <param name="IsComplete">False when there was more than was asked for.</param>
public sealed record LineageTrace(IReadOnlyList<DataUse> Uses, bool IsComplete)
{
    /// <summary>The runs, in the order in which they were found.</summary>
    public IEnumerable<long> RunIds => Uses.Select(static use => use.RunId).Distinct();
}
