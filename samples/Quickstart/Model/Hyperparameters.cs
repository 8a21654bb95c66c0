namespace Quickstart;

/// <summary>What tuning chooses once, on the years before the replay.</summary>
/// <param name="Lambda">Ridge penalty on standardised features, above 0.</param>
/// <param name="Harmonics">Pairs of sine and cosine over the year, 0 or more.</param>
/// <param name="HalfLifeDays">Age at which a training day counts half, above 0.</param>
public sealed record Hyperparameters(double Lambda, int Harmonics, double HalfLifeDays);
