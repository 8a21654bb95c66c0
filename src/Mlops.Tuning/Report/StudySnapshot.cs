namespace Mlops.Tuning;

/// <summary>What a report shows.</summary>
/// <param name="Name">The study's name.</param>
/// <param name="Directions">One per objective.</param>
/// <param name="Trials">All trials by number.</param>
/// <param name="Domains">The parameters.</param>
/// <param name="Importances">By objective.</param>
/// <param name="Curves">Reports of some trials by number.</param>
/// <param name="Front">The numbers of the trials on the Pareto front.</param>
/// <param name="At">When it was read.</param>
internal sealed record StudySnapshot(
    string Name,
    IReadOnlyList<Direction> Directions,
    IReadOnlyList<TrialRecord> Trials,
    IReadOnlyList<KeyValuePair<string, ParameterDomain>> Domains,
    IReadOnlyList<IReadOnlyList<ParameterImportance>> Importances,
    IReadOnlyDictionary<int, IReadOnlyList<TrialReport>> Curves,
    IReadOnlySet<int> Front,
    DateTimeOffset At)
{
    public IReadOnlyList<TrialRecord> Completed { get; } = [.. Trials.Where(static trial => trial.State == TrialState.Completed)];

    /// <summary>Those that have run and of which is known when; what is damaged says the epoch.</summary>
    public IReadOnlyList<TrialRecord> Begun { get; } = [.. Trials.Where(static trial => trial.State != TrialState.Waiting && trial.Started > DateTimeOffset.UnixEpoch)];

    public bool IsConstrained { get; } = Trials.Any(static trial => trial.Constraints.Count > 0);

    public string ObjectiveName(int objective) => Directions.Count == 1 ? "objective" : $"objective {objective}";

    public string ObjectiveHint(int objective) => Directions[objective] == Direction.Minimize ? "lower is better" : "higher is better";

    /// <summary>Whether the first value is better in the objective.</summary>
    public bool IsBetter(int objective, double value, double than) => Directions[objective] == Direction.Minimize ? value < than : value > than;

    public ChartScale ObjectiveScale(int objective) => ChartScale.Robust(Completed.Select(trial => trial.Values[objective]), Directions[objective]);

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
