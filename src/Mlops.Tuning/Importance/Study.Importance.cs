namespace Mlops.Tuning;

public sealed partial class Study
{
    private const int DefaultResamples = 200;
    private const int DefaultTrees = 64;

    /// <summary>How much each parameter matters, the most important first; by the completed trials, feasible or not.</summary>
    /// <param name="options">Method and objective; null for PED-ANOVA of the first objective.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>
    /// Every parameter of the study. One that cannot vary has 0, and so does by <see cref="ImportanceMethod.Fanova"/> one that some completed trial lacks.
    /// Empty with fewer than three completed trials. The same trials always give the same result.
    /// </returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public async Task<IReadOnlyList<ParameterImportance>> GetImportancesAsync(ImportanceOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ImportanceOptions();
        options.Validate(Directions.Count, nameof(options));
        List<TrialRecord> trials = [];
        await foreach (TrialRecord trial in GetTrialsAsync(cancellationToken).ConfigureAwait(false))
        {
            trials.Add(trial);
        }

        return Importances(trials, await _studies.Store.ReadDomainsAsync(Row, cancellationToken).ConfigureAwait(false), options);
    }

    private List<ParameterImportance> Importances(
        List<TrialRecord> trials, IReadOnlyList<KeyValuePair<string, ParameterDomain>> domains, ImportanceOptions options)
    {
        CompletedTrials completed = CompletedTrials.Of(trials, domains, options.Objective, Directions[options.Objective]);
        if (completed.Count < PedAnova.FewestTrials)
        {
            return [];
        }

        (double Value, (double Low, double High) Interval)[] found = options.Method == ImportanceMethod.Fanova
            ? ByTrees(completed, options.Resamples ?? DefaultTrees)
            : ByDivergence(completed, options.Quantile, options.Resamples ?? DefaultResamples);
        return [.. completed.Names
            .Select((name, i) => new ParameterImportance(name, found[i].Value, found[i].Interval.Low, found[i].Interval.High, completed.Having(i)))
            .OrderByDescending(static importance => importance.Importance).ThenBy(static importance => importance.Parameter, StringComparer.Ordinal)];
    }

    private (double Value, (double Low, double High) Interval)[] ByDivergence(CompletedTrials completed, double quantile, int resamples)
    {
        var measure = new PedAnova(completed, quantile);
        double[] estimate = measure.Shares([.. Enumerable.Range(0, completed.Count)]);
        double[][] replicas = [.. Enumerable.Range(0, resamples).Select(replica => measure.Shares(Resampling.Draw(OfReplica(replica), completed.Count, completed.Count)))];
        return [.. estimate.Select((value, i) => (value, Resampling.Corrected(value, Array.ConvertAll(replicas, replica => replica[i]))))];
    }

    private (double Value, (double Low, double High) Interval)[] ByTrees(CompletedTrials completed, int trees) =>
        Array.ConvertAll(new Fanova(completed).Shares(OfReplica, trees), static shares => shares.Length == 0 ? default : (shares.Average(), Resampling.Interval(shares)));

    private RandomStream OfReplica(int replica) => new(Seed, replica, "importance");
}
