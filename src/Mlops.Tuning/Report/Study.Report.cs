namespace Mlops.Tuning;

public sealed partial class Study
{
    private const int MaximumCurves = 100;

    /// <summary>
    /// The study as one self-contained HTML document without scripts: history, importance, Pareto front, slices, parallel coordinates,
    /// learning curves, timeline and the best trials. It shows parameters and values. Pictures of large studies leave points out.
    /// </summary>
    public async Task<string> ToHtmlAsync(CancellationToken cancellationToken = default)
    {
        List<TrialRecord> trials = [];
        await foreach (TrialRecord trial in GetTrialsAsync(cancellationToken).ConfigureAwait(false))
        {
            trials.Add(trial);
        }

        List<KeyValuePair<string, ParameterDomain>> domains = await _studies.Store.ReadDomainsAsync(Row, cancellationToken).ConfigureAwait(false);
        Dictionary<int, IReadOnlyList<TrialReport>> curves = [];
        TrialRecord[] reporting = [.. trials.Where(static trial => trial.LastReport is not null)];
        HashSet<int> front = [.. (Directions.Count == 1 ? BestFirst(trials).Take(1) : FrontOf(trials)).Select(static trial => trial.Number)];
        int every = (reporting.Length + MaximumCurves - 1) / MaximumCurves;
        foreach (TrialRecord trial in reporting.Where((trial, i) => i % every == 0 || (front.Contains(trial.Number) && Directions.Count == 1)))
        {
            curves.Add(trial.Number, await ReadEarlierAsync(trial.Number, cancellationToken).ConfigureAwait(false));
        }

        IReadOnlyList<ParameterImportance>[] importances =
            [.. Directions.Select((_, objective) => Importances(trials, domains, new ImportanceOptions { Objective = objective }))];
        return new StudyPage(new StudySnapshot(Name, Directions, trials, domains, importances, curves, front)).Render();
    }
}
