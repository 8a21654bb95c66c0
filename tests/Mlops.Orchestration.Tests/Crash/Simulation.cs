using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

/// <summary>
/// One run, worked off by workers that are drawn from a seed: they lose steps and come back late with results, write twice, one by one or
/// several together, give back, pause, and live with a clock that jumps both ways. Everything goes through the same store and executor as in a real worker.
/// </summary>
internal sealed partial class Simulation
{
    public const int Items = 7;
    public const int MaximumRounds = 5;

    private const int MaximumParallel = 2;
    private const int Wide = 24;
    private const int Operations = 300;
    private const int Workers = 3;

    private readonly SettableClock _clock = new();
    private readonly Random _random;
    private readonly Pipelines _pipelines;
    private readonly StepExecutor _executor;
    private readonly List<(int Worker, ClaimedStep Step, StepOutcome Outcome)> _results = [];
    private readonly List<(int Worker, ClaimedStep Step)> _claims = [];
    private readonly List<string> _trace = [];

    public Simulation(Database database, int seed)
    {
        Seed = seed;
        _random = new Random(seed);
        _clock.Set(1_700_000_000_000_000);
        _pipelines = new Pipelines(database, [new TestPipeline(Define)], clock: _clock);
        _executor = new StepExecutor(_pipelines, new PipelineWorkerOptions { MaximumLostAttempts = 10_000 }, null, TimeProvider.System, new OrchestrationTelemetry(null));
    }

    public int Seed { get; }

    public string Trace => string.Join('\n', _trace);

    public async Task<(PipelineRun Run, List<RunEvent> Log)> RunAsync()
    {
        await _pipelines.RegisterAsync();
        PipelineRun run = await StoreTests.StartAsync(_pipelines, Seed);
        for (int i = 0; i < Operations && !(await _pipelines.GetAsync(run.Id)).IsOver; i++)
        {
            await StepAsync(run.Id, _random.Next(100));
        }

        // From here on nothing is lost any more, and the run must end.
        await _pipelines.ResumeAsync(run.Id);
        for (int i = 0; !(await _pipelines.GetAsync(run.Id)).IsOver; i++)
        {
            Assert.That(i, Is.LessThan(2_000), "the run does not end");
            Note("drain");
            _clock.Advance(TimeSpan.FromHours(3));
            for (int worker = 0; worker < Workers; worker++)
            {
                await _pipelines.Store.ReclaimAsync(run.Id, Name(worker), default);
            }

            _claims.Clear();
            await ClaimAsync(0, 10);
            await ExecuteAsync(all: true);
            await WriteAsync(all: true);
            await DecideAsync();
        }

        return (await _pipelines.GetAsync(run.Id), await LogInvariants.CheckAsync(_pipelines, run.Id));
    }

    /// <summary>What comes out when nothing goes wrong.</summary>
    public static long Oracle(int seed)
    {
        long sum = Sum(seed);
        long refined = sum;
        int round = 0;
        do
        {
            refined = Mix(refined, ++round);
        }
        while (round < MaximumRounds && refined % 3 != 0);
        return Mix(sum ^ refined, sum % 2 == 0 ? 2 : 3);
    }

    public static string LastStep(int seed) => Sum(seed) % 2 == 0 ? "even" : "odd";

    private static long Sum(int seed) =>
        Enumerable.Range(0, Items).Concat(Enumerable.Range(100, Wide)).Aggregate(0L, (sum, i) => Mix(sum, Mix(Mix(seed, 1), i)));

    private static long Mix(long x, long salt) => unchecked((x ^ salt) * 6364136223846793005L + 1442695040888963407L);

    private static void Define(PipelineBuilder<int> p)
    {
        p.WithRetry(RetryPolicy.Fixed(1_000, TimeSpan.FromSeconds(1)));
        Step<long> first = p.Step("first", static ctx => Sometimes(ctx, Mix(ctx.Parameters, 1)));
        Steps<long> items = p.ForEach("item", first, static _ => Enumerable.Range(0, Items), static i => $"{i}", first, static async (i, x, ctx) =>
        {
            long kept = await ctx.MemoAsync("kept", _ => Task.FromResult(Mix(x, i)));
            return await Sometimes(ctx, kept);
        }).WithMaximumParallel(MaximumParallel);
        Steps<long> wide = p.ForEach("wide", first, static _ => Enumerable.Range(100, Wide), static i => $"{i}", first, static (i, x, ctx) => Sometimes(ctx, Mix(x, i)));
        Step<long> sum = p.Step("sum", items, wide, static (few, many, ctx) => Sometimes(ctx, few.Concat(many).Aggregate(0L, Mix)));
        RepeatedStep<long> refined = p.Repeat("refined", sum, MaximumRounds, static (x, round, ctx) => Sometimes(ctx, Mix(x, round)), static x => x % 3 == 0);
        ApprovalStep word = p.Approval("word", sum, static s => $"{s}?");
        p.When(sum, static s => s % 2 == 0)
            .Then(b => b.Step("even", sum, refined, word, static (s, r, _, ctx) => Sometimes(ctx, Mix(s ^ r, 2))))
            .Else(b => b.Step("odd", sum, refined, word, static (s, r, _, ctx) => Sometimes(ctx, Mix(s ^ r, 3))));
    }

    private static Task<long> Sometimes(StepContext context, long result) => (context.Attempt * 7 + context.StepKey.Length) % 4 == 0
        ? throw new TimeoutException("this time not")
        : Task.FromResult(result);

    private static string Name(int worker) => string.Create(CultureInfo.InvariantCulture, $"worker-{worker}");

    private async Task StepAsync(long runId, int roll)
    {
        int worker = _random.Next(Workers);
        switch (roll)
        {
            case < 30:
                await ClaimAsync(worker, _random.Next(4) == 0 ? Wide : _random.Next(1, 4));
                break;

            case < 55:
                await ExecuteAsync(all: _random.Next(4) == 0);
                break;

            case < 78:
                await WriteAsync(all: false);
                break;

            case < 86:
                Note($"lose {worker}");
                await _pipelines.Store.ReclaimAsync(runId, Name(worker), default);
                break;

            case < 90 when _claims.Count > 0:
                (int owner, ClaimedStep step) = _claims[_random.Next(_claims.Count)];
                Note($"give back {step.Key}#{step.Attempt} of {owner}");
                await _pipelines.Store.ReleaseAsync(step, "drawn", default);
                break;

            case < 92:
                Note("pause");
                await _pipelines.PauseAsync(runId, "drawn");
                break;

            case < 95:
                Note("resume");
                await _pipelines.ResumeAsync(runId);
                break;

            case < 97:
                await DecideAsync();
                break;

            default:
                TimeSpan jump = TimeSpan.FromMilliseconds(_random.Next(4) == 0 ? -_random.Next(3_600_000) : _random.Next(3_000));
                Note($"clock {jump}");
                _clock.Advance(jump);
                break;
        }

        _clock.Advance(TimeSpan.FromMilliseconds(_random.Next(400)));
    }

    private async Task ClaimAsync(int worker, int count)
    {
        foreach (ClaimedStep step in await _pipelines.Store.ClaimAsync(Name(worker), count, default))
        {
            Note($"claim {step.Key}#{step.Attempt} by {worker}");
            _claims.Add((worker, step));
        }
    }

    /// <summary>Runs attempts up to their outcome; what they claimed stays a claim, so that it may also be run twice.</summary>
    private async Task ExecuteAsync(bool all)
    {
        while (_claims.Count > 0)
        {
            int index = _random.Next(_claims.Count);
            (int worker, ClaimedStep step) = _claims[index];
            _claims.RemoveAt(index);
            await using StepAttempt attempt = _executor.Begin(step, _pipelines.Graphs[0]);
            StepOutcome outcome = await _executor.RunAsync(attempt, carried: null);
            Note($"run {step.Key}#{step.Attempt}: {outcome.GetType().Name}");
            _results.Add((worker, step, outcome));
            if (!all)
            {
                return;
            }
        }
    }

    private async Task DecideAsync()
    {
        foreach (PendingApproval pending in await _pipelines.ListApprovalsAsync())
        {
            Note($"approve {pending.Step}");
            await _pipelines.ApproveAsync(pending.RunId, pending.Step, "somebody");
        }
    }

    private void Note(string what) => _trace.Add(what);
}
