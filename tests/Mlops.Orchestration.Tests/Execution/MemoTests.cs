using System.Text;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

public abstract class MemoTests : StoreTests
{
    [Test]
    public async Task What_an_attempt_has_kept_the_next_one_receives_without_doing_it_again()
    {
        int[] ran = new int[3];
        Pipelines pipelines = Work(p => p.Step("train", async ctx =>
        {
            int sum = 0;
            for (int epoch = 0; epoch < 3; epoch++)
            {
                int at = epoch;
                sum += await ctx.MemoAsync($"epoch {at}", _ => Task.FromResult(10 * ++ran[at]));
                if (ctx.Attempt == at + 1)
                {
                    throw new TimeoutException($"after epoch {at}");
                }
            }

            return sum;
        }).WithRetry(RetryPolicy.Fixed(4, TimeSpan.Zero)));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("train"), Is.EqualTo(30));
        Assert.That(ran, Is.EqualTo((int[])[1, 1, 1]));
        List<RunEvent> log = await LogInvariants.ReadAsync(pipelines, run.Id);
        Assert.That(
            log.OfType<StepMemoized>().Select(static e => (e.Name, e.Attempt)),
            Is.EqualTo(((string, int)[])[("epoch 0", 1), ("epoch 1", 2), ("epoch 2", 3)]));
    }

    [Test]
    public async Task Names_belong_to_one_step_of_one_run()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<int> n = p.Step("n", static ctx => ctx.MemoAsync("value", _ => Task.FromResult(ctx.Parameters)));
            p.ForEach("item", n, static n => Enumerable.Range(n, 2), static i => $"{i}", static (i, ctx) => ctx.MemoAsync("value", _ => Task.FromResult(i * 100)));
        });

        PipelineRun one = (await RunAsync(pipelines, 1)).EnsureSucceeded();
        PipelineRun two = (await RunAsync(pipelines, 2)).EnsureSucceeded();

        Assert.That((await one.GetResultAsync<int>("n"), await two.GetResultAsync<int>("n")), Is.EqualTo((1, 2)));
        Assert.That((await two.GetResultAsync<int>("item[2]"), await two.GetResultAsync<int>("item[3]")), Is.EqualTo((200, 300)));
    }

    [Test]
    public async Task Of_two_calls_at_once_both_return_what_was_committed_first()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static async ctx =>
        {
            var go = new TaskCompletionSource();
            int calls = 0;
            async Task<int> WorkAsync(int value)
            {
                if (Interlocked.Increment(ref calls) == 2)
                {
                    go.SetResult();
                }

                await go.Task;
                return value;
            }

            int[] both = await Task.WhenAll(ctx.MemoAsync("x", _ => WorkAsync(1)), ctx.MemoAsync("x", _ => WorkAsync(2)));
            return both;
        }));

        PipelineRun run = await RunAsync(pipelines);

        int[] results = await run.EnsureSucceeded().GetResultAsync<int[]>("a");
        Assert.That(results[0], Is.EqualTo(results[1]));
    }

    [Test]
    public async Task An_attempt_that_lost_its_step_keeps_nothing_and_ends()
    {
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        AbortReason seen = AbortReason.None;
        Pipelines pipelines = Work(p => p.Step("a", async ctx =>
        {
            if (ctx.Attempt == 1)
            {
                try
                {
                    await ctx.MemoAsync("x", async _ =>
                    {
                        reached.SetResult();
                        await go.Task;
                        return 1;
                    });
                }
                finally
                {
                    seen = ctx.AbortReason;
                }
            }

            return await ctx.MemoAsync("x", _ => Task.FromResult(2));
        }), Quick(slots: 1));
        PipelineRun run = await StartAsync(pipelines);
        await reached.Task;
        string worker = (await pipelines.Store.ListOtherWorkersAsync("", default)).Single();

        await pipelines.Store.ReclaimAsync(run.Id, worker, default);
        go.SetResult();
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(2), "the first attempt's value was kept out");
        Assert.That(seen, Is.EqualTo(AbortReason.LeaseLost).Or.EqualTo(AbortReason.RunCancelled));
        Assert.That((await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepMemoized>().Single().Attempt, Is.EqualTo(2));
    }

    [TestCase(10)]
    [TestCase(200_000)]
    public async Task Work_that_ends_while_the_worker_stops_is_kept(int length)
    {
        int ran = 0;
        var entered = new TaskCompletionSource();
        Pipelines pipelines = Know(p => p.Step("a", async ctx =>
        {
            string text = await ctx.MemoAsync("x", async _ =>
            {
                ran++;
                var fired = new TaskCompletionSource();
                await using CancellationTokenRegistration registration = ctx.CancellationToken.Register(fired.SetResult);
                entered.TrySetResult();
                await fired.Task;
                return new string('x', length);
            });
            ctx.CancellationToken.ThrowIfCancellationRequested();
            return text.Length;
        }));
        PipelineWorkerOptions options = Quick();
        options.AbortPeriod = TimeSpan.FromMinutes(1);
        PipelineWorker first = StartWorker(pipelines, options);
        PipelineRun run = await StartAsync(pipelines);
        await entered.Task;

        await first.StopAsync();
        StartWorker(pipelines);
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("a"), Is.EqualTo(length));
        Assert.That(ran, Is.EqualTo(1));
        Assert.That((await run.GetStepsAsync())[0].Attempts, Is.EqualTo(2));
    }

    [Test]
    public async Task A_memo_of_a_late_attempt_writes_nothing_but_a_note()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static _ => Task.FromResult(1)));
        await pipelines.RegisterAsync();
        PipelineRun run = await StartAsync(pipelines);
        ClaimedStep first = (await pipelines.Store.ClaimAsync("w1", 1, default)).Single();
        await pipelines.Store.ReclaimAsync(run.Id, "w1", default);
        ClaimedStep second = (await pipelines.Store.ClaimAsync("w2", 1, default)).Single();

        MemoResult late = await RememberAsync(pipelines, first, "1");
        MemoResult good = await RememberAsync(pipelines, second, "2");
        MemoResult repeated = await RememberAsync(pipelines, second, "3");
        await pipelines.CancelAsync(run.Id, "stop");
        MemoResult over = await RememberAsync(pipelines, second, "4");

        Assert.That((late.Status, late.RunIsOver), Is.EqualTo((CommitStatus.Fenced, false)));
        Assert.That(good.Status, Is.EqualTo(CommitStatus.Committed));
        Assert.That(repeated.Status, Is.EqualTo(CommitStatus.AlreadyCommitted));
        Assert.That(Encoding.UTF8.GetString(repeated.Known.Inline!), Is.EqualTo("2"));
        Assert.That((over.Status, over.RunIsOver), Is.EqualTo((CommitStatus.Fenced, true)));
        List<RunEvent> log = await pipelines.Store.ReadEventsAsync(run.Id, 1, 100, default);
        Assert.That(log.OfType<StepFenced>().Single().FencingToken, Is.EqualTo(first.Epoch));
        Assert.That(log.OfType<StepMemoized>().Single().FencingToken, Is.EqualTo(second.Epoch));
    }

    [Test]
    public async Task Large_values_and_the_artifacts_stored_so_far_outlive_the_attempt()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static async ctx =>
        {
            string text = await ctx.MemoAsync("text", static _ => Task.FromResult(new string('y', 100_000)));
            ArtifactRef model = await ctx.MemoAsync("model", async ct =>
            {
                using var content = new MemoryStream(Encoding.UTF8.GetBytes($"model of attempt {ctx.Attempt}"));
                return await ctx.StoreArtifactAsync(content, ct);
            });
            if (ctx.Attempt == 1)
            {
                throw new TimeoutException();
            }

            await using Stream stream = await ctx.OpenArtifactAsync(model, ctx.CancellationToken);
            using var reader = new StreamReader(stream);
            return $"{text.Length} {await reader.ReadToEndAsync(ctx.CancellationToken)}";
        }).WithRetry(RetryPolicy.Fixed(2, TimeSpan.FromMilliseconds(300))));
        PipelineRun run = await StartAsync(pipelines);

        await SeeAsync<StepRetryScheduled>(pipelines, run.Id);
        ArtifactCollection collected = await pipelines.Payloads.Catalog.CollectGarbageAsync();
        run = await FinishAsync(pipelines, run.Id);

        Assert.That(collected.Artifacts, Is.Zero);
        Assert.That(await run.EnsureSucceeded().GetResultAsync<string>("a"), Is.EqualTo("100000 model of attempt 1"));
    }

    [Test]
    public async Task Unusable_names_and_types_are_refused()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static async ctx =>
        {
            await Assert.ThatAsync(() => ctx.MemoAsync("", static _ => Task.FromResult(1)), Throws.ArgumentException.With.Property("ParamName").EqualTo("name"));
            await Assert.ThatAsync(() => ctx.MemoAsync(new string('x', 201), static _ => Task.FromResult(1)), Throws.ArgumentException);
            await Assert.ThatAsync(() => ctx.MemoAsync("a\0b", static _ => Task.FromResult(1)), Throws.ArgumentException);
            await Assert.ThatAsync(() => ctx.MemoAsync<int>("x", null!), Throws.ArgumentNullException);
            return await ctx.MemoAsync("x", static _ => Task.FromResult(new Unknown(1))) is { Value: 1 };
        }));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(run.Error, Does.StartWith("Mlops.Orchestration.PermanentStepException").And.Contain("no context of the pipeline serialises Mlops.Orchestration.Tests.Unknown"));
    }

    private static Task<MemoResult> RememberAsync(Pipelines pipelines, ClaimedStep step, string json) =>
        pipelines.Store.RememberAsync(new StepMemo(step, "x", new StoredPayload(Encoding.UTF8.GetBytes(json), null, json.Length), []), default);
}
