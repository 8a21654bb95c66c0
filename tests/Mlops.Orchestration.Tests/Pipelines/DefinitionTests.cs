namespace Mlops.Orchestration.Tests;

[TestFixture]
public sealed class DefinitionTests
{
    [Test]
    public void Time_limits_that_no_timer_holds_are_refused_where_they_are_written()
    {
        TimeSpan tooLong = TimeSpan.FromDays(49) + TimeSpan.FromTicks(1);
        Refuses(p => p.WithTimeout(tooLong));
        Refuses(p => p.Step("a", static _ => Task.FromResult(1)).WithTimeout(tooLong));
        Refuses(p => p.Step("a", static _ => Task.FromResult(1)).WithTimeout(TimeSpan.Zero));
        PipelineGraph.Of(new TestPipeline(static p => p.Step("a", static _ => Task.FromResult(1)).WithTimeout(TimeSpan.FromDays(49))));

        static void Refuses(Action<PipelineBuilder<int>> define) =>
            Assert.That(() => PipelineGraph.Of(new TestPipeline(define)), Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("timeout"));
    }

    [Test]
    public void Two_steps_of_one_name_are_refused() => Refuses(
        static p =>
        {
            p.Step("a", static _ => Task.FromResult(1));
            p.Step("a", static _ => Task.FromResult(2));
        },
        "two steps are named 'a'");

    [Test]
    public void A_step_and_a_group_of_one_name_are_refused() => Refuses(
        static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1));
            p.ForEach("a", a, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i));
        },
        "two steps are named 'a'");

    [TestCase("")]
    [TestCase("a b")]
    [TestCase("a[1]")]
    [TestCase("a/b")]
    [TestCase("ä")]
    public void A_name_outside_the_grammar_is_refused(string name) =>
        Refuses(p => p.Step(name, static _ => Task.FromResult(1)), $"'{name}' is no step name");

    [Test]
    public void A_handle_of_another_definition_is_refused()
    {
        Step<int>? foreign = null;
        PipelineGraph.Of(new TestPipeline(p => foreign = p.Step("theirs", static _ => Task.FromResult(1))));

        Refuses(p => p.Step("mine", foreign!, static (x, _) => Task.FromResult(x)), "'mine' takes 'theirs', which belongs to another definition");
    }

    [Test]
    public void A_handle_from_inside_a_branch_is_refused_outside() => Refuses(
        static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1));
            Step<int>? inside = null;
            p.When(a, static x => x > 0).Then(b => inside = b.Step("inside", static _ => Task.FromResult(1)));
            p.Step("outside", inside!, static (x, _) => Task.FromResult(x));
        },
        "'outside' takes 'inside' from inside a branch");

    [Test]
    public void A_handle_of_one_branch_is_refused_in_the_other() => Refuses(
        static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1));
            Step<int>? then = null;
            p.When(a, static x => x > 0)
                .Then(b => then = b.Step("then", static _ => Task.FromResult(1)))
                .Else(b => b.Step("else", then!, static (x, _) => Task.FromResult(x)));
        },
        "'else' takes 'then'");

    /// <summary>A handle exists once its step is declared: a circle of steps cannot be written, not even by way of a variable.</summary>
    [Test]
    public void A_step_that_takes_one_that_is_declared_later_is_refused()
    {
        Step<int>? later = null;
        Action<PipelineBuilder<int>> circle = p =>
        {
            Step<int> first = p.Step("first", later!, static (x, _) => Task.FromResult(x));
            later = p.Step("later", first, static (x, _) => Task.FromResult(x));
        };
        Refuses(circle, "'first' takes an input that is null");

        PipelineGraph.Of(new TestPipeline(p => later = p.Step("later", static _ => Task.FromResult(1))));
        Refuses(circle, "'first' takes 'later', which belongs to another definition");
    }

    [Test]
    public void Types_that_nobody_serialises_are_all_named() => Refuses(
        static p =>
        {
            Step<Unknown> a = p.Step("a", static _ => Task.FromResult(new Unknown(1)));
            p.ForEach("b", a, static x => new List<Version> { new(x.Value, 0) }, static v => v.ToString(), static (v, _) => Task.FromResult(1));
        },
        $"no context serialises {typeof(Unknown)}, {typeof(Version)}. Add [JsonSerializable(typeof(...))]");

    [Test]
    public void Parameters_that_nobody_serialises_are_named()
    {
        Assert.That(
            static () => PipelineGraph.Of(new UnknownParameters()),
            Throws.TypeOf<PipelineDefinitionException>().With.Message.Contains(typeof(Unknown).ToString()).And.Property("Pipeline").EqualTo("UnknownParameters"));
    }

    [Test]
    public void A_pipeline_without_steps_is_refused() => Refuses(static _ => { }, "it declares no step");

    [Test]
    public void A_branch_without_steps_is_refused() => Refuses(
        static p => p.When(p.Step("a", static _ => Task.FromResult(1)), static x => x > 0).Then(static _ => { }),
        "the Then branch of 'a?' declares no step");

    [Test]
    public void A_branch_declared_twice_is_refused() => Refuses(
        static p => p.When(p.Step("a", static _ => Task.FromResult(1)), static x => x > 0)
            .Then(static b => b.Step("b", static _ => Task.FromResult(1)))
            .Then(static b => b.Step("c", static _ => Task.FromResult(1))),
        "declared twice");

    [Test]
    public void A_step_declared_after_the_definition_is_refused()
    {
        PipelineBuilder<int>? kept = null;
        PipelineGraph.Of(new TestPipeline(p => (kept = p).Step("a", static _ => Task.FromResult(1))));

        Assert.That(() => kept!.Step("late", static _ => Task.FromResult(1)), Throws.TypeOf<PipelineDefinitionException>());
    }

    [Test]
    public void A_pipeline_is_named_after_its_class_unless_it_says_otherwise()
    {
        Assert.That(PipelineGraph.Of(new Named()).Pipeline, Is.EqualTo("Named"));
        Assert.That(PipelineGraph.Of(new TestPipeline(static p => p.Step("a", static _ => Task.FromResult(1)), "nightly")).Pipeline, Is.EqualTo("nightly"));
    }

    [Test]
    public void The_hash_is_that_of_the_graph_and_not_of_the_code()
    {
        string hash = Hash(static p => p.Step("b", p.Step("a", static _ => Task.FromResult(1)), static (x, _) => Task.FromResult(x)));

        Assert.That(Hash(static p => p.Step("b", p.Step("a", static _ => Task.FromResult(2)), static (x, _) => Task.FromResult(-x))), Is.EqualTo(hash));
        Assert.That(Hash(static p => p.Step("c", p.Step("a", static _ => Task.FromResult(1)), static (x, _) => Task.FromResult(x))), Is.Not.EqualTo(hash), "name");
        Assert.That(Hash(static p => p.Step("b", p.Step("a", static _ => Task.FromResult(1)), static (x, _) => Task.FromResult("x"))), Is.Not.EqualTo(hash), "type");
        Assert.That(
            Hash(static p =>
            {
                p.Step("a", static _ => Task.FromResult(1));
                p.Step("b", static _ => Task.FromResult(1));
            }),
            Is.Not.EqualTo(hash),
            "edge");
    }

    [Test]
    public void The_hash_tells_the_branches_apart()
    {
        static string HashOf(bool then) => Hash(p =>
        {
            PipelineCondition<int> when = p.When(p.Step("a", static _ => Task.FromResult(1)), static x => x > 0);
            _ = then
                ? when.Then(static b => b.Step("b", static _ => Task.FromResult(1)))
                : when.Else(static b => b.Step("b", static _ => Task.FromResult(1)));
        });

        Assert.That(HashOf(true), Is.Not.EqualTo(HashOf(false)));
    }

    [Test]
    public void The_hash_of_this_graph_is_this_one()
    {
        // Runs in every database depend on it: a change of the format needs a rule for them.
        Assert.That(
            PipelineGraph.Of(new Named()).Hash,
            Is.EqualTo(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
                "graph 1\nNamed\nSystem.Int32\nStep|a|System.Int32\nStep|b|System.String|a\n"u8))));
    }

    [Test]
    public void The_graph_prints_in_the_language_of_graphviz()
    {
        PipelineGraph graph = PipelineGraph.Of(new TestPipeline(static p =>
        {
            Step<int> a = p.Step("a", static _ => Task.FromResult(1));
            Steps<int> items = p.ForEach("item", a, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i));
            ApprovalStep ask = p.Approval("ask", items, static _ => "?");
            p.When(a, static x => x > 0).Then(b => b.Step("yes", a, ask, static (x, _, _) => Task.FromResult(x)));
        }));

        Assert.That(graph.ToDot(), Is.EqualTo("""
            digraph {
                rankdir=LR;
                n0 [label="a", shape=box];
                n1 [label="item", shape=box3d];
                n3 [label="ask", shape=house];
                n4 [label="a?", shape=diamond];
                n5 [label="yes", shape=box];
                n0 -> n1;
                n0 -> n4;
                n0 -> n5;
                n1 -> n3;
                n3 -> n5;
                n4 -> n5 [label="yes"];
            }

            """.ReplaceLineEndings("\n")));
        Assert.That(graph.FindAffected("item"), Is.EqualTo((string[])["item", "ask", "yes"]));
        Assert.That(graph.FindAffected("a?"), Is.EqualTo((string[])["a?", "yes"]));
        Assert.That(() => graph.FindAffected("item[]"), Throws.ArgumentException);
    }

    [Test]
    public void The_graph_prints_as_a_flowchart()
    {
        PipelineGraph graph = PipelineGraph.Of(new TestPipeline(static p =>
        {
            Step<int> data = p.Step("data", static _ => Task.FromResult(3));
            Steps<int> folds = p.ForEach("fold", data, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i));
            Step<int> best = p.Step("best", folds, data, static (all, n, _) => Task.FromResult(all.Count + n));
            p.When(best, static x => x > 1)
                .Then(b => b.Step("promote", best, static (x, _) => Task.FromResult(x)))
                .Else(b => b.Step("notify", static _ => Task.FromResult(0)));
        }));

        Assert.That(graph.ToMermaid(), Is.EqualTo(
            """
            flowchart TD
                n0["data"]
                n1[["fold"]]
                n3["best"]
                n4{"best?"}
                n5["promote"]
                n6["notify"]
                n0 --> n1
                n0 --> n3
                n1 --> n3
                n3 --> n4
                n3 --> n5
                n4 -->|yes| n5
                n4 -->|no| n6

            """));
        Assert.That(graph.StepNames, Is.EqualTo((string[])["data", "fold", "best", "best?", "promote", "notify"]));
    }

    private static string Hash(Action<PipelineBuilder<int>> define) => PipelineGraph.Of(new TestPipeline(define)).Hash;

    private static void Refuses(Action<PipelineBuilder<int>> define, string problem) => Assert.That(
        () => PipelineGraph.Of(new TestPipeline(define)),
        Throws.TypeOf<PipelineDefinitionException>().With.Message.Contains("Defining pipeline 'test'").And.Message.Contains(problem));

    private sealed class Named : IPipelineDefinition<int>
    {
        public void Define(PipelineBuilder<int> p) =>
            p.Step("b", p.Step("a", static ctx => Task.FromResult(ctx.Parameters)), static (x, _) => Task.FromResult($"{x}"));
    }

    private sealed class UnknownParameters : IPipelineDefinition<Unknown>
    {
        public void Define(PipelineBuilder<Unknown> p) => p.Step("a", static ctx => Task.FromResult(ctx.Parameters.Value));
    }
}
