using System.Globalization;

namespace Mlops.Serving;

/// <summary>
/// What calls with a key have shown of two versions, and the verdict, which may be asked for after every call. The key is the unit: it counts once per
/// metric. Of calls only what is the model's doing is given to it. Thread-safe; memory is bounded by <see cref="RolloutOptions.MaximumKeys"/>.
/// </summary>
internal sealed partial class RolloutEvidence
{
    private const int FinishedPlaces = 4096;
    private readonly RolloutOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly ulong[] _finished = new ulong[FinishedPlaces];   // keys that have nothing to add, so that most calls need no lock
    private readonly KeySample _called;
    private readonly KeySample _failed;
    private readonly KeySample _timed;
    private readonly FirstFaults _faults = new();
    private readonly MeanDifference _errors;
    private readonly TimePairs? _times;
    private readonly OutcomeEvidence? _outcomes;
    private readonly double _alphaOfHarm;
    private readonly DateTimeOffset _startedAt;
    private int _stableCalls;
    private int _candidateCalls;
    private bool _hasShownWorse;

    public RolloutEvidence(RolloutOptions options, TimeProvider time, DateTimeOffset startedAt)
    {
        _options = options;
        _time = time;
        _startedAt = startedAt;
        _called = new KeySample(options.MaximumKeys);
        _failed = new KeySample(options.MaximumKeys);
        _timed = new KeySample(options.MaximumKeys);
        _errors = new MeanDifference(options.ErrorMargin, low: 0, high: 1);
        _times = options.ComputeTimeMargin is { } margin ? new TimePairs(Math.Log2(1 + margin), time) : null;
        _outcomes = options.Outcomes.Count == 0 ? null : new OutcomeEvidence(options);
        _alphaOfHarm = options.Alpha / (1 + (_times is null ? 0 : 1) + options.Outcomes.Count);
    }

    /// <summary>Whether predictions are compared with what happens.</summary>
    public bool HasOutcomes => _outcomes is not null;

    /// <summary>Called once, on the thread of a call and under no lock, when the candidate has been shown to be worse.</summary>
    public Action? ShownWorse { get; set; }

    /// <summary>Takes an answer.</summary>
    /// <param name="key">Hash of the key.</param>
    /// <param name="isCandidate">Who answered.</param>
    /// <param name="share">Of the keys, those that the candidate answered at the time.</param>
    /// <param name="run">The run that answered.</param>
    /// <param name="id">Identity of the prediction.</param>
    /// <param name="predicted">What its outcome will be compared with; <c>null</c> for nothing.</param>
    public void OnAnswer(ulong key, bool isCandidate, double share, in RunTime run, PredictionId id, double? predicted)
    {
        ref ulong finished = ref _finished[key % FinishedPlaces];
        if (Volatile.Read(ref finished) == key)
            return;

        bool isWorse;
        lock (_lock)
        {
            _changes++;
            if (_called.TryAdd(key))
                _errors.Add(isCandidate, share, 0);
            bool isDone = TakeTime(key, isCandidate, run);
            if (_outcomes is not null)
                isDone &= !_outcomes.Expect(key, isCandidate, share, id, predicted);
            if (isDone)
                Volatile.Write(ref finished, key);
            isWorse = IsNewlyWorse();
        }

        if (isWorse)
            ShownWorse?.Invoke();
    }

    /// <summary>Takes a call that failed by a fault of the model.</summary>
    /// <param name="key">Hash of the key.</param>
    /// <param name="isCandidate">Who answered.</param>
    /// <param name="share">Of the keys, those that the candidate answered at the time.</param>
    /// <param name="sharedRun">The run that failed, where it may have failed for another call; else <c>null</c>.</param>
    /// <remarks>
    /// Of a run that failed as a whole at least one call is guilty, and how many share a run differs between the versions. In doubt for the candidate where
    /// it would be rolled back: every call of a run counts for the stable version, and one for the candidate, if none of the keys has failed before and all
    /// calls are evidence. In doubt against it where it would be promoted: none counts for the stable version, and every one for the candidate.
    /// </remarks>
    public void OnFault(ulong key, bool isCandidate, double share, FailedRun? sharedRun = null)
    {
        bool isWorse;
        lock (_lock)
        {
            _changes++;
            bool isShared = sharedRun is not null;
            if (_called.TryAdd(key))
                _errors.Add(isCandidate, share, isShared && !isCandidate ? 0 : 1);
            bool isFirst = _failed.TryAdd(key);
            if (isShared && isCandidate ? sharedRun!.Take(key, isFirst) : isFirst)
                _faults.Add(isCandidate, share);
            isWorse = IsNewlyWorse();
        }

        if (isWorse)
            ShownWorse?.Invoke();
    }

    /// <summary>Takes what happened after a prediction.</summary>
    public void OnOutcome(in PredictionOutcome outcome)
    {
        if (_outcomes is null || outcome.Row != 0)
            return;

        bool isWorse;
        lock (_lock)
        {
            _changes++;
            _outcomes.Take(outcome.Id, outcome.Value);
            isWorse = IsNewlyWorse();
        }

        if (isWorse)
            ShownWorse?.Invoke();
    }

    /// <summary>The figures and the verdict now.</summary>
    public RolloutEvaluation Evaluate(ServedVersion stable, ServedVersion candidate)
    {
        DateTimeOffset now = _time.GetUtcNow();
        lock (_lock)
        {
            var metrics = new List<RolloutMetric>
            {
                new("errors", _errors.StableCount, _errors.CandidateCount, _errors.StableMean, _errors.CandidateMean, _options.ErrorMargin, _faults.LogEValue, _errors.LogBetter),
            };
            if (_times is not null)
                metrics.Add(Describe("time", _times, Math.Log2(1 + _options.ComputeTimeMargin!.Value)));
            if (_outcomes is not null)
                foreach ((string name, IMeanComparison difference) in _outcomes.Metrics)
                    metrics.Add(Describe(name, difference, _options.Outcomes[name].Margin));
            (RolloutVerdict verdict, string reason) = Judge(now);
            return new RolloutEvaluation(verdict, reason, _options.Alpha, stable.Number, candidate.Number, now, metrics);
        }
    }

    private IEnumerable<(string Name, IMeanComparison Difference)> All()
    {
        yield return ("errors", _errors);
        if (_times is not null)
            yield return ("time", _times);
        if (_outcomes is not null)
            foreach ((string name, MeanDifference difference) in _outcomes.Metrics)
                yield return (name, difference);
    }

    private static RolloutMetric Describe(string name, IMeanComparison difference, double margin) => new(
        name, difference.StableCount, difference.CandidateCount, difference.StableMean, difference.CandidateMean, margin, difference.LogWorse, difference.LogBetter);

    private bool IsNewlyWorse()
    {
        if (_hasShownWorse || FindWorse() is null)
            return false;
        _hasShownWorse = true;
        return true;
    }

    private (string Name, IMeanComparison Figures)? FindWorse()
    {
        if (_faults.Reject(_alphaOfHarm))
            return ("errors", _errors);
        if (_times?.IsWorse(_alphaOfHarm) == true)
            return ("time", _times);
        if (_outcomes is not null)
            foreach ((string name, MeanDifference difference) in _outcomes.Metrics)
                if (difference.IsWorse(_alphaOfHarm))
                    return (name, difference);

        return null;
    }

    private (RolloutVerdict Verdict, string Reason) Judge(DateTimeOffset now)
    {
        if (FindWorse() is ({ } worse, { } figures))
        {
            return (RolloutVerdict.Rollback, worse == "errors"
                ? string.Create(CultureInfo.InvariantCulture, $"{_faults.CandidateCount} keys of the candidate met a fault and {_faults.StableCount} of the stable version; by its share it should have fewer")
                : string.Create(CultureInfo.InvariantCulture, $"'{worse}' is {figures.CandidateMean:G4} with the candidate and {figures.StableMean:G4} with the stable version, which is beyond its margin"));
        }

        if (now - _startedAt is var age && age < _options.MinimumDuration)
            return (RolloutVerdict.Hold, string.Create(CultureInfo.InvariantCulture, $"it has run for {age} of {_options.MinimumDuration}"));
        foreach ((string name, IMeanComparison difference) in All())
        {
            if (difference.CandidateCount < _options.MinimumKeys)
                return (RolloutVerdict.Hold, string.Create(CultureInfo.InvariantCulture, $"'{name}' is known of {difference.CandidateCount} keys of the candidate, and {_options.MinimumKeys} are needed"));
            if (!difference.IsBetter(_options.Alpha))
                return (RolloutVerdict.Hold, $"'{name}' has not been shown to be within its margin yet");
        }

        return (RolloutVerdict.Promote, "every metric has been shown to be within its margin");
    }

    /// <summary>Whether the key has nothing to add to the time any more. It has one chance, so that who calls often does not count more often.</summary>
    private bool TakeTime(ulong key, bool isCandidate, in RunTime run)
    {
        if (_times is null || !_timed.Wants(key))
            return true;
        if (run.Ticks <= 0)
            return false;

        if (_stableCalls < _options.WarmupCalls || _candidateCalls < _options.WarmupCalls)
        {
            _ = isCandidate ? _candidateCalls++ : _stableCalls++;
            return false;   // the first calls meet cold caches
        }

        _timed.TryAdd(key);
        _times.Add(isCandidate, run);
        return true;
    }
}
