using System.Text;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Orchestration.Tests;

public abstract class ResultTests : StoreTests
{
    [Test]
    public async Task A_result_is_read_by_handle_by_name_and_without_the_definition()
    {
        Step<int>? handle = null;
        Steps<int>? handles = null;
        Pipelines pipelines = Work(p =>
        {
            handle = p.Step("a", static _ => Task.FromResult(3));
            handles = p.ForEach("i", handle, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i * i));
        });

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.GetResultAsync(handle!), Is.EqualTo(3));
        Assert.That(await run.GetResultsAsync(handles!), Is.EqualTo((int[])[0, 1, 4]));
        Assert.That(await run.GetResultAsync<int>("i[2]"), Is.EqualTo(4));
        PipelineRun stranger = await new Pipelines(Database, []).GetAsync(run.Id);
        Assert.That(await stranger.GetResultAsync("a", handle!.TypeInfo), Is.EqualTo(3));
    }

    [Test]
    public async Task Asking_for_another_type_or_an_unknown_step_is_the_callers_mistake()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static _ => Task.FromResult(3)));
        PipelineRun run = await RunAsync(pipelines);

        Assert.That(() => run.GetResultAsync<string>("a"), Throws.ArgumentException.With.Message.Contains("System.Int32"));
        Assert.That(() => run.GetResultAsync<int>("b"), Throws.ArgumentException.With.Message.Contains("'b'"));
    }

    [Test]
    public async Task A_handle_of_another_pipeline_is_refused()
    {
        Step<int>? handle = null;
        Steps<int>? handles = null;
        RepeatedStep<int>? rounds = null;
        Action<PipelineBuilder<int>> define = p =>
        {
            handle = p.Step("a", static _ => Task.FromResult(1));
            handles = p.ForEach("i", handle, static n => Enumerable.Range(0, n), static i => $"{i}", static (i, _) => Task.FromResult(i));
            rounds = p.Repeat("r", handle, 1, static (x, _, _) => Task.FromResult(x), static _ => true);
        };
        PipelineRun run = await RunAsync(Work(define));
        PipelineGraph.Of(new TestPipeline(define, "other"));

        await Assert.ThatAsync(() => run.GetResultAsync(handle!), Throws.ArgumentException.With.Property("ParamName").EqualTo("step").And.Message.Contains("'other'"));
        await Assert.ThatAsync(() => run.GetResultAsync(rounds!), Throws.ArgumentException.With.Property("ParamName").EqualTo("step"));
        await Assert.ThatAsync(() => run.GetResultsAsync(handles!), Throws.ArgumentException.With.Property("ParamName").EqualTo("steps"));
        PipelineGraph.Of(new TestPipeline(define));
        Assert.That((await run.GetResultAsync(handle!), await run.GetResultAsync(rounds!)), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task A_stored_result_that_no_longer_reads_fails_the_next_step_by_name()
    {
        var entered = new TaskCompletionSource();
        Pipelines before = Know(static p =>
        {
            Step<string> a = p.Step("a", static _ => Task.FromResult("text"));
            p.Step("b", a, static (x, _) => Task.FromResult(x));
        });
        await before.RegisterAsync();
        PipelineRun run = await StartAsync(before);
        ClaimedStep a = (await before.Store.ClaimAsync("w", 1, default)).Single();
        var output = new StepOutput(Encoding.UTF8.GetBytes("{\"no\":\"text\"}"));
        PipelineGraph graph = before.Graphs[0];
        await before.Store.CommitAsync(
            new StepCompletion(a, graph, graph.FindNode("a")!, output, new StoredPayload(output.Payload, null, 0), [], null), default);

        StartWorker(before);
        run = await FinishAsync(before, run.Id);

        Assert.That(run.FailedStep, Is.EqualTo("b"));
        Assert.That(run.Error, Does.Contain(nameof(StepResultException)).And.Contain("'a'").And.Contain("System.String"));
        Assert.That(() => run.GetResultAsync<string>("a"), Throws.TypeOf<StepResultException>());
    }

    [Test]
    public async Task Non_finite_numbers_survive_the_store()
    {
        Pipelines pipelines = Work(static p => p.Step("a", static _ => Task.FromResult((double[])[double.NaN, double.NegativeInfinity, 0.1])));

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.GetResultAsync<double[]>("a"), Is.EqualTo((double[])[double.NaN, double.NegativeInfinity, 0.1]));
    }

    [Test]
    public async Task A_large_result_is_an_artifact_and_reads_the_same()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<string> big = p.Step("big", static _ => Task.FromResult(new string('x', 200_000)));
            p.Step("length", big, static (x, _) => Task.FromResult(x.Length));
        });

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("length"), Is.EqualTo(200_000));
        Assert.That(await run.GetResultAsync<string>("big"), Has.Length.EqualTo(200_000));
        StepResultRow row = (await pipelines.Store.FindResultAsync(run.Id, "big", default))!;
        Assert.That(row.Payload.ContentHash, Is.Not.Null);
        Assert.That(row.Payload.Inline, Is.Null);
        ArtifactCatalog catalog = pipelines.Payloads.Catalog;
        Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.Zero, "the run refers to it");
    }

    [Test]
    public async Task What_a_step_has_stored_stays_however_long_the_step_still_takes()
    {
        var clock = new SettableClock();
        clock.Set(1_000_000_000);
        var time = new FakeTimeProvider();
        var stored = new TaskCompletionSource();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string folder = Directory.CreateTempSubdirectory("mlops-pins").FullName;
        var catalog = new ArtifactCatalog(Database, new FileArtifactStore(folder), new LeaseTable(Database, clock));
        var pipelines = new Pipelines(Database, [new TestPipeline(p => p.Step("model", async ctx =>
        {
            using var content = new MemoryStream(Encoding.UTF8.GetBytes("weights"));
            ArtifactRef artifact = await ctx.StoreArtifactAsync(content, ctx.CancellationToken);
            stored.SetResult();
            await end.Task;
            return artifact;
        }))], catalog);
        await using (var worker = new PipelineWorker(pipelines, Quick(), timeProvider: time))
        {
            worker.Start();
            PipelineRun run = await StartAsync(pipelines);
            await stored.Task;

            long until = await PinAsync();
            for (int i = 0; i < 4; i++)
            {
                clock.Advance(TimeSpan.FromMinutes(40));
                time.Advance(TimeSpan.FromMinutes(40));
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
                while (await PinAsync() == until)
                {
                    await Task.Delay(20, limit.Token);
                }

                until = await PinAsync();
                Assert.That((await catalog.CollectGarbageAsync()).Artifacts, Is.Zero);
            }

            end.SetResult();
            run = await FinishAsync(pipelines, run.Id);
            Assert.That((await run.EnsureSucceeded().GetStepsAsync()).Single().Attempts, Is.EqualTo(1));
        }

        Directory.Delete(folder, recursive: true);

        async Task<long> PinAsync() => (await Database.QueryAsync("SELECT until FROM mlops_artifact_pin", static row => row.GetInt64(0), CancellationToken.None)).Single();
    }

    [Test]
    public async Task An_artifact_travels_by_reference_and_that_of_a_failed_attempt_is_collected()
    {
        Pipelines pipelines = Work(static p =>
        {
            Step<ArtifactRef> model = p.Step("model", static async ctx =>
            {
                using var content = new MemoryStream(Encoding.UTF8.GetBytes($"model of attempt {ctx.Attempt}"));
                ArtifactRef stored = await ctx.StoreArtifactAsync(content, ctx.CancellationToken);
                return ctx.Attempt == 1 ? throw new TimeoutException() : stored;
            }).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero));
            p.Step("read", model, static async (artifact, ctx) =>
            {
                await using Stream stream = await ctx.OpenArtifactAsync(artifact, ctx.CancellationToken);
                using var reader = new StreamReader(stream);
                return await reader.ReadToEndAsync(ctx.CancellationToken);
            });
        });

        PipelineRun run = await RunAsync(pipelines);

        Assert.That(await run.EnsureSucceeded().GetResultAsync<string>("read"), Is.EqualTo("model of attempt 2"));
        Assert.That((await pipelines.Payloads.Catalog.CollectGarbageAsync()).Artifacts, Is.EqualTo(1), "what the first attempt stored");
    }

    [TestCase(true, "ArtifactNotFoundException")]
    [TestCase(false, "ArtifactCorruptException")]
    public async Task A_large_result_that_is_missing_or_altered_fails_the_next_step_by_name(bool missing, string error)
    {
        var gate = new TaskCompletionSource<int>();
        Pipelines pipelines = Work(p =>
        {
            Step<string> big = p.Step("big", static _ => Task.FromResult(new string('x', 200_000)));
            Step<int> opened = p.Step("opened", big, (_, _) => gate.Task);
            p.Step("length", big, opened, static (x, _, _) => Task.FromResult(x.Length)).WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero));
        });
        PipelineRun run = await StartAsync(pipelines);
        while ((await StatesAsync(run)).GetValueOrDefault("opened") != StepState.Running)
        {
            await Task.Delay(10);
        }

        string file = Directory.GetFiles(pipelines.Payloads.Catalog.Store.LocalFolder!, "*", SearchOption.AllDirectories)
            .Single(static path => new FileInfo(path).Length > 200_000);
        byte[] whole = await File.ReadAllBytesAsync(file);
        File.SetAttributes(file, FileAttributes.Normal);
        if (missing)
        {
            File.Delete(file);
        }
        else
        {
            byte[] altered = [.. whole];
            altered[100_000] ^= 1;
            await File.WriteAllBytesAsync(file, altered);
        }

        gate.SetResult(1);
        run = await FinishAsync(pipelines, run.Id);
        Assert.That(run.FailedStep, Is.EqualTo("length"));
        Assert.That(run.Error, Does.Contain(error));
        Assert.That((await run.GetStepsAsync()).Single(static step => step.Key == "length").Attempts, Is.EqualTo(2), "it may have come back");
        Assert.That(() => run.GetResultAsync<string>("big"), Throws.InstanceOf<StorageException>());

        await File.WriteAllBytesAsync(file, whole);
        PipelineRun again = await FinishAsync(pipelines, (await pipelines.RerunAsync(run.Id)).Id);
        Assert.That(await again.EnsureSucceeded().GetResultAsync<int>("length"), Is.EqualTo(200_000), "with the artifact back, a rerun goes on");
    }

    [Test]
    public async Task Parameters_items_and_checkpoints_that_no_longer_read_fail_by_name()
    {
        Pipelines pipelines = Know(static p =>
        {
            Step<int> first = p.Step("first", static ctx => Task.FromResult(ctx.Parameters)).WithRetry(RetryPolicy.Fixed(9, TimeSpan.Zero));
            p.ForEach("item", first, static n => Enumerable.Range(0, 1), static i => $"{i}", static (i, ctx) => ctx.MemoAsync("kept", _ => Task.FromResult(i)))
                .WithRetry(RetryPolicy.Fixed(9, TimeSpan.Zero));
        });
        await pipelines.RegisterAsync();
        PipelineRun parameters = await StartAsync(pipelines);
        PipelineRun items = await StartAsync(pipelines);
        PipelineRun checkpoints = await StartAsync(pipelines);
        await SpoilAsync("UPDATE orchestration_run SET parameters = @spoilt WHERE id = @run", parameters);
        foreach (PipelineRun run in (PipelineRun[])[items, checkpoints])
        {
            await CommitAsync(run, "first", new StepOutput("1"u8.ToArray()));
            await CommitAsync(run, "item", new StepOutput([]) { Items = [new ExpandedItem("0", run == items ? "{}"u8.ToArray() : "0"u8.ToArray())] });
        }

        ClaimedStep claimed = await ClaimAsync(checkpoints, "item[0]");
        await pipelines.Store.RememberAsync(new StepMemo(claimed, "kept", new StoredPayload("[]"u8.ToArray(), null, 2), []), default);
        await pipelines.Store.ReleaseAsync(claimed, "spoilt", default);
        StartWorker(pipelines);

        foreach ((PipelineRun run, string step, string what) in ((PipelineRun, string, string)[])[(parameters, "first", "'parameters'"), (items, "item[0]", "'item[0]'"), (checkpoints, "item[0]", "kept")])
        {
            PipelineRun over = await FinishAsync(pipelines, run.Id);
            Assert.That(over.FailedStep, Is.EqualTo(step));
            Assert.That(over.Error, Does.Contain(nameof(StepResultException)).And.Contain(what).And.Contain("System.Int32"));
            Assert.That((await LogInvariants.ReadAsync(pipelines, run.Id)).OfType<StepRetryScheduled>(), Is.Empty, "it would not read the next time either");
        }

        Task SpoilAsync(string sql, PipelineRun run) => Database.WriteAsync(
            (sql, run.Id), static (session, state) => session.Execute(state.sql, ("@spoilt", "{}"u8.ToArray()), ("@run", state.Id)), Durability.Process, default);

        async Task CommitAsync(PipelineRun run, string key, StepOutput output)
        {
            ClaimedStep claimed = await ClaimAsync(run, key);
            PipelineGraph graph = pipelines.Graphs[0];
            await pipelines.Store.CommitAsync(
                new StepCompletion(claimed, graph, graph.FindNode(claimed.Node)!, output, new StoredPayload(output.Payload, null, 0), [], null), default);
        }

        // A claim is of the run that has waited longest; what is given back waits behind the others.
        async Task<ClaimedStep> ClaimAsync(PipelineRun run, string key)
        {
            while (true)
            {
                ClaimedStep step = (await pipelines.Store.ClaimAsync("w", 1, default)).Single();
                if (step.Run.Id == run.Id && step.Key == key)
                {
                    return step;
                }

                await pipelines.Store.ReleaseAsync(step, "not now", default);
            }
        }
    }
}
