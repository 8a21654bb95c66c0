using System.Globalization;

namespace Mlops.Orchestration.Testing;

/// <summary>What a crash test has done.</summary>
/// <param name="Runs">Runs in all, the undisturbed one included.</param>
/// <param name="Kills">Workers that were killed.</param>
/// <param name="LostAttempts">Attempts that were cut short and followed by another.</param>
/// <param name="KillsByPoint">Kills by the point at which they happened, for example <c>AfterCommit</c>.</param>
public sealed record CrashReport(int Runs, int Kills, int LostAttempts, IReadOnlyDictionary<string, int> KillsByPoint)
{
    /// <summary>One line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Runs} runs, {Kills} kills ({string.Join(", ", KillsByPoint.Select(static pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} {pair.Key}")))}), {LostAttempts} attempts lost");
}
