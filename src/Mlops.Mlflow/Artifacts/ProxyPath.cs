using System.Globalization;
using Mlops.Registry;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>
/// A path of the artifact proxy, of which there are two kinds: <c>experiment/run/artifacts/name</c>, files of a run, and
/// <c>models/model/version/name</c>, files of a registered version, which nobody changes. Ids and names, never a path of a file system.
/// </summary>
internal readonly record struct ProxyPath
{
    private const string Scheme = "mlflow-artifacts:/";
    private const string Artifacts = "artifacts";
    private const string Models = "models";

    /// <summary>The run's experiment and id, or null.</summary>
    public (string Experiment, string Id)? Run { get; private init; }

    /// <summary>The version's model and number, or null.</summary>
    public (string Model, int Number)? Version { get; private init; }

    /// <summary>The file or folder within; empty for all.</summary>
    public string Name { get; private init; }

    public static string RootOf(RunRecord run) => $"{Scheme}{ExperimentIds.IdOf(run)}/{run.Id}/{Artifacts}";

    public static string RootOf(ModelVersion version) =>
        string.Create(CultureInfo.InvariantCulture, $"{Scheme}{Models}/{Uri.EscapeDataString(version.Model)}/{version.Number}");

    /// <summary>Reads a path.</summary>
    /// <exception cref="ProtocolException">It leaves the root, or names nothing that there could be.</exception>
    public static ProxyPath Read(string? path)
    {
        string[] segments = (path ?? "").Split('/', 4);
        if (segments.Length >= 3 && segments[0] == Models
            && int.TryParse(segments[2], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0)
        {
            // Models may have names that files may not; clients send a model's as the version's address has it, encoded once more or not.
            return new ProxyPath { Version = (SafePath.Decode(segments[1]), number), Name = segments.Length == 4 ? SafePath.Read(segments[3]) : "" };
        }

        segments = SafePath.Read(path).Split('/', 4);
        return segments.Length >= 3 && segments[2] == Artifacts
            ? new ProxyPath { Run = (segments[0], segments[1]), Name = segments.Length == 4 ? segments[3] : "" }
            : throw ProtocolException.NotFound("Artifacts are kept below <experiment id>/<run id>/artifacts, as the artifact_uri of a run says.");
    }

    /// <summary>Reads what follows <c>mlflow-artifacts:/</c> in an address without a host; null when the address is another.</summary>
    public static ProxyPath? ReadUri(string uri)
    {
        if (!uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string path = uri[Scheme.Length..];
        if (path.StartsWith("//", StringComparison.Ordinal))
        {
            path = path[2..];
        }

        return path.StartsWith('/') ? null : Read(path);
    }
}
