namespace Mlops.Tuning;

/// <summary>
/// What the trials of a study have reported, and how their values lie to each other at the steps and rungs that pruners ask for. Kept report by report, so that
/// a judgement among thousands of trials looks at a few. Values are signed so that less is better. Not thread-safe.
/// </summary>
internal sealed class Standings(StudySpace space)
{
    private readonly double _sign = space.Directions[0] == Direction.Maximize ? -1 : 1;
    private readonly Dictionary<int, ReportedTrial> _trials = [];
    private readonly SortedSet<int> _completed = [];
    private readonly HashSet<int> _paused = [];
    private readonly SortedSet<(double Value, int Number)> _feasible = [];

    // Of completed trials, by step.
    private readonly Dictionary<int, SortedValues> _steps = [];

    // Of all trials that have come as far, those of one bracket or all.
    private readonly Dictionary<(int Bracket, int Rung), SortedValues> _rungs = [];
    private Brackets? _brackets;

    /// <summary>In no particular order.</summary>
    public IReadOnlyCollection<ReportedTrial> Trials => _trials.Values;

    public int LargestNumber { get; private set; } = -1;

    /// <summary>The numbers of completed trials, from the lowest.</summary>
    public IReadOnlySet<int> Completed => _completed;

    public IEnumerable<ReportedTrial> Paused => _paused.Select(number => _trials[number]);

    /// <summary>Completed trials that satisfy their constraints, the best first.</summary>
    public IEnumerable<ReportedTrial> Best => _feasible.Select(place => _trials[place.Number]);

    public ReportedTrial? Find(int number) => _trials.GetValueOrDefault(number);

    /// <summary>The trial of the number, which is running when nothing was known of it.</summary>
    public ReportedTrial Of(int number)
    {
        if (!_trials.TryGetValue(number, out ReportedTrial? trial))
        {
            _trials.Add(number, trial = new ReportedTrial(number));
            LargestNumber = Math.Max(LargestNumber, number);
        }

        return trial;
    }

    /// <summary>A report of a trial that runs.</summary>
    public void Report(ReportedTrial trial, TrialReport report)
    {
        foreach (((int bracket, int rung), SortedValues values) in _rungs)
        {
            if (report.Step < rung || !IsIn(trial, bracket))
            {
                continue;
            }

            TrialReport? first = trial.FirstFrom(rung);
            if (first is { } earlier && earlier.Step < report.Step)
            {
                continue;
            }

            if (first is { } replaced)
            {
                values.Remove(_sign * replaced.Value);
            }

            values.Add(_sign * report.Value);
        }

        trial.Add(report);
    }

    /// <summary>Any other change of a trial.</summary>
    public void Change(ReportedTrial trial, Action<ReportedTrial> change)
    {
        Take(trial, isIn: false);
        try
        {
            change(trial);
        }
        finally
        {
            Take(trial, isIn: true);
        }
    }

    /// <summary>What completed trials have reported at a step.</summary>
    public SortedValues AtStep(int step)
    {
        if (!_steps.TryGetValue(step, out SortedValues? values))
        {
            _steps.Add(step, values = new SortedValues(_completed.Select(number => _trials[number].ValueAt(step)).OfType<double>().Select(value => _sign * value)));
        }

        return values;
    }

    /// <summary>The first reports at a rung or later, of the trials of a bracket of the last <see cref="BracketsOf"/>, or of all for <see cref="Brackets.None"/>.</summary>
    public SortedValues AtRung(int rung, int bracket)
    {
        if (!_rungs.TryGetValue((bracket, rung), out SortedValues? values))
        {
            _rungs.Add((bracket, rung), values = new SortedValues(
                _trials.Values.Where(trial => IsIn(trial, bracket)).Select(trial => trial.FirstFrom(rung)).OfType<TrialReport>().Select(report => _sign * report.Value)));
        }

        return values;
    }

    /// <summary>The brackets that trials are in from here on.</summary>
    public Brackets BracketsOf(int minimum, int maximum, int factor)
    {
        if (_brackets is null || !_brackets.AreOf(minimum, maximum, factor))
        {
            _brackets = new Brackets(space.Study, minimum, maximum, factor);
            _rungs.Clear();
        }

        return _brackets;
    }

    private bool IsIn(ReportedTrial trial, int bracket) => bracket == Brackets.None || _brackets!.Of(trial.Number) == bracket;

    private void Take(ReportedTrial trial, bool isIn)
    {
        foreach (((int bracket, int rung), SortedValues values) in _rungs)
        {
            if (trial.FirstFrom(rung) is { } first && IsIn(trial, bracket))
            {
                Take(values, first.Value, isIn);
            }
        }

        if (trial.State == TrialState.Paused)
        {
            _ = isIn ? _paused.Add(trial.Number) : _paused.Remove(trial.Number);
        }

        if (trial.State == TrialState.Completed)
        {
            TakeCompleted(trial, isIn);
        }
    }

    private void TakeCompleted(ReportedTrial trial, bool isIn)
    {
        _ = isIn ? _completed.Add(trial.Number) : _completed.Remove(trial.Number);
        if (trial is { IsFeasible: true, Values.Count: > 0 })
        {
            (double, int) place = (_sign * trial.Values[0], trial.Number);
            _ = isIn ? _feasible.Add(place) : _feasible.Remove(place);
        }

        if (_steps.Count == 0)
        {
            return;
        }

        foreach (TrialReport report in trial.Reports)
        {
            if (_steps.TryGetValue(report.Step, out SortedValues? values))
            {
                Take(values, report.Value, isIn);
            }
        }
    }

    private void Take(SortedValues values, double value, bool isIn)
    {
        if (isIn)
        {
            values.Add(_sign * value);
        }
        else
        {
            values.Remove(_sign * value);
        }
    }
}
