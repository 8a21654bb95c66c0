using System.Globalization;

namespace Mlops.Tuning;

/// <summary>
/// A search for the parameters that make one or several objectives best. Everything is stored as it happens, so the search
/// goes on after a crash, and in several processes at once. Thread-safe.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing to release.")]
public sealed partial class Study
{
    private const int MaximumReasonLength = 2_000;
    private const int MaximumKeyLength = 250;

    private readonly Studies _studies;
    private readonly TrialHistory _history;
    private readonly SemaphoreSlim _sampling = new(1, 1);
    private readonly string _sampler;
    private TaskCompletionSource _ended = NewSignal();
    private int _saidSampler;

    internal Study(Studies studies, StudyRow row, StudySpace space, ISampler sampler, IPruner? pruner)
    {
        _studies = studies;
        Row = row;
        Space = space;
        _sampler = sampler.Name;
        Sampler = sampler.ForStudy(space);
        _history = new TrialHistory(row.Directions.Count);
        Pruning = pruner is null ? null : new StudyPruning(pruner, studies.Store, row, space);
    }

    /// <summary>The name.</summary>
    public string Name => Row.Name;

    /// <summary>One direction per objective.</summary>
    public IReadOnlyList<Direction> Directions => Row.Directions;

    /// <summary>The seed of all random numbers.</summary>
    public long Seed => Row.Seed;

    /// <summary>What choices may depend on.</summary>
    public Determinism Determinism => Determinism.Of(Row.Lag);

    /// <summary>The parameters that are known so far.</summary>
    public StudySpace Space { get; }

    /// <summary>
    /// Why the last trial that began here was sampled the way it was, such as which sampler <see cref="AutoSampler"/> chose on what grounds; null before and for samplers that have no choice.
    /// </summary>
    public string? SamplerReason => Sampler.Reason;

    internal StudyRow Row { get; }

    internal StudySampler Sampler { get; }

    /// <summary>
    /// Begins a trial: without a key a paused one that is promising by now; else one that a lost process has left behind, else a new one. Tell its outcome with <see cref="TellAsync(Trial, double, CancellationToken)"/>,
    /// or dispose it to give it back.
    /// </summary>
    /// <param name="idempotencyKey">
    /// Up to 250 characters, unique within the study. Repeating it returns the same trial, with the same number and parameters; an
    /// earlier holder of it is fenced out. Null for none.
    /// </param>
    /// <param name="cancellationToken">
    /// Cancels the ask. In a study with a lag it may wait for trials that the new one is to see: who holds more than lag + 1 trials waits for himself.
    /// </param>
    /// <exception cref="ArgumentException">The key is empty, too long, or cannot be stored.</exception>
    /// <exception cref="ObjectDisposedException">The <see cref="Studies"/> are disposed: nobody would hold the trial.</exception>
    public async Task<Trial> AskAsync(string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        RequireKey(idempotencyKey);
        TimeSpan poll = ShortestPoll;
        while (true)
        {
            Task ended = _ended.Task;
            (Trial? trial, _) = await BeginAsync(long.MaxValue, idempotencyKey, cancellationToken).ConfigureAwait(false);
            if (trial is not null)
            {
                return trial;
            }

            poll = await OutwaitAsync(ended, poll, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Completes a trial of a study with one objective. NaN or an infinite value makes it <see cref="TrialState.Failed"/>, with the reason.
    /// Telling the same again does nothing.
    /// </summary>
    /// <exception cref="TrialLostException">The trial was taken over; nothing was written.</exception>
    /// <exception cref="TrialFinishedException">It was told before, with another outcome.</exception>
    /// <exception cref="DomainConflictException">Another process has used a parameter with a contradicting domain; the trial still runs.</exception>
    public Task<TrialRecord> TellAsync(Trial trial, double value, CancellationToken cancellationToken = default) => TellAsync(trial, [value], cancellationToken);

    /// <summary>Completes a trial with one value per objective.</summary>
    /// <exception cref="ArgumentException">The number of values is not that of the directions, or the trial is of another study.</exception>
    /// <exception cref="TrialLostException">The trial was taken over; nothing was written.</exception>
    /// <exception cref="TrialFinishedException">It was told before, with another outcome.</exception>
    public Task<TrialRecord> TellAsync(Trial trial, IReadOnlyList<double> values, CancellationToken cancellationToken = default)
    {
        RequireOwn(trial);
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count != Directions.Count)
        {
            throw new ArgumentException($"Study '{Name}' has {Directions.Count} objectives, got {values.Count} values.", nameof(values));
        }

        return Unusable(values) is { } reason
            ? FinishAsync(trial, TrialState.Failed, [], reason, cancellationToken)
            : FinishAsync(trial, TrialState.Completed, [.. values], reason: null, cancellationToken);
    }

    /// <summary>Ends a trial without a value.</summary>
    /// <param name="trial">A trial that this study has handed out.</param>
    /// <param name="reason">Why, for people who look; kept to 2 000 characters.</param>
    /// <param name="cancellationToken">Cancels the write while it waits.</param>
    /// <exception cref="TrialLostException">The trial was taken over; nothing was written.</exception>
    /// <exception cref="TrialFinishedException">It was told before, with another outcome.</exception>
    public Task<TrialRecord> FailAsync(Trial trial, string reason, CancellationToken cancellationToken = default)
    {
        RequireOwn(trial);
        ArgumentException.ThrowIfNullOrEmpty(reason);
        return FinishAsync(trial, TrialState.Failed, [], Storable(reason), cancellationToken);
    }

    /// <summary>Ends a trial early; its last report stands for it.</summary>
    /// <exception cref="TrialLostException">The trial was taken over; nothing was written.</exception>
    /// <exception cref="TrialFinishedException">It was told before, with another outcome.</exception>
    public Task<TrialRecord> PruneAsync(Trial trial, CancellationToken cancellationToken = default)
    {
        RequireOwn(trial);
        return FinishAsync(trial, TrialState.Pruned, [], reason: null, cancellationToken);
    }

    /// <summary>Waits until the observers have been told of everything stored before. <c>OptimizeAsync</c> does it by itself.</summary>
    /// <exception cref="ObjectDisposedException">The <see cref="Studies"/> are disposed; what observers were not told of they are told when the study is optimised next.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _studies.Dispatcher.DrainAsync(cancellationToken);

    internal async Task ReleaseAsync(Trial trial)
    {
        await ReleaseAsync(trial.ToUpdate()).ConfigureAwait(false);
        SignalEnd();
    }

    private async Task<TrialRecord> FinishAsync(
        Trial trial, TrialState state, IReadOnlyList<double> values, string? reason, CancellationToken cancellationToken)
    {
        bool mayBeOurs = false;
        (TellOutcome outcome, TellRequest request) = await _studies.Retry.RunAsync(
            async () =>
            {
                await trial.SettleAsync().ConfigureAwait(false);
                TellRequest request = trial.ToTell(state, values, reason, _studies.Now);
                try
                {
                    Task<TellOutcome> told = state == TrialState.Paused
                        ? _studies.Store.PauseAsync(request, cancellationToken)
                        : _studies.Store.TellAsync(request, cancellationToken);
                    return (await told.ConfigureAwait(false), request);
                }
                catch (TrialLostException)
                {
                    trial.MarkLost();
                    throw;
                }
                catch (Storage.StorageException exception) when (exception.OutcomeUnknown)
                {
                    // It may have been told, and a renewal of a told trial would look like a loss: the trial stays settled.
                    mayBeOurs = true;
                    throw;
                }
                catch
                {
                    trial.Unsettle();
                    throw;
                }
            },
            cancellationToken).ConfigureAwait(false);

        TrialRecord record = trial.MarkTold(request, outcome, values);
        Pruning?.End(record.Number, record.State, record.Values, record.IsFeasible, request.JudgedBefore);
        SignalEnd();
        if (state == TrialState.Completed && trial.UnusedValues() is { Count: > 0 } unused)
        {
            _studies.Logger.EnqueuedValuesUnused(Name, trial.Number, string.Join(", ", unused));
        }

        if (state != TrialState.Paused && (!outcome.IsRepeat || mayBeOurs))
        {
            await PublishAsync(record).ConfigureAwait(false);
        }

        return record;
    }

    private ValueTask PublishAsync(TrialRecord record)
    {
        _studies.Telemetry.Finished(record.State, record.Finished!.Value - record.Started);
        return _studies.Dispatcher.FinishedAsync(Row, record, CancellationToken.None);
    }

    private static void RequireKey(string? idempotencyKey)
    {
        if (idempotencyKey is { Length: 0 or > MaximumKeyLength })
        {
            throw new ArgumentException($"An idempotency key has 1 to {MaximumKeyLength} characters, got {idempotencyKey.Length}.", nameof(idempotencyKey));
        }

        if (idempotencyKey is not null)
        {
            StoredText.Require(idempotencyKey, nameof(idempotencyKey));
        }
    }

    private void RequireOwn(Trial trial)
    {
        ArgumentNullException.ThrowIfNull(trial);
        if (trial.Study.Row.Id != Row.Id)
        {
            throw new ArgumentException($"Trial {trial.Number} belongs to study '{trial.Study.Name}', not to '{Name}'.", nameof(trial));
        }
    }

    private string? Unusable(IReadOnlyList<double>? values)
    {
        if (values is null || values.Count != Directions.Count)
        {
            return string.Create(CultureInfo.InvariantCulture, $"The objective returned {values?.Count ?? 0} values, {Directions.Count} are needed.");
        }

        for (int i = 0; i < values.Count; i++)
        {
            if (!double.IsFinite(values[i]))
            {
                string which = values.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" for objective {i}");
                return string.Create(CultureInfo.InvariantCulture, $"The objective returned {values[i]}{which}; a finite number is needed.");
            }
        }

        return null;
    }

    /// <summary>Text from exceptions may hold what the engines refuse.</summary>
    private static string Storable(string reason)
    {
        string text = reason.Length > MaximumReasonLength ? reason[..MaximumReasonLength] : reason;
        return string.Create(text.Length, text, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = source[i] == '\0' || char.IsSurrogate(source[i]) ? '\uFFFD' : source[i];
            }
        });
    }
}
