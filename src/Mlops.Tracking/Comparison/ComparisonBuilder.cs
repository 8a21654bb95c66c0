namespace Mlops.Tracking;

/// <summary>Puts what was read of several runs side by side.</summary>
internal static class ComparisonBuilder
{
    private const string Reserved = "mlflow.";

    private static readonly (string Tag, string Name)[] EnvironmentTags =
    [
        (RunTags.GitCommit, "git commit"),
        (RunTags.GitBranch, "git branch"),
        (RunTags.GitRepository, "git repository"),
        (RunTags.SourceName, "source"),
        (RunTags.SourceType, "source type"),
    ];

    public static RunComparison Build(IReadOnlyList<RunRecord> runs, IReadOnlyList<IReadOnlyList<DatasetInput>> datasets, IReadOnlyList<ComparedMetric> metrics)
    {
        IEnumerable<string> tags = NamesOf(runs, static run => run.Tags.Keys).Where(static name => !Array.Exists(EnvironmentTags, known => known.Tag == name));
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
            Environment = EnvironmentOf(runs),
            Datasets = DatasetsOf(datasets),
        };
    }

    /// <summary>The names of any of the runs, in order.</summary>
    public static IEnumerable<string> NamesOf(IReadOnlyList<RunRecord> runs, Func<RunRecord, IEnumerable<string>> names) =>
        runs.SelectMany(names).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static ComparedValue Compare(string name, IReadOnlyList<RunRecord> runs, Func<RunRecord, string?> value) => new(name, [.. runs.Select(value)]);

    private static ComparedValue[] EnvironmentOf(IReadOnlyList<RunRecord> runs) =>
    [
        .. EnvironmentTags
            .Where(known => runs.Any(run => run.Tags.ContainsKey(known.Tag)))
            .Select(known => Compare(known.Name, runs, run => run.Tags.GetValueOrDefault(known.Tag))),
    ];

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
