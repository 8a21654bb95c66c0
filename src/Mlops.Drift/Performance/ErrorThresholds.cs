namespace Mlops.Drift;

/// <summary>When a larger error counts. Drift needs both: significance and an effect of at least the floor.</summary>
public sealed class ErrorThresholds
{
    /// <summary>The level of the one-sided test, strictly between 0 and 0.5; default 0.01.</summary>
    public double Alpha { get; set; } = 0.01;

    /// <summary>The smallest relative increase of the mean error that counts, default 0.1: a tenth.</summary>
    public double EffectFloor { get; set; } = 0.1;

    /// <summary>The relative increase that must be detectable before "no drift" is said, default 0.5.</summary>
    public double MaterialEffect { get; set; } = 0.5;

    /// <summary>Labelled predictions that a verdict needs, 8 (default) to 10 000 000; with fewer it is Undecided.</summary>
    public int MinimumRows { get; set; } = 8;

    internal void Validate()
    {
        Require.InRange(MinimumRows, 8, 10_000_000, nameof(MinimumRows));
        Require.Level(Alpha, 0.5, nameof(Alpha));
        Require.NotNegative(EffectFloor, nameof(EffectFloor));
        Require.NotNegative(MaterialEffect, nameof(MaterialEffect));
    }
}
