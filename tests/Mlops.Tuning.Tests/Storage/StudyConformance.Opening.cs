using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    [Test]
    public async Task Opening_a_name_again_continues_its_study()
    {
        Study first = await OpenStudyAsync(seed: 5);
        await first.TellAsync(await first.AskAsync(), 1.0);

        Study second = await OpenStudyAsync();

        Assert.That(second.Seed, Is.EqualTo(5));
        Assert.That((await second.AskAsync()).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task Opening_with_another_direction_is_refused()
    {
        Studies studies = NewProcess();
        await studies.OpenAsync("s", Direction.Minimize);

        StudyConflictException? conflict = await Assert.ThrowsAsync<StudyConflictException>(() => studies.OpenAsync("s", Direction.Maximize));
        Assert.That(conflict!.Property, Is.EqualTo("direction"));
        Assert.That(conflict.Message, Does.Contain("'maximize'").And.Contain("'minimize'"));
        Assert.That(() => studies.OpenAsync("s", [Direction.Minimize, Direction.Minimize]), Throws.InstanceOf<StudyConflictException>());
    }

    [Test]
    public async Task Opening_with_another_seed_is_refused()
    {
        await OpenStudyAsync(seed: 1);

        Assert.That(() => OpenStudyAsync(seed: 2), Throws.InstanceOf<StudyConflictException>().With.Property("Property").EqualTo("seed"));
    }

    [Test]
    public async Task Without_a_seed_the_name_decides()
    {
        Study a = await OpenStudyAsync("a");
        Study b = await OpenStudyAsync("b");

        Assert.That(a.Seed, Is.Not.EqualTo(b.Seed));
        Assert.That(a.Seed, Is.EqualTo((long)RandomStream.Hash("a")));
    }

    [Test]
    public async Task Eight_openings_at_once_make_one_study()
    {
        Study[] opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => OpenStudyAsync()));

        Assert.That(opened.Select(study => study.Row.Id).Distinct(), Has.Exactly(1).Items);
    }

    [Test]
    public async Task A_study_that_does_not_exist_is_not_found()
    {
        Studies studies = NewProcess();

        Assert.That(await studies.FindAsync("nowhere"), Is.Null);
        Assert.That(() => studies.GetAsync("nowhere"), Throws.InstanceOf<StudyNotFoundException>().With.Message.Contains("'nowhere'"));
    }

    [Test]
    public async Task A_study_that_goes_on_with_another_sampler_says_so_once_a_trial_begins()
    {
        await NewProcess().OpenAsync("s", Direction.Minimize, new() { Sampler = new TpeSampler() });
        var logger = new FakeLogger<Studies>();
        await using var studies = new Studies(_database, timeProvider: _time, leaseClock: _clock, logger: logger);

        await (await studies.GetAsync("s")).FindBestAsync();
        await (await studies.OpenAsync("s", Direction.Minimize, new() { Sampler = new TpeSampler() })).AskAsync();
        Assert.That(Said(), Is.Empty);
        Study study = await studies.OpenAsync("s", Direction.Minimize, new() { Sampler = new RandomSampler() });
        await study.AskAsync();
        await study.AskAsync();

        Assert.That(Said(), Has.Length.EqualTo(1).And.All.Contains("created with sampler tpe and goes on with random"));

        string[] Said() => [.. logger.Collector.GetSnapshot().Where(static record => record.Id.Id == 7013).Select(static record => record.Message)];
    }

    [Test]
    public async Task A_study_is_resumed_by_its_name_with_a_sampler_and_a_pruner_and_keeps_what_it_was_created_with()
    {
        await NewProcess().OpenAsync("s", [Direction.Maximize, Direction.Minimize], new() { Seed = 5, Determinism = Determinism.Lag(3) });
        Studies studies = NewProcess();

        Study resumed = await studies.GetAsync("s", new() { Sampler = new LowestSampler(), Pruner = new ThresholdPruner(upper: 1) });

        Assert.That((resumed.Seed, resumed.Determinism), Is.EqualTo((5, Determinism.Lag(3))));
        Assert.That(resumed.Directions, Is.EqualTo(new[] { Direction.Maximize, Direction.Minimize }));
        Trial trial = await resumed.AskAsync();
        Assert.That(trial.SuggestDouble("x", 3, 4), Is.EqualTo(3));
        trial.Report(0, 2);
        Assert.That(trial.Judge(), Is.EqualTo(PruningVerdict.Prune));

        Assert.That(() => studies.GetAsync("s", new() { Seed = 6 }), Throws.TypeOf<StudyConflictException>().With.Property("Property").EqualTo("seed"));
        Assert.That(() => studies.FindAsync("s", new() { Determinism = Determinism.Default }), Throws.TypeOf<StudyConflictException>().With.Property("Property").EqualTo("determinism"));
        Assert.That(() => studies.GetAsync("s", new() { Pruner = new SuccessiveHalvingPruner { Pauses = true } }), Throws.ArgumentException);
    }

    [Test]
    public async Task Studies_are_listed_oldest_first()
    {
        await OpenStudyAsync("b");
        await OpenStudyAsync("a");

        Assert.That(await NewProcess().ListAsync(), Is.EqualTo(new[] { "b", "a" }));
    }

    [Test]
    public void Bad_names_and_directions_are_refused_before_anything_is_stored()
    {
        Studies studies = NewProcess();

        Assert.That(() => studies.OpenAsync("", Direction.Minimize), Throws.ArgumentException);
        Assert.That(() => studies.OpenAsync(new string('x', 251), Direction.Minimize), Throws.ArgumentException);
        Assert.That(() => studies.OpenAsync("a\0b", Direction.Minimize), Throws.ArgumentException);
        Assert.That(() => studies.OpenAsync("s", []), Throws.ArgumentException);
        Assert.That(() => studies.OpenAsync("s", (Direction)7), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
