namespace Mlops.Drift;

/// <summary>What a full window does with the next row.</summary>
internal enum WindowKeeping
{
    /// <summary>Forgets the oldest row.</summary>
    Latest,

    /// <summary>Forgets about every other row, chosen by a hash of its number, and from then on keeps that share of what comes.</summary>
    Thinned,
}
