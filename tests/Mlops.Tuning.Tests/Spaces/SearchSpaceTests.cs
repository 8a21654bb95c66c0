namespace Mlops.Tuning.Tests;

public sealed class SearchSpaceTests
{
    private static readonly ParameterDomain Unit = ParameterDomain.Real(0, 1);

    private static readonly SearchSpace Nested = SearchSpace.Empty
        .With("layers", ParameterDomain.Whole(1, 3))
        .With("dropout", ParameterDomain.Boolean)
        .When("layers", ["2", "3"], SearchSpace.Empty
            .With("skip", ParameterDomain.Categorical("no", "yes"))
            .When("skip", "yes", SearchSpace.Empty.With("from", Unit)))
        .When("dropout", "true", SearchSpace.Empty.With("rate", Unit));

    [TestCase(1, 0, 1, ExpectedResult = "layers dropout")]
    [TestCase(2, 0, 0, ExpectedResult = "layers dropout skip")]
    [TestCase(3, 0, 1, ExpectedResult = "layers dropout skip from")]
    [TestCase(3, 1, 1, ExpectedResult = "layers dropout skip from rate")]
    public string Only_active_branches_are_asked_for(double layers, double dropout, double skip)
    {
        List<string> asked = [];
        Nested.Walk((name, _) =>
        {
            asked.Add(name);
            return name switch { "layers" => layers, "dropout" => dropout, "skip" => skip, _ => 0.5 };
        });
        return string.Join(' ', asked);
    }

    [Test]
    public void Declarations_that_contradict_each_other_are_refused()
    {
        SearchSpace branch = SearchSpace.Empty.With("x", Unit);

        Assert.That(() => Nested.With("skip", Unit), Throws.ArgumentException.With.Message.Contains("'skip'"));
        Assert.That(() => Nested.When("skip", "yes", branch), Throws.ArgumentException.With.Message.Contains("layers, dropout"));
        Assert.That(() => Nested.When("layers", "4", branch), Throws.ArgumentException.With.Message.Contains("whole 1..3"));
        Assert.That(() => Nested.When("layers", [], branch), Throws.ArgumentException.With.Message.Contains("at least one value"));
        Assert.That(() => Nested.When("layers", "1", SearchSpace.Empty.With("dropout", ParameterDomain.Boolean)), Throws.ArgumentException.With.Message.Contains("'dropout'"));
        Assert.That(() => Nested.When("layers", "1", SearchSpace.Empty.With("rate", ParameterDomain.Real(0, 2))), Throws.ArgumentException.With.Message.Contains("'rate'"));
    }

    [Test]
    public void Parallel_branches_may_share_a_parameter_of_one_domain() =>
        Assert.That(() => Nested.When("layers", "1", SearchSpace.Empty.With("rate", Unit)), Throws.Nothing);
}
