namespace Mlops.Tuning.Tests;

/// <summary>The sorted columns that pruners look at say what a look at every trial would.</summary>
public sealed class CompletedReportsTests
{
    [Test]
    public void Columns_kept_from_trial_to_trial_equal_a_look_at_all_trials()
    {
        var random = new Random(4);
        var space = new StudySpace("s", [Direction.Minimize], 0);
        var columns = new CompletedReports();
        List<ReportedTrial> trials = [];
        for (int number = 0; number < 60; number++)
        {
            var trial = new ReportedTrial(number) { State = (TrialState)random.Next((int)TrialState.Running, (int)TrialState.Failed + 1), Values = [0] };
            for (int step = random.Next(3); step < 8; step += random.Next(1, 4))
            {
                trial.Add(new TrialReport(step, random.Next(6) == 0 ? double.NaN : random.Next(5)));
            }

            trials.Add(trial);
            if (trial.State == TrialState.Completed)
            {
                columns.Add(trial);
                columns.Add(trial);
            }

            for (int step = 0; step < 9; step++)
            {
                (int completed, IReadOnlyList<double> sorted, int reported) = new PruningContext(space, trial, -1, trials, columns).CompletedAt(step);
                (int expected, IReadOnlyList<double> expectedSorted, int expectedReported) = new PruningContext(space, trial, -1, trials).CompletedAt(step);
                Assert.That((completed, reported), Is.EqualTo((expected, expectedReported)));
                Assert.That(sorted, Is.EqualTo(expectedSorted));
            }
        }

        Assert.That(columns.Trials, Is.GreaterThan(5));
    }
}
