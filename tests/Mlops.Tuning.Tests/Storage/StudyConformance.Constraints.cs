namespace Mlops.Tuning.Tests;

public abstract partial class StudyConformance
{
    private enum Size
    {
        Small,
        Medium,
        Large,
    }

    [Test]
    public async Task Only_trials_that_satisfy_their_constraints_count_as_best()
    {
        Study study = await OpenStudyAsync();
        await TellAsync(study, 1, ("memory", 0.5));
        await TellAsync(study, 3, ("memory", -2), ("latency", 0));
        await TellAsync(study, 2, ("memory", -2), ("latency", 1e-9));
        await TellAsync(study, 4);

        TrialRecord best = await study.GetBestAsync();

        Assert.That(best.Number, Is.EqualTo(1));
        Assert.That((await AllAsync(await OpenStudyAsync())).Select(static trial => trial.IsFeasible), Is.EqualTo(new[] { false, true, false, true }));
        Assert.That(best.Constraints, Is.EqualTo(new Dictionary<string, double> { ["memory"] = -2, ["latency"] = 0 }));
    }

    [Test]
    public async Task Without_a_trial_that_satisfies_its_constraints_there_is_no_best_one_and_the_error_says_so()
    {
        Study study = await OpenStudyAsync();
        await TellAsync(study, 1, ("memory", 0.5));

        NoCompletedTrialException none = (await Assert.ThrowsAsync<NoCompletedTrialException>(() => study.GetBestAsync()))!;

        Assert.That(await study.FindBestAsync(), Is.Null);
        Assert.That(none.Message, Does.StartWith("None of the 1 completed trials of study 's' satisfies its constraints"));
    }

    [Test]
    public async Task A_trial_that_misses_a_constraint_is_not_on_the_front()
    {
        Study study = await NewProcess().OpenAsync("s", [Direction.Minimize, Direction.Minimize]);
        Trial outside = await study.AskAsync();
        outside.SetConstraint("memory", 1);
        await study.TellAsync(outside, [0, 0]);
        await study.TellAsync(await study.AskAsync(), [1, 1]);

        Assert.That((await study.GetParetoFrontAsync()).Select(static trial => trial.Number), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public async Task A_constraint_takes_its_latest_value_and_refuses_what_is_no_number()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        trial.SetConstraint("memory", 3);
        trial.SetConstraint("memory", -1);

        Assert.That(() => trial.SetConstraint("memory", double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("'memory'"));
        for (int i = 1; i < 100; i++)
        {
            trial.SetConstraint($"c{i}", double.MaxValue);
        }

        Assert.That(() => trial.SetConstraint("one more", 0), Throws.InvalidOperationException.With.Message.Contains("100"));
        TrialRecord told = await study.TellAsync(trial, 1);
        Assert.That(told.Constraints["memory"], Is.EqualTo(-1));
        Assert.That(told.IsFeasible, Is.False);
        Assert.That(() => trial.SetConstraint("memory", 0), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Samplers_see_by_how_much_constraints_were_missed()
    {
        var sampler = new RecordingSampler();
        Study study = await NewProcess().OpenAsync("s", Direction.Minimize, new StudyOptions { Sampler = sampler });
        await TellAsync(study, 1, ("a", 0.5), ("b", 2), ("c", -7));
        await TellAsync(study, 1, ("a", -3), ("b", -1));
        await TellAsync(study, 1);
        await study.AskAsync();

        Assert.That(sampler.Violations, Is.EqualTo(new[] { 2.5, 0, 0 }));
        Assert.That(sampler.LargestConstraints, Is.EqualTo(new[] { 2, -1, double.NaN }));
    }

    [Test]
    public async Task An_ordinal_parameter_is_stored_by_its_label_and_keeps_its_order()
    {
        Study study = await OpenStudyAsync();
        Trial trial = await study.AskAsync();
        Size size = trial.SuggestOrdinal("size", Size.Small, Size.Medium, Size.Large);
        TrialRecord told = await study.TellAsync(trial, 1);

        Study reopened = await OpenStudyAsync();
        Trial next = await reopened.AskAsync();

        Assert.That(told.Get<Size>("size"), Is.EqualTo(size));
        Assert.That(reopened.Space.Parameters["size"], Is.EqualTo(ParameterDomain.Ordinal("Small", "Medium", "Large")));
        Assert.That(() => next.SuggestCategorical("size", Size.Small, Size.Medium, Size.Large), Throws.InstanceOf<DomainConflictException>());
    }

    [Test]
    public async Task A_declared_space_asks_for_what_is_active_and_the_values_are_the_trials()
    {
        SearchSpace space = SearchSpace.Empty
            .With("kind", ParameterDomain.Categorical("svm", "tree"))
            .When("kind", "svm", SearchSpace.Empty.With("c", ParameterDomain.Real(1e-3, 1e3, log: true)))
            .When("kind", "tree", SearchSpace.Empty.With("depth", ParameterDomain.Whole(1, 9)));
        Study study = await OpenStudyAsync();
        for (int i = 0; i < 10; i++)
        {
            Trial trial = await study.AskAsync();
            IReadOnlyDictionary<string, ParameterValue> values = trial.SuggestAll(space);
            TrialRecord told = await study.TellAsync(trial, 1);

            Assert.That(values.Keys, Is.EqualTo(new[] { "kind", values["kind"].As<string>() == "svm" ? "c" : "depth" }));
            Assert.That(told.Parameters, Is.EqualTo(values));
        }
    }

    private static async Task TellAsync(Study study, double value, params (string Name, double Value)[] constraints)
    {
        Trial trial = await study.AskAsync();
        Array.ForEach(constraints, constraint => trial.SetConstraint(constraint.Name, constraint.Value));
        await study.TellAsync(trial, value);
    }

    private sealed class RecordingSampler : StudySampler, ISampler
    {
        public string Name => "recording";

        public double[] Violations { get; private set; } = [];

        /// <summary>The coordinates of the parameter that trials call x.</summary>
        public double[] Coordinates { get; private set; } = [];

        public double[] LargestConstraints { get; private set; } = [];

        public StudySampler ForStudy(StudySpace space) => this;

        public override void Propose(SamplingContext context, IDictionary<string, double> proposal) =>
            (Violations, LargestConstraints) = (context.Finished.Violations.ToArray(), context.Finished.LargestConstraints.ToArray());

        public override double Sample(SamplingContext context, string parameter, ParameterDomain domain) => domain.Low;
    }
}
