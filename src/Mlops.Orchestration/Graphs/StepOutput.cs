namespace Mlops.Orchestration;

/// <summary>What an attempt produced, serialised.</summary>
/// <param name="Payload">The result as UTF-8 JSON.</param>
internal sealed record StepOutput(byte[] Payload)
{
    /// <summary>Of a group: its items in order.</summary>
    public IReadOnlyList<ExpandedItem>? Items { get; init; }

    /// <summary>Of an approval that has not been decided: what is asked.</summary>
    public string? Question { get; init; }

    /// <summary>What the checks of its result said.</summary>
    public IReadOnlyList<CheckResult> Checks { get; init; } = [];

    /// <summary>Of a condition: which branch is taken. Of a round: whether it is the last one.</summary>
    public bool? Decision { get; init; }
}

/// <param name="Key">The item's key within the group.</param>
/// <param name="Payload">The item as UTF-8 JSON.</param>
internal readonly record struct ExpandedItem(string Key, byte[] Payload);
