namespace Mlops.Tuning.Tests;

public sealed class GridSamplerTests
{
    private static readonly SearchSpace Space = SearchSpace.Empty
        .With("kind", ParameterDomain.Categorical("svm", "tree", "none"))
        .With("on", ParameterDomain.Boolean)
        .When("kind", "svm", SearchSpace.Empty.With("c", ParameterDomain.Real(1e-2, 1e2, log: true)))
        .When("kind", "tree", SearchSpace.Empty.With("depth", ParameterDomain.Whole(2, 6, step: 2)).With("leaf", ParameterDomain.Ordinal("s", "l")));

    /// <summary>(5 values of c + 3 depths times 2 leaves + 1) times 2.</summary>
    [Test]
    public void Every_combination_of_the_tree_is_tried_once_per_round_in_an_order_of_the_seed()
    {
        var sampler = new GridSampler(Space);
        string[] first = Run(sampler, seed: 1, trials: 24);

        Assert.That(sampler.Count, Is.EqualTo(24));
        Assert.That(first, Is.Unique);
        Assert.That(Run(sampler, seed: 1, trials: 48)[24..], Is.EqualTo(first));
        Assert.That(Run(sampler, seed: 2, trials: 24), Is.EquivalentTo(first).And.Not.EqualTo(first));
        Assert.That(first, Has.Exactly(2).StartsWith("kind=svm").And.EndsWith("c=0.1"));
    }

    [Test]
    public void Parameters_outside_of_the_grid_are_random_and_points_may_be_one()
    {
        var harness = new SamplerHarness(new GridSampler(SearchSpace.Empty.With("x", ParameterDomain.Real(0, 1)), points: 1), 3);
        double[] others = [.. Enumerable.Range(0, 5).Select(_ =>
        {
            harness.Begin();
            Assert.That(harness.Suggest("x", ParameterDomain.Real(0, 1)), Is.EqualTo(0.5));
            double other = harness.Suggest("y", ParameterDomain.Real(0, 1));
            harness.End(0);
            return other;
        })];

        Assert.That(others, Is.Unique);
    }

    [Test]
    public void Empty_and_endless_grids_are_refused()
    {
        Assert.That(() => new GridSampler(SearchSpace.Empty), Throws.ArgumentException);
        Assert.That(() => new GridSampler(Space, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => new GridSampler(SearchSpace.Empty.With("a", ParameterDomain.Whole(1, 1_000)).With("b", ParameterDomain.Whole(1, 1_000))),
            Throws.ArgumentException.With.Message.Contains("100000"));
    }

    private static string[] Run(GridSampler sampler, long seed, int trials)
    {
        var harness = new SamplerHarness(sampler, seed);
        return [.. Enumerable.Range(0, trials).Select(_ =>
        {
            harness.Begin();
            List<string> values = [];
            Space.Walk((name, domain) =>
            {
                double value = harness.Suggest(name, domain);
                values.Add($"{name}={domain.ToValue(value)}");
                return value;
            });
            harness.End(0);
            return string.Join(' ', values);
        })];
    }
}
