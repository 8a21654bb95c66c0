namespace Mlops.Tuning.Tests;

/// <summary>Trials with their reports, for pruners to judge. Steps count from 0 unless given.</summary>
internal sealed class PruningScene(Direction direction = Direction.Minimize, string study = "s")
{
    private readonly List<ReportedTrial> _trials = [];
    private readonly StudySpace _space = new(study, [direction], 0);

    public ReportedTrial Completed(double value, params double[] reports) => Add(TrialState.Completed, value, reports);

    public ReportedTrial Running(params double[] reports) => Add(TrialState.Running, null, reports);

    public ReportedTrial RunningAt(params (int Step, double Value)[] reports)
    {
        ReportedTrial trial = Running();
        foreach ((int step, double value) in reports)
        {
            trial.Add(new TrialReport(step, value));
        }

        return trial;
    }

    public PruningVerdict Judge(IPruner pruner, ReportedTrial trial, int judgedStep = -1)
    {
        Standings standings = Copy(_space, _trials);
        return pruner.Judge(new PruningContext(_space, standings.Of(trial.Number), judgedStep, standings));
    }

    /// <summary>Standings that know nothing but how trials stand now.</summary>
    public static Standings Copy(StudySpace space, IEnumerable<ReportedTrial> trials)
    {
        var standings = new Standings(space);
        foreach (ReportedTrial trial in trials)
        {
            standings.Change(standings.Of(trial.Number), copy =>
            {
                (copy.State, copy.Values, copy.IsFeasible) = (trial.State, trial.Values, trial.IsFeasible);
                foreach (TrialReport report in trial.Reports)
                {
                    copy.Add(report);
                }
            });
        }

        return standings;
    }

    /// <summary>Reports step by step and judges after each, as an objective does; how many reports were made until the trial stopped.</summary>
    public int RunUntilStopped(IPruner pruner, IEnumerable<double> reports)
    {
        ReportedTrial trial = Running();
        int step = 0;
        foreach (double value in reports)
        {
            trial.Add(new TrialReport(step, value));
            if (Judge(pruner, trial, step - 1) != PruningVerdict.Continue)
            {
                trial.State = TrialState.Pruned;
                return step + 1;
            }

            step++;
        }

        trial.State = TrialState.Completed;
        trial.Values = [trial.Reports[^1].Value];
        return step;
    }

    private ReportedTrial Add(TrialState state, double? value, double[] reports)
    {
        var trial = new ReportedTrial(_trials.Count) { State = state, Values = value is { } v ? [v] : [] };
        for (int step = 0; step < reports.Length; step++)
        {
            trial.Add(new TrialReport(step, reports[step]));
        }

        _trials.Add(trial);
        return trial;
    }
}
