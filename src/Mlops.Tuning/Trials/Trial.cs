using System.Diagnostics;
using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>
/// One evaluation of the objective that this process holds: it asks for parameter values, reports, and is told its outcome.
/// Its lease is renewed in the background for as long as the object is referenced. Thread-safe.
/// </summary>
public sealed partial class Trial : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Study _study;
    private readonly ClaimedTrial _claim;
    private readonly SamplingContext _context;
    private readonly TimeSpan _lease;
    private readonly CancellationTokenSource _lost = new();

    // Fires on a timer's thread, where an exception out of a user's callback would end the process: it only sets off the other one.
    private readonly CancellationTokenSource _fence = new();
    private readonly Dictionary<string, ParameterValue> _given;
    private readonly OrderedDictionary<string, (ParameterDomain Domain, double Coordinate)> _parameters = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, double> _constraints;
    private readonly List<TrialReport> _unsaved = [];
    private TrialReport? _lastReport;

    // The last report up to where this attempt has come; the other may be of an earlier attempt that came further.
    private TrialReport? _reached;
    private TaskCompletionSource? _saving;
    private long _renewed;
    private bool _parametersChanged;
    private bool _settled;
    private bool _mayHaveCheckpoint;
    private int _judgedStep;
    private int _judgedBefore;
    private PruningVerdict _verdict;

    internal Trial(Study study, ClaimedTrial claim, SamplingContext context, DateTimeOffset started, TimeSpan lease, long sent, IReadOnlyList<TrialReport> reached)
    {
        _study = study;
        _claim = claim;
        _lease = lease;
        _renewed = sent;
        _context = context;
        _lastReport = claim.LastReport;
        _reached = reached.Count > 0 ? reached[^1] : null;
        _judgedBefore = _judgedStep = JudgedStep(reached, claim.IsResumed);
        _mayHaveCheckpoint = !claim.IsNew;
        _constraints = ConstraintValues.ReadWhereSound(claim.Constraints);
        _given = new(StringComparer.Ordinal);
        State = claim.State;
        if (State == TrialState.Running)
        {
            Give(claim.Proposal);
            Give(claim.Parameters);
        }

        Started = started;
        Lost = _lost.Token;
        _fence.Token.UnsafeRegister(static lost => _ = ((CancellationTokenSource)lost!).CancelAsync(), _lost);
        if (State == TrialState.Running)
        {
            FenceAfter(sent);
        }
    }

    /// <summary>The number within the study, from 0 without gaps; the same for every attempt.</summary>
    public int Number => _claim.Number;

    /// <summary>How often the trial has been started, from 1.</summary>
    public int Attempt => _claim.Attempt;

    /// <summary>See <see cref="TrialRecord.Key"/>.</summary>
    public string Key => TuningStore.Key(_study.Row.Id, Number);

    /// <summary>Where it stands, as far as this object knows.</summary>
    public TrialState State { get; private set; }

    /// <summary>
    /// Fires when the trial may have been taken over: two thirds of the lease have passed on this machine's monotonic clock without a
    /// renewal. What is computed from then on is likely to be discarded.
    /// </summary>
    public CancellationToken Lost { get; }

    internal ClaimedTrial Claim => _claim;

    internal Study Study => _study;

    internal DateTimeOffset Started { get; }

    /// <summary>The token that the objective was given, or none when the trial was asked for by hand.</summary>
    internal CancellationToken Stop { get; set; }

    /// <summary>
    /// Gives a trial back that was not told, so that another ask takes it over at once, with what it has reported. Does nothing to a trial that was told.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (State != TrialState.Running)
        {
            return;
        }

        await SettleAsync().ConfigureAwait(false);
        Leave();
        await _study.ReleaseAsync(this).ConfigureAwait(false);
        await _lost.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends the background updates; completes when none is under way.</summary>
    internal Task SettleAsync()
    {
        lock (_gate)
        {
            _settled = true;
            return _saving?.Task ?? Task.CompletedTask;
        }
    }

    /// <summary>Resumes the background updates after a tell that failed.</summary>
    internal void Unsettle()
    {
        lock (_gate)
        {
            _settled = false;
        }
    }

    /// <summary>The outcome with everything not stored yet. The trial has been settled.</summary>
    internal TellRequest ToTell(TrialState state, IReadOnlyList<double> values, string? reason, long now)
    {
        lock (_gate)
        {
            return new TellRequest(
                _study.Row.Id, _study.Name, _claim.Id, Number, Attempt, _claim.Epoch, state,
                values.Count > 0 ? values[0] : null, ObjectiveValues.WriteFurther(values), reason, ParameterJson.Write(Values()),
                _constraints.Count > 0 ? ConstraintValues.Write(_constraints) : null, ConstraintValues.Violation(_constraints),
                state == TrialState.Failed ? [] : NewDomains(), PackUnsaved(), _lastReport, now, _mayHaveCheckpoint, _judgedBefore);
        }
    }

    internal TrialRecord MarkTold(TellRequest told, TellOutcome outcome, IReadOnlyList<double> values)
    {
        lock (_gate)
        {
            State = told.State;
            _settled = true;
            _unsaved.Clear();
            foreach ((string name, ParameterDomain domain) in told.NewDomains)
            {
                _study.Space.Learn(name, domain);
            }

            _fence.CancelAfter(Timeout.InfiniteTimeSpan);
            return new TrialRecord
            {
                Study = _study.Name,
                Key = Key,
                Number = Number,
                State = State,
                Attempt = Attempt,
                Values = values,
                Parameters = new OrderedDictionary<string, ParameterValue>(Values(), StringComparer.Ordinal),
                Constraints = new OrderedDictionary<string, double>(_constraints, StringComparer.Ordinal),
                Reason = told.Reason,
                LastReport = _lastReport,
                Started = Started,
                Finished = State == TrialState.Paused ? null : UnixMicroseconds.ToTime(outcome.Finished),
                FinishSequence = State == TrialState.Paused ? 0 : outcome.FinishSequence,
                Watermark = _claim.Watermark,
            };
        }
    }

    internal void MarkLost()
    {
        lock (_gate)
        {
            _settled = true;
        }

        Leave();

        // Not awaited: what is called back is the user's, may wait for whoever calls here, and may throw.
        _ = _lost.CancelAsync();
    }

    /// <summary>What others store of the trial counts from here on, no longer what this object knows.</summary>
    internal void Leave() => _study.Pruning?.Release(Number, _claim.Epoch);

    /// <summary>Who paused had been judged; nobody knows of a lost attempt whether it came to judge its last report, so that one is judged again.</summary>
    private static int JudgedStep(IReadOnlyList<TrialReport> reached, bool isResumed)
    {
        int judged = isResumed ? reached.Count - 1 : reached.Count - 2;
        return judged < 0 ? -1 : reached[judged].Step;
    }

    private void FenceAfter(long sent)
    {
        TimeSpan left = (_lease * 2 / 3) - Stopwatch.GetElapsedTime(sent);
        _fence.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private byte[]? PackUnsaved() =>
        _unsaved.Count > 0 ? TrialReports.Pack(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_unsaved)) : null;

    private void Give(string stored)
    {
        foreach ((string name, ParameterValue value) in ParameterJson.Read(stored))
        {
            _given[name] = value;
        }
    }

    private IEnumerable<KeyValuePair<string, ParameterValue>> Values() =>
        _parameters.Select(static parameter => KeyValuePair.Create(parameter.Key, parameter.Value.Domain.ToValue(parameter.Value.Coordinate)));

    /// <summary>While the trial runs, values that an earlier attempt was given stay stored until this one has asked for them as well.</summary>
    private string WriteRunningParameters()
    {
        IEnumerable<KeyValuePair<string, ParameterValue>> values = Values();
        return ParameterJson.Write(_claim.Parameters == ParameterJson.Empty
            ? values
            : values.Concat(ParameterJson.Read(_claim.Parameters).Where(earlier => !_parameters.ContainsKey(earlier.Key))));
    }

    /// <summary>The enqueued values that the objective did not get.</summary>
    internal IReadOnlyList<string> UnusedValues()
    {
        lock (_gate)
        {
            return _claim.IsEnqueued
                ? [.. _given.Where(given => !_parameters.TryGetValue(given.Key, out (ParameterDomain Domain, double Coordinate) used) || used.Domain.ToCoordinate(given.Value) != used.Coordinate).Select(static given => given.Key)]
                : [];
        }
    }

    private List<KeyValuePair<string, ParameterDomain>> NewDomains()
    {
        List<KeyValuePair<string, ParameterDomain>> domains = [];
        foreach ((string name, (ParameterDomain domain, _)) in _parameters)
        {
            if (!_study.Space.Covers(name, domain))
            {
                domains.Add(new(name, domain));
            }
        }

        return domains;
    }
}
