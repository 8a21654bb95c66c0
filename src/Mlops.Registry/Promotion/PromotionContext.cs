namespace Mlops.Registry;

/// <summary>What a gate judges.</summary>
/// <param name="Candidate">The version that asks to be promoted.</param>
/// <param name="Current">The version the alias names now, or null.</param>
/// <param name="Alias">The alias that would move.</param>
/// <param name="Registry">The registry, to read either version's bytes.</param>
public sealed record PromotionContext(ModelVersion Candidate, ModelVersion? Current, string Alias, ModelRegistry Registry);
