namespace Mlops.Tuning.Tests;

public sealed class AutoSamplerTests
{
    private static readonly ParameterDomain Range = ParameterDomain.Real(0, 1);
    private static readonly ParameterDomain Kind = ParameterDomain.Categorical("a", "b");

    [Test]
    public void The_space_the_budget_and_what_was_found_decide()
    {
        Assert.That(Chosen(9, Numbers(2)), Is.EqualTo(AutoExpert.Sobol));
        Assert.That(Chosen(10, Numbers(2)), Is.EqualTo(AutoExpert.GaussianProcess));
        Assert.That(Chosen(10, Numbers(20)), Is.EqualTo(AutoExpert.GaussianProcess));
        Assert.That(Chosen(10, Numbers(21)), Is.EqualTo(AutoExpert.CmaEs));
        Assert.That(Chosen(10, [.. Numbers(20), ("k", Kind)]), Is.EqualTo(AutoExpert.Tpe));
        Assert.That(Chosen(300, Numbers(2)), Is.EqualTo(AutoExpert.CmaEs));
        Assert.That(Chosen(200, Numbers(2)), Is.EqualTo(AutoExpert.GaussianProcess));
        Assert.That(Chosen(200, Numbers(2), budget: 5_000), Is.EqualTo(AutoExpert.CmaEs));
        Assert.That(Chosen(200, [("k", Kind), .. Numbers(2)], budget: 5_000), Is.EqualTo(AutoExpert.GaussianProcess));
        Assert.That(Chosen(300, [("k", Kind), .. Numbers(2)]), Is.EqualTo(AutoExpert.Tpe));
    }

    [Test]
    public void Several_objectives_are_the_Gaussian_processs_as_far_as_it_reaches_and_NSGA_IIs_later()
    {
        Assert.That(Chosen(9, Numbers(2), objectives: 2), Is.EqualTo(AutoExpert.Sobol));
        Assert.That(Chosen(10, Numbers(2), objectives: 2), Is.EqualTo(AutoExpert.GaussianProcess));
        Assert.That(Chosen(199, [("k", Kind), .. Numbers(19)], objectives: 3), Is.EqualTo(AutoExpert.GaussianProcess));
        Assert.That(Chosen(200, Numbers(2), objectives: 2), Is.EqualTo(AutoExpert.NsgaII));
        Assert.That(Chosen(99, Numbers(21), objectives: 2), Is.EqualTo(AutoExpert.Tpe));
        Assert.That(Chosen(100, Numbers(21), objectives: 2), Is.EqualTo(AutoExpert.NsgaII));
        Assert.That(Chosen(99, Numbers(2), objectives: 4), Is.EqualTo(AutoExpert.Tpe));
        Assert.That(Chosen(100, Numbers(2), objectives: 4), Is.EqualTo(AutoExpert.NsgaII));
    }

    [Test]
    public void Several_objectives_with_branches_or_many_pruned_trials_are_no_Gaussian_processs()
    {
        Assert.That(Chosen(10, Numbers(2), objectives: 2, has: static (n, name) => name == "x0" || n % 2 == 0), Is.EqualTo(AutoExpert.TpeGrouped));
        Assert.That(Chosen(299, Numbers(2), objectives: 2, has: static (n, name) => name == "x0" || n % 2 == 0), Is.EqualTo(AutoExpert.TpeGrouped));
        Assert.That(Chosen(300, Numbers(2), objectives: 2, has: static (n, name) => name == "x0" || n % 2 == 0), Is.EqualTo(AutoExpert.NsgaII));
        Assert.That(Chosen(40, Numbers(2), objectives: 2, state: static n => n % 3 == 0 ? TrialState.Pruned : TrialState.Completed), Is.EqualTo(AutoExpert.Tpe));
    }

    [Test]
    public void Pruned_trials_make_it_TPEs()
    {
        static TrialState State(int n) => n % 3 == 0 ? TrialState.Pruned : TrialState.Completed;
        Assert.That(Chosen(40, Numbers(2), state: State), Is.EqualTo(AutoExpert.Tpe));
        Assert.That(Chosen(40, Numbers(2), state: State, has: static (n, name) => name == "x0" || n % 2 == 0), Is.EqualTo(AutoExpert.TpeGrouped));
    }

    [Test]
    public void Branches_that_exclude_each_other_are_told_from_one_space_also_when_they_are_of_equal_size() =>
        Assert.That(Chosen(20, [("a", Range), ("b", Range)], has: static (n, name) => (n % 2 == 0) == (name == "a")), Is.EqualTo(AutoExpert.CmaEs));

    /// <summary>The best is the 21st: with more than a quarter of all after it, and with more than 5 after the 12th.</summary>
    [Test]
    public void Long_without_a_gain_all_take_turns()
    {
        Assert.That(Enumerable.Range(28, 7).Select(static count => Chosen(count, Numbers(2), value: static n => -Math.Min(n, 20))), Is.EqualTo(new[]
        {
            AutoExpert.GaussianProcess, AutoExpert.Tpe, AutoExpert.GaussianProcess, AutoExpert.CmaEs, AutoExpert.Tpe, AutoExpert.GaussianProcess, AutoExpert.CmaEs,
        }));
        Assert.That(Enumerable.Range(28, 5).Select(static count => Chosen(count, [.. Numbers(2), ("k", Kind)], value: static n => -Math.Min(n, 20))), Is.EqualTo(new[]
        {
            AutoExpert.GaussianProcess, AutoExpert.Tpe, AutoExpert.GaussianProcess, AutoExpert.Tpe, AutoExpert.GaussianProcess,
        }));
        Assert.That(Enumerable.Range(16, 5).Select(static count => Chosen(count, Numbers(2), value: static n => -Math.Min(n, 11))), Is.EqualTo(new[]
        {
            AutoExpert.GaussianProcess, AutoExpert.GaussianProcess, AutoExpert.GaussianProcess, AutoExpert.CmaEs, AutoExpert.Tpe,
        }));
    }

    /// <summary>Up to the 21st each is better, then one more, whose turn it was: the 34th, 35th or 36th.</summary>
    [TestCase(33, nameof(AutoExpert.GaussianProcess), 45, nameof(AutoExpert.CmaEs))]
    [TestCase(34, nameof(AutoExpert.CmaEs), 46, nameof(AutoExpert.Tpe))]
    [TestCase(35, nameof(AutoExpert.Tpe), 48, nameof(AutoExpert.CmaEs))]
    public void Who_found_the_best_goes_on_until_nothing_better_comes_for_long(int last, string finder, int until, string next)
    {
        Assert.That(Enumerable.Range(last + 1, until - last).Select(Chosen), Is.All.EqualTo(finder));
        Assert.That(Chosen(until + 1), Is.EqualTo(next));

        string Chosen(int count) => AutoSamplerTests.Chosen(count, Numbers(2), value: n => Value(n, last)).ToString();
    }

    [Test]
    public void The_reason_names_what_decided()
    {
        Assert.That(Choose(12, Numbers(2)).Reason, Does.StartWith("2 parameters and 12 trials").And.Contain("Gaussian process"));
        Assert.That(Choose(35, Numbers(2), value: static n => Value(n, 34)).Reason, Does.StartWith("CMA-ES found the best trial, with 0 after it").And.EndsWith("numbers alone"));
        Assert.That(Choose(35, [.. Numbers(2), ("k", Kind)], value: static n => Value(n, 50)).Reason, Does.StartWith("nothing better in 14 trials: the Gaussian process and TPE take turns"));
    }

    private static double Value(int n, int last) => n >= last ? -21 : -Math.Min(n, 20);

    /// <summary>The best is the 25th, and all of the 36 after it fail.</summary>
    [Test]
    public void Failures_are_no_gain_either() =>
        Assert.That(Chosen(61, Numbers(2), state: static n => n < 25 ? TrialState.Completed : TrialState.Failed), Is.EqualTo(AutoExpert.CmaEs));

    [Test]
    public void It_says_why_and_chooses_the_same_whatever_was_asked_in_between()
    {
        var harness = new SamplerHarness(new AutoSampler(), 4);
        harness.Run(Problems.All["branin"], 14);
        Dictionary<string, double> before = Proposed(harness.Sampler, 12);
        Assert.That(harness.Sampler.Reason, Does.StartWith("nothing better in 9 trials").And.Contain("the Gaussian process, CMA-ES and TPE take turns"));
        Proposed(harness.Sampler, 3);
        Assert.That(harness.Sampler.Reason, Does.StartWith("3 of 10 trials"));

        Assert.That(Proposed(harness.Sampler, 12), Is.EqualTo(before));
        Assert.That(Proposed(new AutoSampler().ForStudy(harness.Space), 12), Is.EqualTo(before));

        Dictionary<string, double> Proposed(StudySampler sampler, int count)
        {
            Dictionary<string, double> proposal = [];
            sampler.Propose(new SamplingContext(harness.Space, count, new TrialView(harness.History, count)), proposal);
            return proposal;
        }
    }

    [Test]
    public void A_budget_below_one_is_refused() => Assert.That(() => new AutoSampler { Budget = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());

    private static (string Name, ParameterDomain Domain)[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(static i => ($"x{i}", Range))];

    private static AutoExpert Chosen(
        int trials, (string Name, ParameterDomain Domain)[] parameters, int? budget = null, int objectives = 1, Func<int, TrialState>? state = null,
        Func<int, string, bool>? has = null, Func<int, double>? value = null) => Choose(trials, parameters, budget, objectives, state, has, value).Expert;

    private static AutoChoice Choose(
        int trials, (string Name, ParameterDomain Domain)[] parameters, int? budget = null, int objectives = 1, Func<int, TrialState>? state = null,
        Func<int, string, bool>? has = null, Func<int, double>? value = null)
    {
        var space = new StudySpace("s", [.. Enumerable.Repeat(Direction.Minimize, objectives)], 0);
        var history = new TrialHistory(objectives);
        Array.ForEach(parameters, parameter => space.Learn(parameter.Name, parameter.Domain));
        for (int n = 0; n < trials; n++)
        {
            double[] values = [.. Enumerable.Repeat(value?.Invoke(n) ?? -n, objectives)];
            List<KeyValuePair<string, ParameterValue>> own = [.. parameters.Where(parameter => has?.Invoke(n, parameter.Name) ?? true)
                .Select(static parameter => KeyValuePair.Create(parameter.Name, parameter.Domain.ToValue(0)))];
            TrialState ended = state?.Invoke(n) ?? TrialState.Completed;
            history.Add(new HistoryRow(n, ended, ended == TrialState.Completed ? values : [], null, own), space);
        }

        int[] counts = [];
        return AutoChoice.Of(new TrialView(history, trials), trials, space, budget, ref counts);
    }
}
