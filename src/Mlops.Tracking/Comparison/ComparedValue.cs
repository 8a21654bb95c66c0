namespace Mlops.Tracking;

/// <summary>One fact of several runs side by side.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Values">Its value in each run, in the order of <see cref="RunComparison.Runs"/>; null where a run has none.</param>
public sealed record ComparedValue(string Name, IReadOnlyList<string?> Values)
{
    /// <summary>Which runs agree: those with the same number, counted from 0 in order of appearance. Runs without a value agree.</summary>
    public IReadOnlyList<int> Groups { get; } = Agreement.Of(Values);

    /// <summary>Whether any run disagrees with another.</summary>
    public bool Differs => Groups.Any(static group => group > 0);
}
