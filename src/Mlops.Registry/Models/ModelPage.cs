namespace Mlops.Registry;

/// <summary>Some of the models that a query found.</summary>
/// <param name="Models">The models in the query's order.</param>
/// <param name="Next">What <see cref="ModelQuery.After"/> is for the next page; null when this is the last.</param>
public sealed record ModelPage(IReadOnlyList<RegisteredModel> Models, string? Next);
