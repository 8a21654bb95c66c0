using Mlops.Storage;

namespace Mlops.Tuning;

public sealed partial class Study
{
    private const int ImportBatch = 200;

    /// <summary>
    /// Adds a trial with given values, which runs before new ones are begun. A parameter that is not given, or whose value is outside its domain, is
    /// sampled. It counts towards the total like any other, and runs even when the total is reached.
    /// </summary>
    /// <param name="parameters">At least one value by parameter name; see <see cref="ParameterValue.Of(double)"/>, or a <see cref="TrialRecord.Parameters"/>.</param>
    /// <param name="idempotencyKey">Up to 250 characters, unique within the study: repeating it adds nothing, and asking with it gets this trial. Null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The trial's number.</returns>
    /// <exception cref="ArgumentException">There are no values, a name cannot be used, or a number is not finite.</exception>
    public Task<int> EnqueueAsync(
        IReadOnlyDictionary<string, ParameterValue> parameters, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        RequireKey(idempotencyKey);
        if (parameters.Count == 0)
        {
            throw new ArgumentException("A trial to enqueue needs at least one value.", nameof(parameters));
        }

        foreach ((string name, ParameterValue value) in parameters)
        {
            Trial.RequireName(name);
            if (!double.IsFinite(value.Number))
            {
                throw new ArgumentException($"The value of '{name}' is {value}; a finite number is needed.", nameof(parameters));
            }

            StoredText.Require(value.ToString(), nameof(parameters));
        }

        return EnqueueCoreAsync(parameters, idempotencyKey, cancellationToken);
    }

    /// <summary>
    /// Enqueues the parameters of an earlier study's best trials, to be evaluated anew: for objectives whose values do not compare, such as an error on other
    /// data. With several objectives those of its front. Repeating the call adds nothing.
    /// </summary>
    /// <param name="earlier">A study, in this or another database.</param>
    /// <param name="trials">How many at most, 1 or more.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many were found.</returns>
    public async Task<int> EnqueueBestAsync(Study earlier, int trials, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, 1);
        List<TrialRecord> feasible = await earlier.GetFeasibleAsync(cancellationToken).ConfigureAwait(false);
        IEnumerable<TrialRecord> ranked = earlier.Directions.Count == 1 ? earlier.BestFirst(feasible) : earlier.FrontOf(feasible);
        TrialRecord[] best = [.. ranked.Where(static trial => trial.Parameters.Count > 0).DistinctBy(static trial => ParameterJson.Write(trial.Parameters)).Take(trials)];
        foreach (TrialRecord trial in best)
        {
            await EnqueueCoreAsync(trial.Parameters, KeyOf(earlier, trial, "best"), cancellationToken).ConfigureAwait(false);
        }

        return best.Length;
    }

    /// <summary>
    /// Takes over an earlier study's completed and pruned trials with their values, reports and constraints, as if they had finished here: for objectives whose
    /// values compare. Samplers, pruners and the best trial know them, and they count towards the total. Repeating the call adds nothing but what is new.
    /// </summary>
    /// <param name="earlier">A study with the same directions, in this or another database.</param>
    /// <param name="cancellationToken">Cancels the call; what was taken over stays.</param>
    /// <returns>How many trials were added.</returns>
    /// <exception cref="ArgumentException">The directions differ, or it is this study.</exception>
    /// <exception cref="DomainConflictException">A parameter has another kind, scale, step or other choices there.</exception>
    public async Task<int> CopyTrialsAsync(Study earlier, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        if (ReferenceEquals(earlier, this) || (earlier.Row == Row && ReferenceEquals(earlier._studies, _studies)) || !earlier.Directions.SequenceEqual(Directions))
        {
            throw new ArgumentException(
                $"Study '{Name}' ({DirectionText.Write(Directions)}) takes trials of another study with the same directions, got '{earlier.Name}' ({DirectionText.Write(earlier.Directions)}).", nameof(earlier));
        }

        List<StoredTrial> trials = [];
        await foreach (TrialRecord trial in earlier.GetTrialsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (trial.State is TrialState.Completed or TrialState.Pruned)
            {
                IReadOnlyList<TrialReport> reports = trial.LastReport is null ? [] : await earlier.GetReportsAsync(trial.Number, cancellationToken).ConfigureAwait(false);
                trials.Add(new StoredTrial(
                    KeyOf(earlier, trial, "copy"), trial.State, trial.Values, trial.Parameters, trial.Constraints, Reason: null, reports,
                    UnixMicroseconds.From(trial.Started), UnixMicroseconds.From(trial.Finished!.Value)));
            }
        }

        List<KeyValuePair<string, ParameterDomain>> domains = await earlier._studies.Store.ReadDomainsAsync(earlier.Row, cancellationToken).ConfigureAwait(false);
        return await ImportAsync(domains, trials, cancellationToken).ConfigureAwait(false);
    }

    internal async Task<int> ImportAsync(
        IReadOnlyList<KeyValuePair<string, ParameterDomain>> domains, IReadOnlyList<StoredTrial> trials, CancellationToken cancellationToken)
    {
        int added = 0;
        foreach (StoredTrial[] batch in trials.Chunk(ImportBatch))
        {
            added += await _studies.Retry.RunAsync(() => _studies.Store.ImportAsync(Row, domains, batch, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        foreach ((string name, ParameterDomain domain) in domains)
        {
            Space.Learn(name, domain);
        }

        return added;
    }

    private Task<int> EnqueueCoreAsync(IReadOnlyDictionary<string, ParameterValue> parameters, string? key, CancellationToken cancellationToken) => _studies.Retry.RunAsync(
        () => _studies.Store.EnqueueAsync(Row.Id, key, ParameterJson.Write(parameters), _studies.Now, _studies.Dispatcher.HasObservers, cancellationToken),
        cancellationToken);

    /// <summary>Names an earlier study's trial beyond its own database: names are long and ids alone may repeat.</summary>
    private static string KeyOf(Study earlier, TrialRecord trial, string purpose) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"{purpose}/{RandomStream.Hash(earlier.Name):x16}/{earlier.Seed:x16}/{trial.Number}");
}
