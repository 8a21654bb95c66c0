using Mlops.Orchestration;

namespace NightlyRetrain;

/// <summary>What the models of a night are fitted and judged on.</summary>
/// <param name="Rows">The days themselves, stored by their content.</param>
/// <param name="Count">How many they are.</param>
/// <param name="Last">The newest.</param>
/// <param name="DaysMissing">Days without a row before the night.</param>
public sealed record Dataset(ArtifactRef Rows, int Count, DateOnly Last, int DaysMissing);
