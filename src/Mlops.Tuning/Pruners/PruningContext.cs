namespace Mlops.Tuning;

/// <summary>
/// What a pruner may look at. Reports are values of the first objective or a stand-in that is to be compared the same way: with several
/// objectives a trial reports one number in the direction of the first, for example a weighted sum.
/// </summary>
public sealed class PruningContext
{
    private readonly CompletedReports? _completed;

    internal PruningContext(StudySpace space, ReportedTrial trial, int judgedStep, IReadOnlyCollection<ReportedTrial> trials, CompletedReports? completed = null)
    {
        _completed = completed;
        Space = space;
        Trial = trial;
        JudgedStep = judgedStep;
        Trials = trials;
    }

    /// <summary>The study's space.</summary>
    public StudySpace Space { get; }

    /// <summary>The trial that is judged; it has at least one report.</summary>
    public ReportedTrial Trial { get; }

    /// <summary>The last step at which it was judged before, -1 for none.</summary>
    public int JudgedStep { get; }

    /// <summary>
    /// All trials of the study that this process knows of, the judged one included, in no particular order. Other processes' running trials are known as of
    /// the last exchange with the store, at most <see cref="TuningOptions.ReportInterval"/> ago.
    /// </summary>
    public IReadOnlyCollection<ReportedTrial> Trials { get; }

    /// <summary>Whether larger reports are better.</summary>
    public bool Maximizes => Space.Directions[0] == Direction.Maximize;

    /// <summary>The report with the largest step.</summary>
    public TrialReport Last => Trial.Reports[^1];

    /// <summary>How many trials have completed, what those of them that reported a number at a step reported, ascending, and how many reported there at all.</summary>
    internal (int Completed, IReadOnlyList<double> Sorted, int Reported) CompletedAt(int step)
    {
        if (_completed is not null)
        {
            (IReadOnlyList<double> sorted, int reported) = _completed.At(step);
            return (_completed.Trials, sorted, reported);
        }

        ReportedTrial[] completed = [.. Trials.Where(static trial => trial.State == TrialState.Completed)];
        double[] values = [.. completed.Select(trial => trial.ValueAt(step)).OfType<double>()];
        return (completed.Length, [.. values.Where(static value => !double.IsNaN(value)).Order()], values.Length);
    }

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
}
