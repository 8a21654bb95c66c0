namespace Mlops.Mlflow;

/// <summary>
/// Where a client asks an experiment's artifacts to be put. That is never done: the server keeps them by their content and says so in
/// <c>artifact_location</c>. Nonsense is refused all the same, with MLflow's rules.
/// </summary>
internal static class ArtifactLocations
{
    public static void Check(string? location)
    {
        if (string.IsNullOrEmpty(location))
        {
            return;
        }

        string decoded = SafePath.Decode(location);
        int query = decoded.IndexOf('?', StringComparison.Ordinal);
        if (decoded.StartsWith("runs:", StringComparison.OrdinalIgnoreCase))
        {
            throw ProtocolException.Invalid("Artifact location cannot be a runs:/ URI.");
        }

        if (decoded.AsSpan().ContainsAny('#', ';') || (query >= 0 && decoded.AsSpan(query).Contains("..", StringComparison.Ordinal)))
        {
            throw ProtocolException.Invalid("Artifact location must not hold a fragment, parameters, or '..' in its query.");
        }
    }
}
