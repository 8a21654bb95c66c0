using Mlops.Storage;

namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    private static readonly StudyOptions LagOne = new() { Sampler = new TpeSampler(), Determinism = Determinism.Lag(1), Seed = 4 };

    private static readonly (string Name, IPruner Pruner)[] LaggedPruners =
    [
        ("median", new MedianPruner { StartupTrials = 4 }),
        ("percentile", new PercentilePruner(40) { StartupTrials = 4, IntervalSteps = 2 }),
        ("halving", new SuccessiveHalvingPruner { MinimumResource = 1, ReductionFactor = 2 }),
        ("halving, its minimum found by itself", new SuccessiveHalvingPruner { ReductionFactor = 2 }),
        ("hyperband", new HyperbandPruner { ReductionFactor = 2 }),
        ("wilcoxon", new WilcoxonPruner()),
        ("threshold", new ThresholdPruner(upper: 3)),
        ("patient", new PatientPruner(null, 1)),
        ("patient median", new PatientPruner(new MedianPruner { StartupTrials = 4 }, 1)),
    ];

    private static IEnumerable<string> LaggedSamplers => [.. AdaptiveSamplers, "grid"];

    /// <summary>Those that learn the space from the trials.</summary>
    private static IEnumerable<string> AdaptiveSamplers => [.. QualityRun.Samplers.Keys, "cma-es, separable", "cma-es, adapted rates", "cma-es, restarts"];

    [TestCaseSource(nameof(LaggedSamplers))]
    public async Task One_two_and_eight_workers_agree_at_a_lag_of_seven(string sampler)
    {
        int trials = sampler is "gp" or "auto" ? 24 : 60;
        List<string[]> runs = [];
        foreach (int workers in new[] { 1, 2, 8 })
        {
            Study study = await NewProcess().OpenAsync($"w{workers}", Direction.Minimize, Lagged(sampler));
            await study.OptimizeAsync(Branches, new() { TotalTrials = trials, Parallelism = workers });
            runs.Add(await ChosenAsync(study));
        }

        Assert.That(runs[1], Is.EqualTo(runs[0]));
        Assert.That(runs[2], Is.EqualTo(runs[0]));
        Assert.That(runs[0].Distinct().Count(), Is.GreaterThan(trials * 9 / 10), "trials that run beside each other must not repeat each other");
    }

    [TestCase("tpe")]
    [TestCase("nsga-ii")]
    [TestCase("regularized-evolution")]
    public async Task Workers_agree_at_a_lag_with_several_objectives_and_constraints(string sampler)
    {
        List<string[]> runs = [];
        foreach (int workers in new[] { 1, 8 })
        {
            Study study = await NewProcess().OpenAsync($"w{workers}", [Direction.Minimize, Direction.Maximize], Lagged(sampler));
            await study.OptimizeAsync(
                static async (trial, token) =>
                {
                    double value = await Branches(trial, token);
                    trial.SetConstraint("x", -trial.SuggestDouble("x", -2, 2));
                    return [value, trial.SuggestDouble("y", 1e-3, 10, log: true)];
                },
                new() { TotalTrials = 80, Parallelism = workers });
            runs.Add(await ChosenAsync(study));
        }

        Assert.That(runs[1], Is.EqualTo(runs[0]));
    }

    [TestCaseSource(nameof(LaggedPruners))]
    public async Task Workers_agree_at_a_lag_on_what_is_pruned((string Name, IPruner Pruner) rule)
    {
        List<(TrialState, TrialReport?)[]> runs = [];
        foreach (int workers in new[] { 1, 2, 8 })
        {
            StudyOptions options = Lagged("tpe");
            options.Pruner = rule.Pruner;

            // Hyperband looks at the study's name, so it has to be the same one.
            await using Database database = Create($"{_test}{workers}");
            await using var studies = new Studies(database, timeProvider: _time, leaseClock: _clock);
            Study study = await studies.OpenAsync("p", Direction.Minimize, options);
            await study.OptimizeAsync(
                static async (trial, _) =>
                {
                    double x = trial.SuggestDouble("x", -2, 2);
                    for (int step = 0; step < 8; step++)
                    {
                        await Task.Delay(trial.Number * 7919 % 4, CancellationToken.None);
                        trial.Report(step, (x * x) + (1.0 / (step + 1)) + (0.05 * Math.Sin((7 * step) + (3 * trial.Number))));
                        trial.ThrowIfPruned();
                    }

                    return x * x;
                },
                new() { TotalTrials = 50, Parallelism = workers });
            runs.Add([.. (await AllAsync(study)).Select(static trial => (trial.State, trial.LastReport))]);
        }

        Assert.That(runs[0].Count(static trial => trial.Item1 == TrialState.Pruned), Is.InRange(2, 46));
        Assert.That(runs[1], Is.EqualTo(runs[0]));
        Assert.That(runs[2], Is.EqualTo(runs[0]));
    }

    [Test]
    public async Task Trials_do_not_pause_at_a_lag()
    {
        Studies studies = NewProcess();
        await Assert.ThatAsync(
            () => studies.OpenAsync("s", Direction.Minimize, new() { Determinism = Determinism.Lag(1), Pruner = new SuccessiveHalvingPruner { Pauses = true } }), Throws.ArgumentException.With.Message.Contains("lag 1"));
        Study study = await studies.OpenAsync("s", Direction.Minimize, LagOne);
        Trial trial = await study.AskAsync();

        Assert.That(() => study.PauseAsync(trial), Throws.InvalidOperationException);
        await study.TellAsync(trial, 1);
        await study.OptimizeAsync(static Task<double> (_, _) => throw new TrialPausedException(), new() { TotalTrials = 2 });
        Assert.That((await AllAsync(study))[1].State, Is.EqualTo(TrialState.Failed));
    }

    [TestCase("tpe", 50)]
    [TestCase("cma-es", 40)]
    [TestCase("gp", 24)]
    public async Task Two_processes_agree_with_one_at_a_lag(string sampler, int trials)
    {
        Study alone = await NewProcess().OpenAsync("alone", Direction.Minimize, Lagged(sampler));
        await alone.OptimizeAsync(Branches, new() { TotalTrials = trials });
        Study first = await NewProcess().OpenAsync("two", Direction.Minimize, Lagged(sampler));
        Study second = await NewProcess().OpenAsync("two", Direction.Minimize, Lagged(sampler));

        await Task.WhenAll(
            first.OptimizeAsync(Branches, new() { TotalTrials = trials, Parallelism = 3 }),
            second.OptimizeAsync(Branches, new() { TotalTrials = trials, Parallelism = 4 }));

        Assert.That((await AllAsync(second)).Select(static trial => ParameterJson.Write(trial.Parameters)), Is.EqualTo((await AllAsync(alone)).Select(static trial => ParameterJson.Write(trial.Parameters))));
    }

    [Test]
    public async Task A_trial_waits_for_those_it_is_to_see()
    {
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, LagOne);
        Trial zero = await study.AskAsync();
        Trial one = await study.AskAsync();
        Task<Trial> asked = study.AskAsync();
        await study.TellAsync(one, 1);
        await Task.Delay(100);
        Assert.That(asked.IsCompleted, Is.False, "trial 2 is to see trial 0");

        await study.TellAsync(zero, 0);

        Assert.That((await asked).Number, Is.EqualTo(2));
    }

    [Test]
    public async Task A_study_that_is_full_for_now_does_not_take_running_trials_for_finished_ones()
    {
        var probe = new HistoryProbe();
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, new() { Sampler = probe, Determinism = Determinism.Lag(1) });
        await study.OptimizeAsync(
            static async (trial, _) =>
            {
                // The third worker finds no trial left, while these run.
                await Task.Delay(100, CancellationToken.None);
                return trial.Number + 5;
            },
            new() { TotalTrials = 2, Parallelism = 3 });

        await study.OptimizeAsync(Square, new() { TotalTrials = 3 });

        Assert.That(probe.Seen, Is.EqualTo(new[] { (0, TrialState.Completed, 5.0, -1) }));
    }

    [Test]
    public async Task A_wait_at_a_lag_can_be_cancelled()
    {
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, LagOne);
        await using Trial zero = await study.AskAsync();
        await using Trial one = await study.AskAsync();
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await Assert.ThatAsync(() => study.AskAsync(cancellationToken: cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task What_was_given_back_does_not_block_those_after_it()
    {
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, LagOne);
        await using (await study.AskAsync())
        {
            await study.TellAsync(await study.AskAsync(), 1);
        }

        Assert.That((await study.OptimizeAsync(Square, new() { TotalTrials = 6, Parallelism = 2 })).Completed, Is.EqualTo(6));
    }

    [Test]
    public async Task An_enqueued_trial_waits_at_a_lag_like_any_other()
    {
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, LagOne);
        Trial zero = await study.AskAsync();
        Trial one = await study.AskAsync();
        await study.EnqueueAsync(new Dictionary<string, ParameterValue> { ["x"] = ParameterValue.Of(0.25) });
        Task<Trial> asked = study.AskAsync();
        await study.TellAsync(one, 1);
        await Task.Delay(100);
        Assert.That(asked.IsCompleted, Is.False);

        await study.TellAsync(zero, 0);

        Assert.That(((await asked).Number, (await asked).SuggestDouble("x", 0, 1)), Is.EqualTo((2, 0.25)));
    }

    [Test]
    public async Task A_lag_is_kept_with_the_study()
    {
        await NewProcess().OpenAsync("s", Direction.Minimize, LagOne);
        Studies other = NewProcess();

        Assert.That((await other.GetAsync("s")).Determinism, Is.EqualTo(Determinism.Lag(1)));
        Assert.That((await other.OpenAsync("d", Direction.Minimize)).Determinism, Is.EqualTo(Determinism.Default));
        foreach (Determinism wrong in new[] { Determinism.Default, Determinism.Lag(2) })
        {
            await Assert.ThatAsync(
                () => other.OpenAsync("s", Direction.Minimize, new() { Determinism = wrong }), Throws.TypeOf<StudyConflictException>().With.Property("Property").EqualTo("determinism"));
        }

        Assert.That(() => Determinism.Lag(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Bounds_do_not_change_at_a_lag()
    {
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, LagOne);
        Trial first = await study.AskAsync();
        first.SuggestDouble("x", 0, 1);
        await study.TellAsync(first, 1);
        Trial second = await study.AskAsync();

        Assert.That(() => second.SuggestDouble("x", 0, 0.5), Throws.TypeOf<DomainConflictException>());
        Assert.That(second.SuggestDouble("x", 0, 1), Is.InRange(0, 1));
    }

    private static async Task<string[]> ChosenAsync(Study study) => [.. (await AllAsync(study)).Select(static trial => ParameterJson.Write(trial.Parameters))];

    private static ISampler SamplerOf(string sampler) => sampler switch
    {
        "grid" => new GridSampler(SearchSpace.Empty
            .With("x", ParameterDomain.Real(-2, 2)).With("y", ParameterDomain.Real(1e-3, 10, log: true)).With("branch", ParameterDomain.Boolean)
            .When("branch", "True", SearchSpace.Empty.With("more", ParameterDomain.Real(0, 1)))),
        "cma-es, separable" => new CmaEsSampler { Separable = true },
        "cma-es, adapted rates" => new CmaEsSampler { LearningRateAdaptation = true },
        "cma-es, restarts" => new CmaEsSampler { Restarts = true },
        _ => QualityRun.Samplers[sampler],
    };

    private static StudyOptions Lagged(string sampler) => new() { Sampler = SamplerOf(sampler), Determinism = Determinism.Lag(7), Seed = 12 };

    /// <summary>Trials overtake each other; one branch has a parameter of its own.</summary>
    private static async Task<double> Branches(Trial trial, CancellationToken cancellationToken)
    {
        double x = trial.SuggestDouble("x", -2, 2);
        double y = trial.SuggestDouble("y", 1e-3, 10, log: true);
        bool branch = trial.SuggestBool("branch");
        double more = branch ? trial.SuggestDouble("more", 0, 1) : 0.5;
        await Task.Delay(trial.Number * 7919 % 6, cancellationToken);
        return trial.Number % 11 == 10 ? throw new InvalidOperationException("now and then") : (x * x) + Math.Pow(Math.Log10(y), 2) + more;
    }
}
