namespace Mlops.Tuning;

/// <param name="Id">The row.</param>
/// <param name="Name">The name.</param>
/// <param name="Directions">One per objective.</param>
/// <param name="Seed">The seed of all random numbers.</param>
/// <param name="Lag">How many trials before its own a trial does not see; null where it sees what has finished.</param>
internal sealed record StudyRow(long Id, string Name, IReadOnlyList<Direction> Directions, long Seed, int? Lag = null)
{
    /// <summary>The name of the sampler that it was created with.</summary>
    public string Sampler { get; init; } = "";
}
