using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    [Test]
    public async Task Enqueued_values_are_tried_first_and_what_is_missing_is_sampled()
    {
        Study study = await OpenStudyAsync();
        await study.EnqueueAsync(new Dictionary<string, ParameterValue>
        {
            ["x"] = ParameterValue.Of(0.25),
            ["kind"] = ParameterValue.Of("b"),
            ["flag"] = ParameterValue.Of(true),
            ["out"] = ParameterValue.Of(7.0),
        });
        Assert.That((await AllAsync(study)).Single(), Has.Property("State").EqualTo(TrialState.Waiting).And.Property("Attempt").Zero);

        Trial trial = await study.AskAsync();

        Assert.That((trial.Number, trial.Attempt, trial.SuggestDouble("x", 0, 1)), Is.EqualTo((0, 1, 0.25)));
        Assert.That((trial.SuggestCategorical("kind", "a", "b"), trial.SuggestBool("flag")), Is.EqualTo(("b", true)));
        Assert.That((trial.SuggestDouble("out", 0, 1), trial.SuggestDouble("free", 0, 1)), Is.EqualTo((
            RandomSampler.Draw(new RandomStream(study.Seed, 0, "out"), ParameterDomain.Real(0, 1)), RandomSampler.Draw(new RandomStream(study.Seed, 0, "free"), ParameterDomain.Real(0, 1)))));
        Assert.That((await study.AskAsync()).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task Choices_of_numbers_and_truth_values_are_read_and_enqueued_as_such()
    {
        Study study = await OpenStudyAsync();
        await study.EnqueueAsync(new Dictionary<string, ParameterValue>
        {
            ["batch"] = ParameterValue.Of(32),
            ["rate"] = ParameterValue.Of(0.5),
            ["bias"] = ParameterValue.Of(true),
        });
        Trial trial = await study.AskAsync();

        Assert.That(
            (trial.SuggestCategorical("batch", 8, 16, 32), trial.SuggestOrdinal("rate", 0.10m, 0.50m), trial.SuggestCategorical("bias", false, true)), Is.EqualTo((32, 0.50m, true)));
        await study.TellAsync(trial, 1);
        TrialRecord best = await study.GetBestAsync();
        Assert.That((best.Get<int>("batch"), best.Get<double>("rate"), best.Get<bool>("bias")), Is.EqualTo((32, 0.5, true)));
    }

    [Test]
    public async Task Enqueued_values_that_the_objective_does_not_use_are_said()
    {
        var logger = new FakeLogger<Studies>();
        await using var studies = new Studies(_database, timeProvider: _time, leaseClock: _clock, logger: logger);
        Study study = await studies.OpenAsync("s", Direction.Minimize);
        await study.EnqueueAsync(new Dictionary<string, ParameterValue> { ["x"] = ParameterValue.Of(0.5), ["typo"] = ParameterValue.Of(1), ["y"] = ParameterValue.Of(7) });

        await study.OptimizeAsync(static trial => trial.SuggestDouble("x", 0, 1) + trial.SuggestDouble("y", 0, 1), new() { TotalTrials = 3 });

        Assert.That(logger.Collector.GetSnapshot().Where(static record => record.Id.Id == 7012).Select(static record => record.Message), Is.EqualTo(new[]
        {
            "Trial 0 of study 's' was enqueued with values of typo, y that its objective did not use: it did not ask for them, or with a domain that does not hold them",
        }));
    }

    [Test]
    public async Task Enqueued_trials_run_in_their_order_and_count_towards_the_total()
    {
        Study study = await OpenStudyAsync();
        for (int i = 0; i < 3; i++)
        {
            await study.EnqueueAsync(new Dictionary<string, ParameterValue> { ["x"] = ParameterValue.Of(i / 10.0) });
        }

        await study.OptimizeAsync(Square, new() { TotalTrials = 5 });

        List<TrialRecord> trials = await AllAsync(study);
        Assert.That(trials.Take(3).Select(static trial => (trial.Get<double>("x"), trial.FinishSequence)), Is.EqualTo(new[] { (0, 1L), (0.1, 2L), (0.2, 3L) }));
        Assert.That(trials.Select(static trial => trial.State), Is.EqualTo(Enumerable.Repeat(TrialState.Completed, 5)));
    }

    [Test]
    public async Task Enqueueing_a_key_again_adds_nothing_and_asking_with_it_gets_the_trial()
    {
        Study study = await OpenStudyAsync();
        Dictionary<string, ParameterValue> values = new() { ["x"] = ParameterValue.Of(0.5) };
        int[] numbers = [await study.EnqueueAsync(values, "k"), await study.EnqueueAsync(values, "k"), await study.EnqueueAsync(values)];
        int[] raced = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => study.EnqueueAsync(values, "race")));

        Assert.That(numbers, Is.EqualTo(new[] { 0, 0, 1 }));
        Assert.That(raced, Is.All.EqualTo(2));
        Assert.That((await study.AskAsync("race")).Number, Is.EqualTo(2));
        Assert.That(await AllAsync(study), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task What_cannot_be_enqueued_is_refused()
    {
        Study study = await OpenStudyAsync();

        Assert.That(() => study.EnqueueAsync(new Dictionary<string, ParameterValue>()), Throws.ArgumentException);
        Assert.That(() => study.EnqueueAsync(new Dictionary<string, ParameterValue> { ["x"] = ParameterValue.Of(double.NaN) }), Throws.ArgumentException);
        Assert.That(() => study.EnqueueAsync(new Dictionary<string, ParameterValue> { [""] = ParameterValue.Of(1.0) }), Throws.ArgumentException);
        Assert.That(() => study.EnqueueAsync(new Dictionary<string, ParameterValue> { ["x"] = ParameterValue.Of(1.0) }, ""), Throws.ArgumentException);
    }

    [Test]
    public async Task The_best_of_an_earlier_study_are_tried_again()
    {
        Study earlier = await OpenStudyAsync("earlier");
        await earlier.OptimizeAsync(Square, new() { TotalTrials = 20 });
        double[] best = [.. (await AllAsync(earlier)).OrderBy(static trial => trial.Value).Take(3).Select(static trial => trial.Get<double>("x"))];
        Study study = await OpenStudyAsync("later");

        Assert.That(await study.EnqueueBestAsync(earlier, 3), Is.EqualTo(3));
        Assert.That(await study.EnqueueBestAsync(earlier, 3), Is.EqualTo(3));
        await study.OptimizeAsync(Square, new() { TotalTrials = 3 });

        Assert.That((await AllAsync(study)).Select(static trial => trial.Get<double>("x")), Is.EqualTo(best));
    }

    [Test]
    public async Task Trials_of_an_earlier_study_are_taken_over_once_with_all_that_is_known_of_them()
    {
        Study earlier = await OpenStudyAsync("earlier");
        await earlier.OptimizeAsync(
            static (trial, _) =>
            {
                double x = trial.SuggestDouble("x", -1, 1);
                trial.Report(0, x);
                trial.Report(1, 2 * x);
                trial.SetConstraint("positive", -x);
                return trial.Number switch
                {
                    3 => throw new TrialPrunedException(),
                    4 => throw new InvalidOperationException("no"),
                    _ => Task.FromResult(x * x),
                };
            },
            new() { TotalTrials = 12 });
        Study study = await OpenStudyAsync("later");

        Assert.That(await study.CopyTrialsAsync(earlier), Is.EqualTo(11));
        Assert.That(await study.CopyTrialsAsync(earlier), Is.Zero);

        List<TrialRecord> copied = await AllAsync(study);
        List<TrialRecord> original = [.. (await AllAsync(earlier)).Where(static trial => trial.State != TrialState.Failed)];
        Assert.That(copied.Select(Facts), Is.EqualTo(original.Select(Facts)));
        Assert.That(copied.Select(static trial => (trial.Number, trial.FinishSequence)), Is.EqualTo(Enumerable.Range(0, 11).Select(static i => (i, i + 1L))));
        Assert.That(await study.GetReportsAsync(5), Is.EqualTo(await earlier.GetReportsAsync(original[5].Number)));
        Assert.That((await study.GetBestAsync()).Value, Is.EqualTo((await earlier.GetBestAsync()).Value));
        Assert.That(study.Space.Parameters["x"], Is.EqualTo(ParameterDomain.Real(-1, 1)));
        Assert.That((await study.OptimizeAsync(Square, new() { TotalTrials = 13 })).Finished, Is.EqualTo(13));
        await Assert.ThatAsync(() => study.CopyTrialsAsync(study), Throws.ArgumentException);

        static (TrialState, double?, double, TrialReport?, double, DateTimeOffset) Facts(TrialRecord trial) =>
            (trial.State, trial.Value, trial.Get<double>("x"), trial.LastReport, trial.Constraints["positive"], trial.Started);
    }

    [Test]
    public async Task A_sampler_learns_from_trials_that_were_taken_over()
    {
        Study earlier = await OpenStudyAsync("earlier");
        await earlier.OptimizeAsync(Square, new() { TotalTrials = 60 });
        Study study = await NewProcess().OpenAsync("later", Direction.Minimize, new() { Sampler = new TpeSampler(), Seed = 3 });
        await study.CopyTrialsAsync(earlier);

        await study.OptimizeAsync(Square, new() { TotalTrials = 80 });

        Assert.That((await AllAsync(study)).Skip(60).Select(static trial => Math.Abs(trial.Get<double>("x"))).Order().ElementAt(10), Is.LessThan(0.2), "random search has a median of 0.5");
    }

    [Test]
    public async Task An_enqueued_trial_sees_what_has_finished_when_it_begins()
    {
        Study study = await OpenStudyAsync();
        Trial earlier = await study.AskAsync();
        await study.EnqueueAsync(new Dictionary<string, ParameterValue> { ["x"] = ParameterValue.Of(0.5) });
        await study.TellAsync(earlier, 1);

        Trial begun = await study.AskAsync();
        Trial other = await study.AskAsync();
        await begun.DisposeAsync();
        await study.TellAsync(other, 2);
        Trial enqueued = await study.AskAsync();

        Assert.That((enqueued.Number, (await study.TellAsync(enqueued, 3)).Watermark), Is.EqualTo((1, 1)), "what it sees is settled when it begins for the first time");
    }

    [Test]
    public async Task Trials_of_other_directions_are_not_taken_over()
    {
        Study earlier = await NewProcess().OpenAsync("up", Direction.Maximize);
        Study study = await OpenStudyAsync("down");

        await Assert.ThatAsync(() => study.CopyTrialsAsync(earlier), Throws.ArgumentException);
    }
}
