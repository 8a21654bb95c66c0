namespace Mlops.Tuning;

/// <summary>What a report shows.</summary>
/// <param name="Name">The study's name.</param>
/// <param name="Directions">One per objective.</param>
/// <param name="Trials">All trials by number.</param>
/// <param name="Domains">The parameters.</param>
/// <param name="Importances">By objective.</param>
/// <param name="Curves">Reports of some trials by number.</param>
/// <param name="Front">The numbers of the trials on the Pareto front.</param>
internal sealed record StudySnapshot(
    string Name,
    IReadOnlyList<Direction> Directions,
    IReadOnlyList<TrialRecord> Trials,
    IReadOnlyList<KeyValuePair<string, ParameterDomain>> Domains,
    IReadOnlyList<IReadOnlyList<ParameterImportance>> Importances,
    IReadOnlyDictionary<int, IReadOnlyList<TrialReport>> Curves,
    IReadOnlySet<int> Front)
{
    public IReadOnlyList<TrialRecord> Completed { get; } = [.. Trials.Where(static trial => trial.State == TrialState.Completed)];

    public string ObjectiveName(int objective) => Directions.Count == 1 ? "objective" : $"objective {objective}";

    /// <summary>Whether the first value is better in the objective.</summary>
    public bool IsBetter(int objective, double value, double than) => Directions[objective] == Direction.Minimize ? value < than : value > than;

    /// <summary>
    /// An axis of an objective. Values far beyond the middle half on the bad side would squeeze all others into a line; they are put at the edge.
    /// </summary>
    public ChartScale ObjectiveScale(int objective)
    {
        double[] sorted = [.. Completed.Select(trial => trial.Values[objective]).Order()];
        double lower = sorted[sorted.Length / 4];
        double upper = sorted[sorted.Length * 3 / 4];
        double reach = 3 * (upper - lower);
        double low = Directions[objective] == Direction.Minimize ? sorted[0] : Math.Max(sorted[0], lower - reach);
        double high = Directions[objective] == Direction.Minimize ? Math.Min(sorted[^1], upper + reach) : sorted[^1];
        return ChartScale.Numbers(low, high);
    }

    /// <summary>The parameters that vary, the most important for the first objective first.</summary>
    public IEnumerable<KeyValuePair<string, ParameterDomain>> Ranked()
    {
        Dictionary<string, double> importances = Importances[0].ToDictionary(static found => found.Parameter, static found => found.Importance, StringComparer.Ordinal);
        return Domains.Where(static domain => !domain.Value.IsSingle)
            .OrderByDescending(domain => importances.GetValueOrDefault(domain.Key)).ThenBy(static domain => domain.Key, StringComparer.Ordinal);
    }

    public static string Title(TrialRecord trial) =>
        $"trial {trial.Number}: {string.Join(", ", trial.Values.Select(ChartScale.Text))}{(trial.IsFeasible ? "" : ", infeasible")}";
}
