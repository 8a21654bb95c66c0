using System.Globalization;

namespace Mlops.Tuning.Tests;

/// <summary>Rows that were damaged, or changed by hand into something that cannot be.</summary>
public abstract partial class StudyConformance
{
    // What is done to trial 3 of ten that have completed.
    private static readonly string[] DamagedTrials =
    [
        "parameters = ''' x'",
        "parameters = '{\"x\":0.5'",
        "parameters = '[1, 2]'",
        "parameters = '{\"x\":null}'",
        "parameters = '{\"x\":{\"y\":1}}'",
        "parameters = '{\"x\":0.5}{}'",
        "state = 42",
        "state = -1",
        "value = NULL",
        "further_values = '1,2'",
        "further_values = 'one'",
        "constraints = '{\"c\":'",
        "constraints = '[]'",
        "last_step = 1, last_report = NULL",
        "started = 9223372036854775807",
    ];

    // What cannot be, and yet can be read.
    private static readonly string[] ImpossibleTrials =
    [
        "parameters = '{\"x\":1e999}'",
        "parameters = '{\"x\":77}'",
        "parameters = '{\"x\":\"text\",\"x\":true}'",
        "parameters = '{\"other\":1}'",
        "attempt = -7",
        "violation = -1",
        "watermark = 1000000",
        "report_chunks = -5",
        "last_step = -3, last_report = 9221120237041090560",
    ];

    [TestCaseSource(nameof(DamagedTrials))]
    public async Task A_finished_trial_whose_row_is_damaged_counts_as_failed_and_the_study_goes_on(string damage)
    {
        Study study = await CompletedAsync();
        await DamageAsync($"UPDATE tuning_trial SET {damage} WHERE number = 3");

        Study other = await NewProcess().OpenAsync("s", Direction.Minimize, new() { Sampler = new TpeSampler { StartupTrials = 4 } });
        StudyProgress progress = await other.OptimizeAsync(Square, new() { TotalTrials = 15 });

        List<TrialRecord> trials = await AllAsync(study);
        Assert.That(trials, Has.Count.EqualTo(15));
        Assert.That((trials[3].State, trials[3].Reason), Is.EqualTo((TrialState.Failed, "What is stored of it is damaged and cannot be read.")));
        Assert.That(trials.Where(static trial => trial.Number != 3).Select(static trial => trial.State), Is.All.EqualTo(TrialState.Completed));
        Assert.That(progress.BestNumber, Is.EqualTo(trials.Where(static trial => trial.Number != 3).MinBy(static trial => trial.Value)!.Number));
        Assert.That(await study.ToHtmlAsync(), Does.Contain("</html>"));
        Assert.That(await study.GetImportancesAsync(), Has.Count.EqualTo(1));
    }

    [TestCaseSource(nameof(ImpossibleTrials))]
    public async Task Impossible_values_do_not_end_a_study(string damage)
    {
        Study study = await CompletedAsync();
        await DamageAsync($"UPDATE tuning_trial SET {damage} WHERE number = 3");

        Study other = await NewProcess().OpenAsync("s", Direction.Minimize, new() { Sampler = new TpeSampler { StartupTrials = 4 }, Pruner = new MedianPruner { StartupTrials = 2 } });
        StudyProgress progress = await other.OptimizeAsync(Square, new() { TotalTrials = 15 });

        Assert.That(progress.Finished, Is.EqualTo(15));
        Assert.That(await study.ToHtmlAsync(), Does.Contain("</html>"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Trials_whose_rows_are_gone_leave_the_others_at_their_place(bool isLagged)
    {
        StudyOptions options = new() { Determinism = isLagged ? Determinism.Lag(1) : null };
        Study study = await CompletedAsync(options);
        await DamageAsync("DELETE FROM tuning_report; DELETE FROM tuning_trial WHERE number IN (0, 3, 4, 9)");

        var probe = new HistoryProbe();
        options.Sampler = probe;
        Study other = await NewProcess().OpenAsync("s", Direction.Minimize, options);
        Trial next = await other.AskAsync();
        if (isLagged)
        {
            // Which trials it sees depends on its number alone.
            Assert.That(probe.Seen.Select(static seen => seen.Number), Is.EqualTo(new[] { -1, 1, 2, -1, -1, 5, 6, 7, 8 }));
        }
        else
        {
            Assert.That(probe.Seen.Select(static seen => seen.Number), Is.EqualTo(new[] { -1, 1, 2, -1, -1, 5, 6, 7, 8, -1 }));
        }

        await other.TellAsync(next, await Square(next, CancellationToken.None));
        Assert.That((await other.OptimizeAsync(Square, new() { TotalTrials = 14 })).Completed, Is.EqualTo(10));
        Assert.That(await AllAsync(study), Has.Count.EqualTo(10));
    }

    [TestCase("proposal = '{\"x\"'")]
    [TestCase("parameters = '0'")]
    public async Task A_trial_to_be_taken_over_whose_values_are_damaged_fails_and_the_next_one_begins(string damage)
    {
        var observer = new FinishedNumbers();
        Study lost = await OpenStudyAsync();
        Trial trial = await lost.AskAsync("key");
        Ask(trial);
        _clock.Advance(Lease);
        await DamageAsync($"UPDATE tuning_trial SET {damage}, lease_until = 0");

        Study study = await NewProcess(options: null, observer).OpenAsync("s", Direction.Minimize);
        StudyProgress progress = await study.OptimizeAsync(Square, new() { TotalTrials = 3 });

        Assert.That((progress.Completed, progress.Failed), Is.EqualTo((2, 1)));
        Assert.That((await study.FindTrialAsync(0))!.State, Is.EqualTo(TrialState.Failed));
        Assert.That((await study.AskAsync("key")).State, Is.EqualTo(TrialState.Failed));
        Assert.That(observer.Numbers.Order(), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [TestCase("proposal = '{\"x\"'", false)]
    [TestCase("parameters = '0'", false)]
    [TestCase("parameters = '0'", true)]
    public async Task A_paused_trial_whose_values_are_damaged_fails_when_it_is_to_go_on_and_the_study_goes_on(string damage, bool byHand)
    {
        Study one = await OpenPrunedAsync(Pausing);
        Trial trial = await one.AskAsync();
        Ask(trial);
        trial.Report(1, -1);
        await one.PauseAsync(trial);
        await DamageAsync($"UPDATE tuning_trial SET {damage} WHERE number = 0");

        var observer = new FinishedNumbers();
        Study two = await NewProcess(options: null, observer).OpenAsync("s", Direction.Minimize, new StudyOptions { Pruner = Pausing });
        Assert.That(byHand ? await two.ResumeAsync(0) : null, Is.Null);
        StudyProgress progress = await two.OptimizeAsync(Square, new() { TotalTrials = 3 });

        Assert.That((progress.Completed, progress.Failed, progress.Paused), Is.EqualTo((2, 1, 0)));
        Assert.That((await two.FindTrialAsync(0))!.Reason, Is.EqualTo("The values that were stored for it are damaged and cannot be read."));
        Assert.That(observer.Numbers.Order(), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public async Task A_trial_whose_last_report_is_damaged_goes_on_without_it([Values] bool isPaused)
    {
        Study one = await OpenStudyAsync();
        Trial trial = await one.AskAsync();
        double x = Ask(trial);
        trial.Report(1, 5);
        await (isPaused ? one.PauseAsync(trial) : trial.DisposeAsync().AsTask());
        await DamageAsync("UPDATE tuning_trial SET last_report = NULL");

        Study two = await OpenStudyAsync();
        Trial next = isPaused ? (await two.ResumeAsync(0))! : await two.AskAsync();

        Assert.That((next.Number, next.LastReport, Ask(next)), Is.EqualTo((0, (TrialReport?)null, x)));
    }

    [Test]
    public async Task Damaged_reports_count_as_not_reported()
    {
        Study first = await NewProcess().OpenAsync("s", Direction.Minimize);
        await first.OptimizeAsync(
            static (trial, _) =>
            {
                trial.Report(0, trial.Number);
                return Task.FromResult<double>(trial.Number);
            },
            new() { TotalTrials = 6 });
        Trial lost = await first.AskAsync();
        lost.Report(0, 1);
        await lost.DisposeAsync();
        await _database.WriteAsync(0, static (session, _) => session.Execute("UPDATE tuning_report SET points = @points", ("@points", new byte[] { 1, 2, 3 })));

        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, new() { Pruner = new MedianPruner { StartupTrials = 1 } });
        StudyProgress progress = await study.OptimizeAsync(
            static (trial, _) =>
            {
                trial.Report(0, 100);
                trial.ThrowIfPruned();
                return Task.FromResult(100.0);
            },
            new() { TotalTrials = 8 });

        Assert.That((progress.Completed, progress.Failed), Is.EqualTo((8, 0)));
    }

    [TestCase("UPDATE tuning_study SET directions = 'sideways'", "the directions")]
    [TestCase("UPDATE tuning_study SET lag = -1", "the lag")]
    [TestCase("UPDATE tuning_parameter SET domain = '{\"kind\":\"real\",\"low\":2,\"high\":1,\"log\":false}'", "the domain of parameter 'x'")]
    [TestCase("UPDATE tuning_parameter SET domain = '{\"kind\":\"whole\",\"low\":0.5,\"high\":1,\"log\":false,\"step\":1}'", "the domain of parameter 'x'")]
    [TestCase("UPDATE tuning_parameter SET domain = '{\"kind\":\"cat'", "the domain of parameter 'x'")]
    [TestCase("UPDATE tuning_parameter SET domain = '{\"kind\":\"unheard of\"}'", "the domain of parameter 'x'")]
    public async Task A_study_whose_own_row_or_space_is_damaged_is_refused_by_its_name(string damage, string what)
    {
        await CompletedAsync();
        await DamageAsync(damage);
        Studies studies = NewProcess();

        StudyCorruptException refused = (await Assert.ThrowsAsync<StudyCorruptException>(() => studies.GetAsync("s")))!;

        Assert.That((refused.Study, refused.Message), Is.EqualTo(("s", $"Reading {what} of study 's': what is stored cannot be read. Correct it in the database, restore a backup, or go on under another name.")));
        await Assert.ThatAsync(() => studies.OpenAsync("s", Direction.Minimize), Throws.TypeOf<StudyCorruptException>());
        Assert.That((await (await studies.OpenAsync("another", Direction.Minimize)).OptimizeAsync(Square, new() { TotalTrials = 2 })).Completed, Is.EqualTo(2));
    }

    private async Task<Study> CompletedAsync(StudyOptions? options = null)
    {
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, options);
        await study.OptimizeAsync(Square, new() { TotalTrials = 10 });
        return study;
    }

    private Task<int> DamageAsync(string sql) => _database.WriteAsync(
        sql,
        static (session, sql) =>
        {
            int changed = 0;
            foreach (string statement in sql.Split(';'))
            {
                changed += session.Execute(statement);
            }

            return changed > 0 ? changed : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"Nothing was changed by {sql}."));
        });

    private sealed class FinishedNumbers : ITrialObserver
    {
        private readonly System.Collections.Concurrent.ConcurrentBag<int> _numbers = [];

        public IEnumerable<int> Numbers => _numbers;

        public ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken)
        {
            _numbers.Add(trial.Number);
            return ValueTask.CompletedTask;
        }
    }
}
