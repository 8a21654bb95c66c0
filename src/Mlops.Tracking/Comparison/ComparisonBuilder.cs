using System.Globalization;

namespace Mlops.Tracking;

/// <summary>Puts what was read of several runs side by side.</summary>
internal static class ComparisonBuilder
{
    private const string Reserved = "mlflow.";

    private static readonly (string Name, Func<RunEnvironment, string?> Captured, string? Tag)[] CodeRows =
    [
        ("git commit", static found => found.GitCommit, RunTags.GitCommit),
        ("git branch", static found => found.GitBranch, RunTags.GitBranch),
        ("git repository", static found => found.Repository, RunTags.GitRepository),
        ("uncommitted changes", static found => found.IsDirty switch { true => "yes", false => "no", null => null }, null),
        ("source", static found => found.EntryAssembly, RunTags.SourceName),
        ("source type", static _ => null, RunTags.SourceType),
    ];

    private static readonly (string Name, Func<RunEnvironment, string?> Captured)[] EnvironmentRows =
    [
        ("runtime", static found => found.Runtime),
        ("operating system", static found => found.OperatingSystem),
        ("architecture", static found => found.Architecture),
        ("processor", static found => found.Processor),
        ("processors", static found => found.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
        ("memory, bytes", static found => found.MemoryBytes.ToString(CultureInfo.InvariantCulture)),
        ("command line options", static found => found.CommandLineOptions is { } options ? string.Join(' ', options) : null),
    ];

    public static RunComparison Build(
        IReadOnlyList<RunRecord> runs, IReadOnlyList<RunEnvironment?> environments, IReadOnlyList<IReadOnlyList<DatasetInput>> datasets, IReadOnlyList<ComparedMetric> metrics)
    {
        IEnumerable<string> tags = NamesOf(runs, static run => run.Tags.Keys).Where(static name => !Array.Exists(CodeRows, row => row.Tag == name));
        ILookup<bool, ComparedValue> byKind = tags
            .Select(name => Compare(name, runs, run => run.Tags.GetValueOrDefault(name)))
            .ToLookup(static tag => tag.Name.StartsWith(Reserved, StringComparison.Ordinal));
        return new RunComparison
        {
            Runs = runs,
            Parameters = [.. NamesOf(runs, static run => run.Parameters.Keys).Select(name => Compare(name, runs, run => run.Parameters.GetValueOrDefault(name)))],
            Metrics = metrics,
            Tags = [.. byKind[false]],
            ReservedTags = [.. byKind[true]],
            Code = [.. CodeOf(runs, environments), .. AssembliesOf(environments)],
            Environment = EnvironmentOf(environments),
            Datasets = DatasetsOf(datasets),
        };
    }

    /// <summary>The names of any of the runs, in order.</summary>
    public static IEnumerable<string> NamesOf(IReadOnlyList<RunRecord> runs, Func<RunRecord, IEnumerable<string>> names) =>
        runs.SelectMany(names).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static ComparedValue Compare(string name, IReadOnlyList<RunRecord> runs, Func<RunRecord, string?> value) => new(name, [.. runs.Select(value)]);

    private static IEnumerable<ComparedValue> CodeOf(IReadOnlyList<RunRecord> runs, IReadOnlyList<RunEnvironment?> environments) => Known(CodeRows
        .Select(row => new ComparedValue(row.Name, [.. runs.Zip(
            environments,
            (run, found) => (row.Tag is null ? null : run.Tags.GetValueOrDefault(row.Tag)) ?? (found is null ? null : row.Captured(found)))])));

    private static IEnumerable<ComparedValue> AssembliesOf(IReadOnlyList<RunEnvironment?> environments) => environments
        .SelectMany(static found => found?.Assemblies.Select(static assembly => assembly.Name) ?? [])
        .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
        .Select(name => new ComparedValue($"assembly {name}", [.. environments.Select(found => VersionOf(found, name))]));

    private static string? VersionOf(RunEnvironment? environment, string name) =>
        environment?.Assemblies.FirstOrDefault(assembly => assembly.Name == name) is { } loaded
            ? string.Create(CultureInfo.InvariantCulture, $"{loaded.Version} ({loaded.ModuleVersionId.ToString("N")[..8]})")
            : null;

    private static ComparedValue[] EnvironmentOf(IReadOnlyList<RunEnvironment?> environments) =>
        [.. Known(EnvironmentRows.Select(row => new ComparedValue(row.Name, [.. environments.Select(found => found is null ? null : row.Captured(found))])))];

    private static IEnumerable<ComparedValue> Known(IEnumerable<ComparedValue> rows) => rows.Where(static row => row.Values.Any(static value => value is not null));

    private static ComparedValue[] DatasetsOf(IReadOnlyList<IReadOnlyList<DatasetInput>> datasets)
    {
        IEnumerable<(string Name, string? Context)> used = datasets
            .SelectMany(static run => run).Select(static dataset => (dataset.Name, dataset.Context)).Distinct()
            .OrderBy(static dataset => dataset.Name, StringComparer.Ordinal).ThenBy(static dataset => dataset.Context, StringComparer.Ordinal);
        return [.. used.Select(one => new ComparedValue(
            one.Context is null ? one.Name : $"{one.Name} ({one.Context})",
            [.. datasets.Select(run => DigestsOf(run, one.Name, one.Context))]))];
    }

    private static string? DigestsOf(IReadOnlyList<DatasetInput> run, string name, string? context)
    {
        string digests = string.Join(", ", run
            .Where(dataset => dataset.Name == name && dataset.Context == context)
            .Select(static dataset => dataset.Digest).Order(StringComparer.Ordinal));
        return digests.Length == 0 ? null : digests;
    }
}
