using System.Runtime.InteropServices;

namespace Mlops.Tuning;

/// <summary>The good and the other trials of one group of parameters. It follows a view by adding and taking out what differs.</summary>
internal sealed class TpeModel
{
    private const byte Absent = 1;
    private const byte Present = 2;

    private readonly string[] _names;
    private readonly ParzenMixture _good;
    private readonly ParzenMixture _others;
    private readonly double[] _coordinates;
    private readonly double[][] _drawn;
    private readonly double[] _goodLogs;
    private readonly double[] _otherLogs;
    private readonly List<byte> _has = [];
    private readonly List<bool> _isOther = [];
    private readonly Dictionary<int, double[]> _running = [];

    /// <param name="names">The parameters.</param>
    /// <param name="domains">Their domains.</param>
    /// <param name="uniform">Whether good trials weigh the same whatever their age, as they do with several objectives.</param>
    /// <param name="candidates">How many candidates a choice has.</param>
    /// <param name="room">Memory that the study's models share.</param>
    public TpeModel(string[] names, ParameterDomain[] domains, bool uniform, int candidates, ParzenRoom room)
    {
        _names = names;
        Domains = domains;
        _good = new ParzenMixture(domains, uniform, room);
        _others = new ParzenMixture(domains, room: room);
        _coordinates = new double[names.Length];
        _drawn = Array.ConvertAll(names, _ => new double[candidates]);
        _goodLogs = new double[candidates];
        _otherLogs = new double[candidates];
    }

    public ParameterDomain[] Domains { get; }

    /// <summary>Brings both estimators to what a trial may see.</summary>
    /// <param name="view">The finished trials.</param>
    /// <param name="good">The good ones' places in the view.</param>
    /// <param name="running">Trials that count as bad although they run; empty without the constant liar.</param>
    public void Follow(TrialView view, List<int> good, IReadOnlyList<RunningTrial> running)
    {
        Learn(view);
        DropRunning(running);
        FollowFinished(view, good);
        AddRunning(running);
        LoadGood(view, good);
        _good.Prepare();
        _others.Prepare();
    }

    /// <summary>The candidate with the largest ratio of the two densities, the first among equals; one coordinate per parameter.</summary>
    public double[] Choose(RandomStream random)
    {
        _good.Draw(random, _drawn);
        _good.LogDensity(_drawn, _goodLogs);
        _others.LogDensity(_drawn, _otherLogs);
        int best = 0;
        for (int c = 1; c < _goodLogs.Length; c++)
        {
            if (_goodLogs[c] - _otherLogs[c] > _goodLogs[best] - _otherLogs[best])
            {
                best = c;
            }
        }

        return Array.ConvertAll(_drawn, row => row[best]);
    }

    /// <summary>Notes once per finished trial whether it has all of the parameters.</summary>
    private void Learn(TrialView view)
    {
        for (int i = _has.Count; i < view.Count; i++)
        {
            bool usable = TpeSplit.IsUsable(view.States[i]) && view.TryRead(i, _names, _coordinates);
            _has.Add(usable ? Present : Absent);
            _isOther.Add(false);
        }
    }

    private void FollowFinished(TrialView view, List<int> good)
    {
        Span<bool> isOther = CollectionsMarshal.AsSpan(_isOther);
        Span<byte> has = CollectionsMarshal.AsSpan(_has);
        foreach (int index in good)
        {
            if (isOther[index])
            {
                _others.Remove(view.Numbers[index]);
                isOther[index] = false;
            }

            // Keeps the loops below from adding it; put back after them.
            has[index] += Present;
        }

        // A view of fewer trials than were followed before: those beyond it go. Their numbers are read beyond the view on purpose.
        // So do pauses of trials that have gone on, before the same numbers are added for what became of them.
        for (int i = 0; i < isOther.Length; i++)
        {
            if (isOther[i] && (i >= view.Count || view.IsSuperseded(i)))
            {
                _others.Remove(view.NumberBeyond(i));
                isOther[i] = false;
            }
        }

        for (int i = 0; i < view.Count; i++)
        {
            if (!isOther[i] && has[i] == Present && !view.IsSuperseded(i))
            {
                AddFinished(view, i);
                isOther[i] = true;
            }
        }

        foreach (int index in good)
        {
            has[index] -= Present;
        }
    }

    /// <summary>A paused trial that runs again is known by its pause: it counts once.</summary>
    private void AddFinished(TrialView view, int index)
    {
        int number = view.Numbers[index];
        if (_running.Remove(number))
        {
            _others.Remove(number);
        }

        view.TryRead(index, _names, _coordinates);
        _others.Add(number, _coordinates);
    }

    private void LoadGood(TrialView view, List<int> good)
    {
        _good.Clear();
        foreach (int index in good)
        {
            if (_has[index] == Present && view.TryRead(index, _names, _coordinates))
            {
                _good.Add(view.Numbers[index], _coordinates);
            }
        }
    }

    private void DropRunning(IReadOnlyList<RunningTrial> running)
    {
        foreach (int number in _running.Keys.ToArray())
        {
            RunningTrial? still = running.FirstOrDefault(trial => trial.Number == number);
            if (still is null || !Read(still) || !_running[number].AsSpan().SequenceEqual(_coordinates))
            {
                _others.Remove(number);
                _running.Remove(number);
            }
        }
    }

    private void AddRunning(IReadOnlyList<RunningTrial> running)
    {
        foreach (RunningTrial trial in running)
        {
            if (!_others.Has(trial.Number) && Read(trial))
            {
                _others.Add(trial.Number, _coordinates);
                _running.Add(trial.Number, [.. _coordinates]);
            }
        }
    }

    private bool Read(RunningTrial trial)
    {
        for (int d = 0; d < _names.Length; d++)
        {
            if (!trial.Proposal.TryGetValue(_names[d], out _coordinates[d]))
            {
                return false;
            }
        }

        return true;
    }
}
