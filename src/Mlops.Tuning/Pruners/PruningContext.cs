namespace Mlops.Tuning;

/// <summary>
/// What a pruner may look at. Reports are values of the first objective or a stand-in that is to be compared the same way: with several
/// objectives a trial reports one number in the direction of the first, for example a weighted sum.
/// </summary>
public sealed class PruningContext
{
    private readonly Standings _standings;

    // From this number on a trial sees only itself; null where it sees all.
    private readonly int? _hiddenFrom;

    internal PruningContext(StudySpace space, ReportedTrial trial, int judgedStep, Standings standings, int? hiddenFrom = null)
    {
        Space = space;
        Trial = trial;
        JudgedStep = judgedStep;
        _standings = standings;
        _hiddenFrom = hiddenFrom;
    }

    /// <summary>The study's space.</summary>
    public StudySpace Space { get; }

    /// <summary>The trial that is judged; it has at least one report.</summary>
    public ReportedTrial Trial { get; }

    /// <summary>
    /// The last step at which it was judged before, -1 for none. For a paused trial, of which is asked whether it may go on by now, it is the step before the
    /// judgement by which it paused.
    /// </summary>
    public int JudgedStep { get; }

    /// <summary>
    /// All trials of the study that this process knows of, the judged one included, in no particular order. Other processes' running trials are known as of
    /// the last exchange with the store, at most <see cref="TuningOptions.ReportInterval"/> ago.
    /// </summary>
    public IReadOnlyCollection<ReportedTrial> Trials => field ??= _hiddenFrom is null ? _standings.Trials : [.. _standings.Trials.Where(IsSeen)];

    /// <summary>Whether larger reports are better.</summary>
    public bool Maximizes => Space.Directions[0] == Direction.Maximize;

    /// <summary>The report with the largest step.</summary>
    public TrialReport Last => Trial.Reports[^1];

    /// <summary>How many trials have completed.</summary>
    internal int CompletedTrials => _standings.Completed.Count - Hidden.Count(static trial => trial.State == TrialState.Completed);

    /// <summary>The last step of the completed trial with the lowest number; null when none has completed and reported.</summary>
    internal int? FirstCompletedStep
    {
        get
        {
            foreach (int number in _standings.Completed)
            {
                ReportedTrial trial = _standings.Of(number);
                if (!IsSeen(trial))
                {
                    break;
                }

                if (trial.Reports.Count > 0)
                {
                    return trial.Reports[^1].Step;
                }
            }

            return null;
        }
    }

    /// <summary>The best completed trial that satisfies its constraints, the earlier one among equals.</summary>
    internal ReportedTrial? Best => _standings.Best.FirstOrDefault(IsSeen);

    private double Sign => Maximizes ? -1 : 1;

    private List<ReportedTrial> Hidden => field ??= FindHidden();

    /// <summary>What completed trials have reported at the step of the last report; less is better.</summary>
    internal RankedValues AtLastStep()
    {
        int step = Last.Step;
        return new(_standings.AtStep(step), Hidden
            .Where(static trial => trial.State == TrialState.Completed).Select(trial => trial.ValueAt(step)).OfType<double>().Select(value => Sign * value));
    }

    /// <summary>The first report at a rung or later of all that have come as far; less is better.</summary>
    /// <param name="rung">The rung's step.</param>
    /// <param name="brackets">What divides the trials that are compared; null where all are.</param>
    internal RankedValues AtRung(int rung, Brackets? brackets)
    {
        int bracket = brackets?.Of(Trial.Number) ?? Brackets.None;
        return new(_standings.AtRung(rung, bracket), Hidden
            .Where(trial => brackets is null || brackets.Of(trial.Number) == bracket)
            .Select(trial => trial.FirstFrom(rung)).OfType<TrialReport>().Select(report => Sign * report.Value));
    }

    /// <summary>Hyperband's brackets of the study.</summary>
    internal Brackets BracketsOf(int minimum, int maximum, int factor) => _standings.BracketsOf(minimum, maximum, factor);

    /// <summary>
    /// Whether the last report is the first of its interval, counted from the warm-up on: then a rule that looks once per interval looks now.
    /// </summary>
    internal bool IsDue(int warmupSteps, int intervalSteps)
    {
        int step = Last.Step;
        if (step < warmupSteps)
        {
            return false;
        }

        int begin = ((step - warmupSteps) / intervalSteps * intervalSteps) + warmupSteps;
        return Trial.Reports.Count < 2 || Trial.Reports[^2].Step < begin;
    }

    private bool IsSeen(ReportedTrial trial) => _hiddenFrom is null || trial.Number < _hiddenFrom || trial.Number == Trial.Number;

    /// <summary>Few: beyond a lag only trials that run beside each other are known.</summary>
    private List<ReportedTrial> FindHidden()
    {
        List<ReportedTrial> hidden = [];
        for (int number = _hiddenFrom ?? int.MaxValue; number <= _standings.LargestNumber; number++)
        {
            if (number != Trial.Number && _standings.Find(number) is { } trial)
            {
                hidden.Add(trial);
            }
        }

        return hidden;
    }
}
