namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    [Test]
    public async Task Asking_twice_in_a_trial_returns_the_same_value()
    {
        Trial trial = await (await OpenStudyAsync()).AskAsync();

        double x = Ask(trial);

        Assert.That(Ask(trial), Is.EqualTo(x));
    }

    [Test]
    public async Task Other_bounds_within_one_trial_are_refused()
    {
        Trial trial = await (await OpenStudyAsync()).AskAsync();
        Ask(trial);

        DomainConflictException? conflict = Assert.Throws<DomainConflictException>(() => trial.SuggestDouble("x", 0, 2));
        Assert.That(conflict!.Message, Does.Contain("'x'").And.Contain("real 0..2").And.Contain("real 0..1"));
    }

    [Test]
    public async Task Bounds_may_change_from_trial_to_trial()
    {
        Study study = await OpenStudyAsync();
        Trial first = await study.AskAsync();
        first.SuggestDouble("x", 0, 1);
        await study.TellAsync(first, 1);
        Trial second = await study.AskAsync();
        double x = second.SuggestDouble("x", 5, 6);
        await study.TellAsync(second, 2);

        Assert.That(x, Is.InRange(5, 6));
        Study reopened = await OpenStudyAsync();
        Assert.That(reopened.Space.Parameters["x"], Is.EqualTo(ParameterDomain.Real(0, 6)));
    }

    [Test]
    public async Task A_value_beyond_the_bounds_known_here_is_seen_by_samplers_where_another_process_has_widened_them()
    {
        var probe = new HistoryProbe();
        Study here = await NewProcess().OpenAsync("s", Direction.Minimize, new StudyOptions { Sampler = probe });
        Trial narrow = await here.AskAsync();
        double x = narrow.SuggestDouble("x", 0, 1);
        await here.TellAsync(narrow, 1);
        Study there = await OpenStudyAsync();
        Trial wide = await there.AskAsync();
        double beyond = wide.SuggestDouble("x", 5, 6);
        await there.TellAsync(wide, 2);

        await here.AskAsync();

        Assert.That(probe.Coordinates, Is.EqualTo(new[] { x, beyond }));
        Assert.That(here.Space.Parameters["x"], Is.EqualTo(ParameterDomain.Real(0, 6)));
    }

    [Test]
    public async Task Another_kind_scale_step_or_choice_is_refused_within_the_study()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        trial.SuggestDouble("x", 1, 2);
        trial.SuggestCategorical("k", "a", "b");
        trial.SuggestInt("odd", 1, 9, step: 2);
        trial.SuggestDouble("tenths", 0.3, 1, step: 0.1);
        await study.TellAsync(trial, 1);

        Study reopened = await OpenStudyAsync();
        Trial next = await reopened.AskAsync();

        Assert.That(() => next.SuggestInt("x", 1, 2), Throws.InstanceOf<DomainConflictException>());
        Assert.That(() => next.SuggestDouble("x", 1, 2, log: true), Throws.InstanceOf<DomainConflictException>());
        Assert.That(() => next.SuggestDouble("x", 1, 2, step: 0.5), Throws.InstanceOf<DomainConflictException>());
        Assert.That(() => next.SuggestCategorical("k", "b", "a"), Throws.InstanceOf<DomainConflictException>());
        Assert.That(() => next.SuggestBool("k"), Throws.InstanceOf<DomainConflictException>());
        Assert.That(() => next.SuggestInt("odd", 2, 10, step: 2), Throws.InstanceOf<DomainConflictException>().With.Message.Contains("whole steps"));
        Assert.That(() => next.SuggestDouble("tenths", 0.25, 1, step: 0.1), Throws.InstanceOf<DomainConflictException>());
        Assert.That(next.SuggestInt("odd", -3, 11, step: 2) % 2, Is.Not.Zero);
        Assert.That(next.SuggestDouble("tenths", 0, 0.7, step: 0.1), Is.InRange(0, 0.7));
    }

    [Test]
    public async Task Two_processes_cannot_give_one_name_two_kinds()
    {
        Study one = await OpenStudyAsync();
        Study two = await OpenStudyAsync();
        Trial first = await one.AskAsync();
        Trial second = await two.AskAsync();
        first.SuggestDouble("x", 1, 2);
        second.SuggestInt("x", 1, 2);
        await one.TellAsync(first, 1);

        Assert.That(() => two.TellAsync(second, 2), Throws.InstanceOf<DomainConflictException>());
        await two.FailAsync(second, "conflict");
        Assert.That((await AllAsync(one)).Select(trial => trial.State), Is.EqualTo(new[] { TrialState.Completed, TrialState.Failed }));
    }

    [Test]
    public async Task A_single_value_is_a_constant()
    {
        Trial trial = await (await OpenStudyAsync()).AskAsync();

        Assert.That(trial.SuggestDouble("a", 2.5, 2.5, log: true), Is.EqualTo(2.5));
        Assert.That(trial.SuggestInt("b", -3, -3), Is.EqualTo(-3));
        Assert.That(trial.SuggestCategorical("c", "only"), Is.EqualTo("only"));
    }

    [TestCaseSource(nameof(AdaptiveSamplers))]
    public async Task Only_trials_that_contradict_the_space_fail_when_it_changes_from_trial_to_trial(string sampler)
    {
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, new() { Sampler = SamplerOf(sampler) });

        await study.OptimizeAsync(
            static (trial, _) =>
            {
                double constants = trial.SuggestDouble("single", 2.5, 2.5) + trial.SuggestInt("one", 1, 1) + trial.SuggestCategorical("same", "a").Length;
                double x = (trial.Number % 6) switch
                {
                    2 => trial.SuggestDouble("x", -trial.Number, 0.5),
                    3 => trial.SuggestDouble("x", 0.25, 0.25),
                    4 => trial.SuggestInt("x", 0, 1),
                    5 => trial.SuggestDouble("backwards", 3, 2),
                    _ => trial.SuggestDouble("x", 0, 1),
                };
                return Task.FromResult(x + constants);
            },
            new() { TotalTrials = 36 });

        List<TrialRecord> trials = await AllAsync(study);
        Assert.That(trials.Select(static trial => trial.State), Is.EqualTo(trials.Select(static trial => trial.Number % 6 is 4 or 5 ? TrialState.Failed : TrialState.Completed)));
        Assert.That(trials.Where(static trial => trial.Number % 6 == 4).Select(static trial => trial.Reason), Is.All.StartsWith("DomainConflictException: "));
        Assert.That(trials.Where(static trial => trial.Number % 6 == 5).Select(static trial => trial.Reason), Is.All.StartsWith("ArgumentException: The bounds contradict each other"));
        Assert.That(trials.Where(static trial => trial.Number % 6 is 0 or 1).Select(static trial => trial.Get<double>("x")), Is.All.InRange(0, 1));
        Assert.That(trials.Where(static trial => trial.Number % 6 == 3).Select(static trial => trial.Get<double>("x")), Is.All.EqualTo(0.25));
    }

    [TestCaseSource(nameof(AdaptiveSamplers))]
    public async Task A_study_may_have_nothing_to_choose(string sampler)
    {
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, new() { Sampler = SamplerOf(sampler) });

        StudyProgress progress = await study.OptimizeAsync(static (trial, _) => Task.FromResult(trial.SuggestDouble("x", 1, 1)), new() { TotalTrials = 14 });

        Assert.That(progress.Completed, Is.EqualTo(14));
    }

    private static (string Parameter, Action<Trial> Ask)[] Mistakes() =>
    [
        ("name", static t => t.SuggestDouble(null!, 0, 1)),
        ("name", static t => t.SuggestInt("", 0, 1)),
        ("name", static t => t.SuggestBool(null!)),
        ("name", static t => t.SuggestBool("a\0")),
        ("name", static t => t.SuggestBool("\ud800")),
        ("name", static t => t.SuggestCategorical(null!, "a", "b")),
        ("name", static t => t.Suggest(null!, ParameterDomain.Boolean)),
        ("domain", static t => t.Suggest("p", null!)),
        ("low", static t => t.SuggestDouble("p", double.NaN, 1)),
        ("low", static t => t.SuggestDouble("p", double.NegativeInfinity, 1)),
        ("low", static t => t.SuggestDouble("p", 2, 1)),
        ("low", static t => t.SuggestDouble("p", 0, 1, log: true)),
        ("high", static t => t.SuggestDouble("p", 0, double.NaN)),
        ("high", static t => t.SuggestDouble("p", 0, double.PositiveInfinity)),
        ("high", static t => t.SuggestDouble("p", double.MinValue, double.MaxValue)),
        ("step", static t => t.SuggestDouble("p", 0, 1, step: 0)),
        ("step", static t => t.SuggestDouble("p", 0, 1, step: -0.1)),
        ("step", static t => t.SuggestDouble("p", 0, 1, step: double.NaN)),
        ("step", static t => t.SuggestDouble("p", 0, 1, step: double.PositiveInfinity)),
        ("step", static t => t.SuggestDouble("p", 0, 1, step: 1e-300)),
        ("step", static t => t.SuggestDouble("p", 1, 2, log: true, step: 0.1)),
        ("low", static t => t.SuggestInt("p", 2, 1)),
        ("low", static t => t.SuggestInt("p", 0, 1, log: true)),
        ("step", static t => t.SuggestInt("p", 0, 1, step: 0)),
        ("step", static t => t.SuggestInt("p", 0, 1, step: -1)),
        ("step", static t => t.SuggestInt("p", 1, 9, log: true, step: 2)),
        ("choices", static t => t.SuggestCategorical<string>("p")),
        ("choices", static t => t.SuggestCategorical<string>("p", null!)),
        ("choices", static t => t.SuggestCategorical("p", (string[])null!)),
        ("choices", static t => t.SuggestCategorical("p", "a", null!)),
        ("choices", static t => t.SuggestCategorical("p", [new object(), null!])),
        ("choices", static t => t.SuggestCategorical("p", "a", "a")),
        ("choices", static t => t.SuggestCategorical("p", "a\0", "b")),
        ("choices", static t => t.SuggestCategorical("p", "\ud800", "b")),
        ("choices", static t => t.SuggestCategorical("p", Enumerable.Range(0, ParameterDomain.MaximumChoices + 1).ToArray())),
    ];

    [Test]
    public async Task A_parameter_that_makes_no_sense_is_refused_by_the_name_of_what_is_wrong_and_leaves_the_trial_as_it_was()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();

        Assert.Multiple(() =>
        {
            foreach ((int i, (string parameter, Action<Trial> ask)) in Mistakes().Index())
            {
                Assert.That(() => ask(trial), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(parameter), $"mistake {i}");
            }
        });

        Assert.That((await study.TellAsync(trial, trial.SuggestDouble("p", 0, 1))).Parameters.Keys, Is.EqualTo(new[] { "p" }));
    }

    [Test]
    public async Task Bad_names_are_refused()
    {
        Trial trial = await (await OpenStudyAsync()).AskAsync();

        Assert.That(() => trial.SuggestBool(""), Throws.ArgumentException);
        Assert.That(() => trial.SuggestBool(new string('x', 251)), Throws.ArgumentException);
        Assert.That(() => trial.SuggestBool("a\0"), Throws.ArgumentException);
        Assert.That(() => trial.SuggestBool("\ud800"), Throws.ArgumentException);
        Assert.That(() => trial.SuggestCategorical("c", 1, 1), Throws.ArgumentException);
    }
}
