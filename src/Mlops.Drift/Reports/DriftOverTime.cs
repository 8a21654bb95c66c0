namespace Mlops.Drift;

/// <summary>What e-LOND (Xu and Ramdas 2024) decided of one evaluation, so that the false discovery rate over the monitor's life holds.</summary>
public sealed record DriftOverTime
{
    /// <summary>The evidence against "nothing differs": 1 / (2 sqrt(p)) of <see cref="DriftReport.PValue"/> (Vovk and Wang 2021).</summary>
    public required double EValue { get; init; }

    /// <summary>The reciprocal of the evidence that was needed.</summary>
    public required double Level { get; init; }

    /// <summary>Whether the evidence sufficed.</summary>
    public required bool IsDiscovery { get; init; }

    /// <summary>Evaluations of the version decided so far, this one included.</summary>
    public required long Evaluations { get; init; }

    /// <summary>Discoveries among them.</summary>
    public required long Discoveries { get; init; }
}
