using System.Collections.Concurrent;

namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    private static readonly IPruner Halving = new SuccessiveHalvingPruner { MinimumResource = 1, ReductionFactor = 2 };
    private static readonly IPruner Pausing = new SuccessiveHalvingPruner { MinimumResource = 1, ReductionFactor = 2, Pauses = true };

    [Test]
    public async Task A_pruner_ends_trials_that_report_worse_than_others()
    {
        Study study = await OpenPrunedAsync(Halving);
        int[] steps = new int[4];
        await study.OptimizeAsync(
            (trial, _) =>
            {
                for (int step = 0; step < 4; step++)
                {
                    steps[trial.Number]++;
                    trial.Report(step, trial.Number == 3 ? -1 : trial.Number);
                    trial.ThrowIfPruned();
                }

                return Task.FromResult<double>(trial.Number);
            },
            new() { TotalTrials = 4 });

        Assert.That(steps, Is.EqualTo(new[] { 4, 2, 2, 4 }));
        Assert.That((await AllAsync(study)).Select(trial => trial.State), Is.EqualTo(new[] { TrialState.Completed, TrialState.Pruned, TrialState.Pruned, TrialState.Completed }));
        Assert.That((await study.FindTrialAsync(1))!.LastReport, Is.EqualTo(new TrialReport(1, 1)));
    }

    [Test]
    public async Task A_trial_is_judged_once_per_report()
    {
        Study study = await OpenPrunedAsync(new ThresholdPruner(upper: 1));
        Trial trial = await study.AskAsync();

        Assert.That(trial.ShouldPrune(), Is.False);
        trial.Report(0, 2);
        Assert.That(trial.Judge(), Is.EqualTo(PruningVerdict.Prune));
        trial.Report(0, 0);
        Assert.That(trial.Judge(), Is.EqualTo(PruningVerdict.Prune));
        trial.Report(1, 0);
        Assert.That(trial.Judge(), Is.EqualTo(PruningVerdict.Continue));
        await study.TellAsync(trial, 0);
        Assert.That(trial.Judge, Throws.InvalidOperationException);
    }

    [Test]
    public async Task Reports_of_other_processes_count_running_and_finished()
    {
        Study one = await OpenPrunedAsync(Halving, new TuningOptions { ReportInterval = TimeSpan.FromMilliseconds(10) });
        Trial finished = await one.AskAsync();
        finished.Report(1, 5);
        await one.TellAsync(finished, 5);
        Trial running = await one.AskAsync();
        running.Report(1, 3);

        Study two = await OpenPrunedAsync(Halving);
        await Eventually(async () => (await two.GetReportsAsync(1)).Count == 1);
        Assert.That(await StopsAtAsync(two, 4), Is.True);
        Assert.That(await StopsAtAsync(two, 2), Is.False);

        static async Task<bool> StopsAtAsync(Study study, double value)
        {
            await using Trial trial = await study.AskAsync();
            trial.Report(1, value);
            bool stops = trial.ShouldPrune();
            await study.PruneAsync(trial);
            return stops;
        }
    }

    [Test]
    public async Task A_long_trial_sees_what_other_processes_report_meanwhile()
    {
        var options = new TuningOptions { ReportInterval = TimeSpan.FromMilliseconds(10) };
        Study one = await OpenPrunedAsync(Halving, options);
        Study two = await OpenPrunedAsync(Halving, options);
        Trial early = await one.AskAsync();
        Trial late = await two.AskAsync();
        late.Report(1_000_000, 1);
        int step = 0;
        bool isStopped = false;

        // Rung 1 is passed alone; at some later rung the other's report has arrived.
        await Eventually(() =>
        {
            early.Report(++step, 9);
            isStopped |= early.ShouldPrune();
            return Task.FromResult(isStopped);
        });
        await one.PruneAsync(early);
        await two.TellAsync(late, 1);
    }

    [Test]
    public async Task With_several_objectives_reports_are_compared_in_the_direction_of_the_first()
    {
        Study study = await NewProcess().OpenAsync("s", [Direction.Maximize, Direction.Minimize], new StudyOptions { Pruner = Halving });
        await study.OptimizeAsync(
            (trial, _) =>
            {
                trial.Report(1, trial.Number == 2 ? -1 : trial.Number);
                trial.ThrowIfPruned();
                return Task.FromResult<double[]>([trial.Number, 0]);
            },
            new() { TotalTrials = 3 });

        Assert.That((await AllAsync(study)).Select(trial => trial.State), Is.EqualTo(new[] { TrialState.Completed, TrialState.Completed, TrialState.Pruned }));
    }

    /// <summary>
    /// Rungs at 1 and 2. Trial 1 pauses at rung 1, goes on as the second best of four, and pauses at rung 2; trial 4 passes rung 1 as the second best of five;
    /// trial 5 is the best everywhere.
    /// </summary>
    [Test]
    public async Task Paused_trials_go_on_from_their_checkpoint_when_they_are_among_the_best()
    {
        Study study = await OpenPrunedAsync(Pausing);
        double[] values = [5, 7, 9, 8, 6, 4, 10, 11];
        ConcurrentDictionary<int, List<int>> steps = [];
        StudyProgress progress = await study.OptimizeAsync(
            async (trial, token) =>
            {
                double x = trial.SuggestDouble("x", 0, 1);
                TrialCheckpoint? saved = await trial.FindCheckpointAsync(token);
                Assert.That(saved is null || BitConverter.ToDouble(saved.Data.Span) == x, "A checkpoint belongs to its parameters.");
                Assert.That(saved?.Step, Is.EqualTo(trial.LastReport?.Step));
                for (int step = saved?.Step + 1 ?? 0; step < 4; step++)
                {
                    steps.GetOrAdd(trial.Number, static _ => []).Add(step);
                    trial.Report(step, values[trial.Number]);
                    if (trial.Judge() == PruningVerdict.Pause)
                    {
                        await trial.SaveCheckpointAsync(step, BitConverter.GetBytes(x), token);
                    }

                    trial.ThrowIfPruned();
                }

                return values[trial.Number];
            },
            new() { TotalTrials = 8 });

        Assert.That(Enumerable.Range(0, 8).Select(number => steps[number].Count), Is.EqualTo(new[] { 4, 3, 2, 2, 3, 4, 2, 2 }));
        Assert.That(steps.Values.All(static seen => seen.SequenceEqual(Enumerable.Range(0, seen.Count))), "No step is done twice.");
        List<TrialRecord> trials = await AllAsync(study);
        Assert.That(trials.Where(trial => trial.State == TrialState.Completed).Select(trial => trial.Number), Is.EqualTo(new[] { 0, 5 }));
        Assert.That((progress.Completed, progress.Paused, progress.Finished), Is.EqualTo((2, 6, 2)));
        Assert.That(trials.Select(trial => trial.Attempt), Is.All.EqualTo(1));
    }

    [Test]
    public async Task A_paused_trial_is_resumed_in_another_process_with_its_values_reports_and_checkpoint()
    {
        Study one = await OpenPrunedAsync(Pausing);
        Trial trial = await one.AskAsync("key");
        double x = Ask(trial);
        trial.Report(3, 0.5);
        await trial.SaveCheckpointAsync(2, new byte[] { 1 });
        await trial.SaveCheckpointAsync(3, new byte[] { 1, 2 });
        TrialRecord paused = await one.PauseAsync(trial);
        await one.PauseAsync(trial);
        Assert.That((paused.State, paused.Finished), Is.EqualTo((TrialState.Paused, (DateTimeOffset?)null)));
        Assert.That(async () => await one.TellAsync(trial, 1), Throws.InstanceOf<TrialFinishedException>());

        Study two = await OpenStudyAsync();
        Trial resumed = (await two.ResumeAsync(0))!;
        Assert.That(await one.ResumeAsync(0), Is.Null);
        Assert.That((resumed.Number, resumed.Attempt, Ask(resumed)), Is.EqualTo((0, 1, x)));
        Assert.That(resumed.LastReport, Is.EqualTo(new TrialReport(3, 0.5)));
        TrialCheckpoint saved = (await resumed.FindCheckpointAsync())!;
        Assert.That((saved.Step, saved.Data.ToArray()), Is.EqualTo((3, new byte[] { 1, 2 })));
        resumed.Report(4, 0.4);
        await two.TellAsync(resumed, 0.4);
        Assert.That(await two.GetReportsAsync(0), Is.EqualTo(new TrialReport[] { new(3, 0.5), new(4, 0.4) }));
        Assert.That(await _database.QueryAsync("SELECT count(*) FROM tuning_checkpoint", static row => row.GetInt64(0), default), Is.EqualTo(new[] { 0L }));
    }

    /// <summary>Rungs at 1 and 2. The trial reports three steps before it asks and pauses, which the report at step 1 decides.</summary>
    [Test]
    public async Task A_pause_holds_although_the_trial_had_reported_beyond_the_rung([Values] bool inAnotherProcess)
    {
        Study study = await OpenPrunedAsync(Pausing);
        Trial good = await study.AskAsync();
        good.Report(1, 1);
        await study.TellAsync(good, 1);
        Trial bad = await study.AskAsync();
        Report(bad, 0, [9, 5, 0]);
        Assert.That(bad.Judge(), Is.EqualTo(PruningVerdict.Pause));
        await study.PauseAsync(bad);

        Trial next = await (inAnotherProcess ? await OpenPrunedAsync(Pausing) : study).AskAsync();

        Assert.That(next.Number, Is.EqualTo(2));
    }

    [Test]
    public async Task Constraints_outlast_a_pause()
    {
        var probe = new HistoryProbe();
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, new StudyOptions { Sampler = probe });
        Trial trial = await study.AskAsync();
        trial.SetConstraint("latency", 3);
        trial.Report(1, 1);
        await study.PauseAsync(trial);
        Assert.That((await study.FindTrialAsync(0))!.Constraints["latency"], Is.EqualTo(3));
        await study.TellAsync(await study.AskAsync(), 5);
        Assert.That(probe.Violations, Is.EqualTo(new[] { 3.0 }), "a sampler sees of a pause what its trial had told");

        Trial resumed = (await (await OpenStudyAsync()).ResumeAsync(0))!;
        resumed.SetConstraint("size", -1);
        TrialRecord told = await study.TellAsync(resumed, 1);

        Assert.That(told.Constraints, Is.EqualTo(new Dictionary<string, double> { ["latency"] = 3, ["size"] = -1 }));
        Assert.That(await study.FindBestAsync(), Has.Property("Number").EqualTo(1));
    }

    [Test]
    public async Task A_trial_that_was_lost_goes_on_from_its_checkpoint()
    {
        Study one = await OpenStudyAsync();
        Trial lost = await one.AskAsync();
        await lost.SaveCheckpointAsync(7, new byte[] { 9 });
        _clock.Advance(Lease);

        Trial taken = await (await OpenStudyAsync()).AskAsync();

        Assert.That((taken.Number, (await taken.FindCheckpointAsync())?.Step), Is.EqualTo((0, (int?)7)));
        Assert.That(async () => await lost.SaveCheckpointAsync(8, new byte[] { 1 }), Throws.InstanceOf<TrialLostException>());
        Assert.That(async () => await taken.SaveCheckpointAsync(8, new byte[Trial.MaximumCheckpointBytes + 1]), Throws.ArgumentException);
        Assert.That((await taken.FindCheckpointAsync())?.Step, Is.EqualTo(7));
    }

    [Test]
    public async Task A_checkpoint_comes_with_the_reports_before_it_although_their_interval_has_not_passed()
    {
        Study one = await NewProcess(new TuningOptions { ReportInterval = TimeSpan.FromMinutes(1) }).OpenAsync("s", Direction.Minimize);
        Trial lost = await one.AskAsync();
        double x = Ask(lost);
        lost.Report(0, 5);
        lost.Report(1, 4);
        await lost.SaveCheckpointAsync(1, new byte[] { 1 });
        lost.Report(2, 3);
        _clock.Advance(Lease);

        Study two = await OpenStudyAsync();
        Trial taken = await two.AskAsync();

        Assert.That((taken.LastReport, Ask(taken)), Is.EqualTo(((TrialReport?)new TrialReport(1, 4), x)));
        taken.Report(2, 3);
        await two.TellAsync(taken, 3);
        Assert.That(await two.GetReportsAsync(0), Is.EqualTo(new TrialReport[] { new(0, 5), new(1, 4), new(2, 3) }));
    }

    [Test]
    public async Task A_trial_that_is_given_back_keeps_its_reports()
    {
        Study study = await OpenStudyAsync();
        Trial first = await study.AskAsync();
        first.Report(4, 0.25);
        await first.DisposeAsync();

        Trial second = await study.AskAsync();

        Assert.That((second.Number, second.Attempt, second.LastReport), Is.EqualTo((0, 1, (TrialReport?)new TrialReport(4, 0.25))));
    }

    [Test]
    public async Task A_resumed_trial_that_is_given_back_goes_on_in_the_attempt_that_paused()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        for (int round = 0; round < 2 * new TuningOptions().MaximumAttempts; round++)
        {
            await study.PauseAsync(trial);
            await (await study.ResumeAsync(0))!.DisposeAsync();
            Assert.That((await study.FindTrialAsync(0))!.State, Is.EqualTo(TrialState.Waiting));

            trial = await study.AskAsync();
            Assert.That((trial.Number, trial.Attempt), Is.EqualTo((0, 1)));
        }
    }

    [Test]
    public async Task A_report_that_a_lost_attempt_may_not_have_been_judged_by_is_judged_by_the_next()
    {
        Study one = await OpenPrunedAsync(new ThresholdPruner(upper: 1), new TuningOptions { ReportInterval = TimeSpan.FromMinutes(1) });
        Trial lost = await one.AskAsync();
        lost.Report(0, 0.5);
        lost.Report(1, 2);
        await lost.SaveCheckpointAsync(1, new byte[] { 1 });
        _clock.Advance(Lease);

        Study two = await OpenPrunedAsync(new ThresholdPruner(upper: 1));
        Trial taken = await two.AskAsync();

        Assert.That((taken.Number, taken.Judge()), Is.EqualTo((0, PruningVerdict.Prune)));
    }

    /// <summary>A sampler sees a pause where it happened, and the end of the same trial later; a reader who opens the study afterwards sees the same.</summary>
    [Test]
    public async Task Samplers_see_pauses_and_ends_in_their_order_whenever_they_look()
    {
        var live = new HistoryProbe();
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, new StudyOptions { Sampler = live, Pruner = Pausing });
        Trial first = await study.AskAsync();
        Ask(first);
        first.Report(1, 3);
        await study.PauseAsync(first);
        Trial second = await study.AskAsync();
        Assert.That(second.Number, Is.Zero, "It was the only one at its rung, so it goes on.");
        await study.TellAsync(second, 2);
        await study.AskAsync();
        var later = new HistoryProbe();
        await (await NewProcess().OpenAsync("s", Direction.Minimize, new StudyOptions { Sampler = later })).AskAsync();

        (int, TrialState, double, int)[] expected = [(0, TrialState.Pruned, double.NaN, 1), (0, TrialState.Completed, 2, 1)];
        Assert.That(live.Seen, Is.EqualTo(expected));
        Assert.That(later.Seen, Is.EqualTo(expected));
    }

    private Task<Study> OpenPrunedAsync(IPruner pruner, TuningOptions? options = null) =>
        NewProcess(options).OpenAsync("s", Direction.Minimize, new StudyOptions { Pruner = pruner });

    /// <summary>Remembers the history of the last trial that began, and samples by chance.</summary>
    private sealed class HistoryProbe : ISampler
    {
        public string Name => "probe";

        public (int Number, TrialState State, double Value, int Step)[] Seen { get; private set; } = [];

        public double[] Violations { get; private set; } = [];

        /// <summary>The coordinates of the parameter that trials call x.</summary>
        public double[] Coordinates { get; private set; } = [];

        public StudySampler ForStudy(StudySpace space) => new Probe(this, new RandomSampler().ForStudy(space));

        private sealed class Probe(HistoryProbe owner, StudySampler random) : StudySampler
        {
            public override void Propose(SamplingContext context, IDictionary<string, double> proposal)
            {
                TrialView view = context.Finished;
                owner.Violations = view.Violations.ToArray();
                owner.Coordinates = view.Column("x").ToArray();
                owner.Seen = [.. Enumerable.Range(0, view.Count).Select(i => (view.Numbers[i], view.States[i], view.Values(0)[i], view.LastSteps[i]))];
            }

            public override double Sample(SamplingContext context, string parameter, ParameterDomain domain) => random.Sample(context, parameter, domain);
        }
    }
}
