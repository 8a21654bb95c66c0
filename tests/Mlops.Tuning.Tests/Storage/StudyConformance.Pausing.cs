using System.Collections.Concurrent;

namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
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
}
