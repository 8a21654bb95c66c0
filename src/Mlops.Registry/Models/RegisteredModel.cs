namespace Mlops.Registry;

/// <summary>A model and where its aliases point.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LastVersion">The number of its newest version.</param>
/// <param name="CreatedAt">When its first version was registered, UTC.</param>
/// <param name="Aliases">Each alias that points to a version, and the version's number.</param>
public sealed record RegisteredModel(string Name, int LastVersion, DateTimeOffset CreatedAt, IReadOnlyDictionary<string, int> Aliases);
