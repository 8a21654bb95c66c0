namespace NightlyRetrain;

/// <summary>A candidate beside the version that serves, both on the same four weeks.</summary>
/// <param name="Version">The candidate.</param>
/// <param name="Error">Its mean absolute error, in thousands of entries.</param>
/// <param name="Champion">The version that serves, if there is one.</param>
/// <param name="ChampionError">Its error.</param>
public sealed record Comparison(int Version, double Error, int? Champion, double? ChampionError)
{
    /// <summary>Less than this is not worth a change.</summary>
    private const double WorthwhileGain = 0.01;

    public bool IsWorthwhile => ChampionError is not { } other || Error < (1 - WorthwhileGain) * other;

    public override string ToString() => Champion is { } champion
        ? FormattableString.Invariant($"version {Version} ({Error:F3}) instead of version {champion} ({ChampionError:F3})")
        : FormattableString.Invariant($"version {Version} ({Error:F3}) as the first");
}
