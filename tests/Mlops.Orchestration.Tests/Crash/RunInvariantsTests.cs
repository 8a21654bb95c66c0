using Mlops.Orchestration.Testing;

namespace Mlops.Orchestration.Tests;

/// <summary>Each rule can fail: a log that holds is spoilt in one way at a time.</summary>
[TestFixture]
internal sealed class RunInvariantsTests
{
    private static readonly PipelineGraph Graph = PipelineGraph.Of(new TestPipeline(static p =>
    {
        Step<int> n = p.Step("n", static _ => Task.FromResult(2)).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero));
        Steps<int> items = p.ForEach("item", n, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i)).WithMaximumParallel(1);
        p.Step("sum", items, static (all, _) => Task.FromResult(all.Sum()));
    }));

    [Test]
    public void A_log_that_holds_has_no_findings() => Assert.That(RunInvariants.Check(Graph, Log(), Steps()), Is.Empty);

    [Test]
    public void A_second_commit_is_found() => Finds(RunInvariants.CommittedOnce, Renumber([.. Log()[..^1], At<StepSucceeded>("sum", 4), new RunSucceeded()]));

    [Test]
    public void A_commit_that_is_missing_is_found() => Finds(RunInvariants.CommittedOnce, Renumber([.. Log().Where(static e => e is not StepSucceeded { Step: "sum" })]));

    [Test]
    public void An_open_step_is_found() => Finds(RunInvariants.NothingOpen, Log(), [.. Steps()[..^1], Steps()[^1] with { State = StepState.Ready }]);

    [Test]
    public void A_second_end_is_found() => Finds(RunInvariants.NothingOpen, Renumber([.. Log(), new RunCancelled()]));

    [Test]
    public void A_gap_is_found() => Finds(RunInvariants.LogWhole, [.. Log()[..3], .. Log()[4..]]);

    [Test]
    public void A_token_that_falls_is_found() => Finds(RunInvariants.TokensGrow, Change<StepSucceeded>("n", static e => e with { FencingToken = 9 }));

    [Test]
    public void A_start_before_its_inputs_is_found()
    {
        List<RunEvent> log = Log();
        RunEvent start = log.Single(static e => e is StepStarted { Step: "sum" });
        log.Remove(start);
        log.Insert(log.FindIndex(static e => e is StepSucceeded { Step: "item[1]" }), start);
        Finds(RunInvariants.InputsFirst, Renumber(log));
    }

    [Test]
    public void A_limit_that_is_passed_is_found()
    {
        List<RunEvent> log = Log();
        RunEvent start = log.First(static e => e is StepStarted { Step: "item[1]" });
        log.Remove(start);
        log.Insert(log.FindIndex(static e => e is StepSucceeded { Step: "item[0]" }), start);
        Finds(RunInvariants.LimitsKept, Renumber(log));
    }

    [Test]
    public void An_attempt_too_many_is_found()
    {
        List<RunEvent> log = Log();
        int at = log.FindIndex(static e => e is StepStarted { Step: "n" });
        log.InsertRange(at, [At<StepStarted>("n", -2), At<StepRetryScheduled>("n", -2), At<StepStarted>("n", -1), At<StepRetryScheduled>("n", -1)]);
        Finds(RunInvariants.AttemptsCounted, Renumber(log));
    }

    private static void Finds(string rule, List<RunEvent> log, StepStatus[]? steps = null) =>
        Assert.That(RunInvariants.Check(Graph, log, steps ?? Steps()), Has.Some.StartWith(rule));

    private static List<RunEvent> Log() => Renumber(
    [
        new RunStarted(),
        At<StepStarted>("n", 5), At<StepFenced>("n", 3), At<StepSucceeded>("n", 5),
        At<StepStarted>("item", 6), At<StepSucceeded>("item", 6),
        At<StepStarted>("item[0]", 7), At<StepSucceeded>("item[0]", 7),
        At<StepStarted>("item[1]", 8), At<StepReclaimed>("item[1]", 8),
        At<StepStarted>("item[1]", 9) with { Attempt = 2 }, At<StepSucceeded>("item[1]", 9),
        At<StepStarted>("sum", 4), At<StepSucceeded>("sum", 4),
        new RunSucceeded(),
    ]);

    private static StepStatus[] Steps() =>
    [
        new("n", StepState.Succeeded) { Attempts = 1 }, new("item", StepState.Succeeded) { Attempts = 1 }, new("item[0]", StepState.Succeeded) { Attempts = 1 },
        new("item[1]", StepState.Succeeded) { Attempts = 2 }, new("sum", StepState.Succeeded) { Attempts = 1 },
    ];

    private static T At<T>(string step, long token)
        where T : AttemptEvent, new() => new() { Step = step, FencingToken = token, Attempt = 1 };

    private static List<RunEvent> Change<T>(string step, Func<T, T> change)
        where T : StepEvent => [.. Log().Select(e => e is T found && found.Step == step ? change(found) : e)];

    private static List<RunEvent> Renumber(IEnumerable<RunEvent> log) => [.. log.Select(static (e, i) => e with { Sequence = i + 1 })];
}
