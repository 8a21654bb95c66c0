namespace Mlops.Tuning;

/// <summary>Completed trials by columns: an objective to be minimised and each parameter's coordinates, NaN where a trial did not have it.</summary>
internal sealed class CompletedTrials
{
    private CompletedTrials(double[] values, string[] names, ParameterDomain[] domains, double[][] columns)
    {
        Values = values;
        Names = names;
        Domains = domains;
        Columns = columns;
    }

    public int Count => Values.Length;

    public double[] Values { get; }

    public string[] Names { get; }

    public ParameterDomain[] Domains { get; }

    /// <summary>Coordinates by parameter, then by trial.</summary>
    public double[][] Columns { get; }

    /// <param name="trials">Trials of any state; those that have not completed are left out.</param>
    /// <param name="domains">The study's parameters.</param>
    /// <param name="objective">Which objective.</param>
    /// <param name="direction">Which way it gets better.</param>
    public static CompletedTrials Of(IEnumerable<TrialRecord> trials, IReadOnlyList<KeyValuePair<string, ParameterDomain>> domains, int objective, Direction direction)
    {
        TrialRecord[] completed = [.. trials.Where(static trial => trial.State == TrialState.Completed)];
        double[][] columns =
            [.. domains.Select(domain => Array.ConvertAll(completed, trial => trial.Parameters.TryGetValue(domain.Key, out ParameterValue value) ? domain.Value.ToCoordinate(value) ?? double.NaN : double.NaN))];
        return new CompletedTrials(
            Array.ConvertAll(completed, trial => direction == Direction.Minimize ? trial.Values[objective] : -trial.Values[objective]),
            [.. domains.Select(static domain => domain.Key)], [.. domains.Select(static domain => domain.Value)], columns);
    }

    /// <summary>How many trials had the parameter.</summary>
    public int Having(int parameter) => Columns[parameter].Count(static coordinate => !double.IsNaN(coordinate));
}
