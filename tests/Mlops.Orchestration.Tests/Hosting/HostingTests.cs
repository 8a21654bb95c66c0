using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Orchestration.Tests;

[TestFixture]
public sealed class HostingTests
{
    private SqliteFile? _file;

    [SetUp]
    public void CreateFile() => _file = new SqliteFile();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();

    [Test]
    public async Task A_host_runs_pipelines_with_services_in_a_scope_of_each_attempt()
    {
        using IHost host = CreateHost(static services =>
        {
            services.AddScoped<Counter>();
            services.AddSingleton<Ledger>();
            services.AddMlopsOrchestration().AddPipeline<Counting>();
        });
        await host.StartAsync();
        Pipelines pipelines = host.Services.GetRequiredService<Pipelines>();

        PipelineRun run = await pipelines.StartAsync<Counting, int>(0);
        run = await pipelines.WaitAsync(run.Id);
        await host.StopAsync();

        Ledger ledger = host.Services.GetRequiredService<Ledger>();
        Assert.That(run.State, Is.EqualTo(PipelineRunState.Succeeded), run.Error);
        Assert.That(ledger.Created, Is.EqualTo(3), "two attempts of the first step, one of the second");
        Assert.That(ledger.Disposed, Is.EqualTo(3));
    }

    [Test]
    public async Task A_dispatcher_among_the_services_decides_what_the_hosts_worker_executes()
    {
        var dispatcher = new ChannelDispatcher(4);
        using IHost host = CreateHost(services =>
        {
            services.AddScoped<Counter>();
            services.AddSingleton<Ledger>();
            services.AddSingleton<IStepDispatcher>(dispatcher);
            services.AddMlopsOrchestration().AddPipeline<Counting>();
        });
        await host.StartAsync();
        Pipelines pipelines = host.Services.GetRequiredService<Pipelines>();
        PipelineRun run = await pipelines.StartAsync<Counting, int>(0);

        dispatcher.Serve(host.Services.GetRequiredService<PipelineWorker>());
        run = await pipelines.WaitAsync(run.Id);
        await host.StopAsync();

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Succeeded), run.Error);
        Assert.That(dispatcher.Sent.Select(static step => step.Step), Is.EqualTo((string[])["first", "first", "second"]));
    }

    [Test]
    public async Task Registering_twice_adds_one_worker_and_one_pipeline_and_runs_both_extensions()
    {
        int extended = 0;
        using IHost host = CreateHost(services =>
        {
            services.AddScoped<Counter>();
            services.AddSingleton<Ledger>();
            services.AddMlopsOrchestration().AddPipeline<Counting>(p => p.OnSomething(() => extended++));
            services.AddMlopsOrchestration().AddPipeline<Counting>(p => p.OnSomething(() => extended++));
        });
        await host.StartAsync();

        Assert.That(host.Services.GetServices<IHostedService>().OfType<PipelineWorkerService>().Count(), Is.EqualTo(1));
        Assert.That(host.Services.GetRequiredService<Pipelines>().GetGraph<Counting>().StepNames, Is.EqualTo((string[])["first", "second"]));
        Assert.That(extended, Is.EqualTo(2));
        await host.StopAsync();
    }

    [Test]
    public async Task A_host_starts_runs_on_their_schedules_also_without_a_worker()
    {
        using IHost host = CreateHost(static services =>
        {
            services.AddScoped<Counter>();
            services.AddSingleton<Ledger>();
            services.AddMlopsOrchestration(static options => options.RunWorker = false).AddPipeline<Counting>(static p => p
                .Schedule("often", "* * * * * *", static interval => interval.End.Second)
                .Schedule("seldom", "0 0 29 2 *", static _ => 0));
        });
        await host.StartAsync();
        Pipelines pipelines = host.Services.GetRequiredService<Pipelines>();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        IReadOnlyList<PipelineRun> runs = [];
        while (runs.Count == 0)
        {
            await Task.Delay(20, limit.Token);
            runs = await pipelines.ListRunsAsync("Counting");
        }

        Assert.That((await pipelines.ListSchedulesAsync()).Select(static schedule => schedule.Name), Is.EqualTo((string[])["often", "seldom"]));
        await host.StopAsync();
        Assert.That(runs[0].Schedule, Is.EqualTo("often"));
    }

    [Test]
    public async Task A_schedule_can_be_backfilled_before_the_host_has_started()
    {
        using IHost host = CreateHost(static services =>
        {
            services.AddScoped<Counter>();
            services.AddSingleton<Ledger>();
            services.AddMlopsOrchestration().AddPipeline<Counting>(static p => p.Schedule("yearly", "0 0 1 1 *", static interval => interval.Start.Year));
        });
        Pipelines pipelines = host.Services.GetRequiredService<Pipelines>();
        var from = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

        BackfillStatus backfill = await pipelines.BackfillAsync("yearly", from, from.AddYears(2));
        await host.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await pipelines.FindBackfillAsync(backfill.Id))!.State != BackfillState.Finished)
        {
            await Task.Delay(20, limit.Token);
        }

        IReadOnlyList<PipelineRun> runs = await pipelines.ListRunsAsync("Counting");
        await host.StopAsync();

        Assert.That(runs.Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[2021, 2020]));
    }

    [Test]
    public async Task A_trigger_of_another_package_starts_the_pipeline_with_an_idempotency_key()
    {
        using IHost host = CreateHost(static services =>
        {
            services.AddScoped<Counter>();
            services.AddSingleton<Ledger>();
            services.AddMlopsOrchestration().AddPipeline<Counting>(static p => p.OnEvent(static (SomethingHappened e) => e.Value));
        });
        await host.StartAsync();
        Func<SomethingHappened, Task<PipelineRun>> trigger = host.Services.GetRequiredService<Func<SomethingHappened, Task<PipelineRun>>>();

        PipelineRun first = await trigger(new SomethingHappened(7, "window-1"));
        PipelineRun second = await trigger(new SomethingHappened(7, "window-1"));

        Assert.That(second.Id, Is.EqualTo(first.Id));
        Assert.That(first.GetParameters<int>(), Is.EqualTo(7));
        await host.StopAsync();
    }

    [Test]
    public void A_service_that_is_not_registered_is_named_before_anything_runs()
    {
        using IHost host = CreateHost(static services => services.AddMlopsOrchestration().AddPipeline<Counting>());

        Assert.That(
            () => host.StartAsync(),
            Throws.TypeOf<PipelineDefinitionException>().With.Message.Contains("step 'first' uses the service").And.Message.Contains(nameof(Counter)));
    }

    [Test]
    public async Task A_host_that_only_starts_and_watches_runs_needs_no_service_of_their_steps()
    {
        using IHost host = CreateHost(static services => services.AddMlopsOrchestration(static options => options.RunWorker = false).AddPipeline<Counting>());
        await host.StartAsync();

        PipelineRun run = await host.Services.GetRequiredService<Pipelines>().StartAsync<Counting, int>(0);

        Assert.That(run.State, Is.EqualTo(PipelineRunState.Running));
        await host.StopAsync();
    }

    [Test]
    public async Task A_worker_without_a_container_names_the_service_it_cannot_resolve()
    {
        await using Database database = _file!.Open();
        var pipelines = new Pipelines(database, [new Counting()]);

        await using var worker = new PipelineWorker(pipelines);
        Assert.That(worker.Start, Throws.TypeOf<PipelineDefinitionException>().With.Message.Contains("p.With(service)"));
    }

    [Test]
    public async Task An_object_handed_over_needs_no_container()
    {
        await using Database database = _file!.Open();
        var pipelines = new Pipelines(database, [new TestPipeline(static p =>
        {
            ServiceSteps<int, Adder> adder = p.With(new Adder(10));
            Step<int> a = adder.Step("a", static (add, ctx) => Task.FromResult(add.To(ctx.Parameters)));
            Step<int> b = adder.Step("b", a, static (add, x, _) => Task.FromResult(add.To(x)));
            Step<int> c = adder.Step("c", a, b, static (add, x, y, _) => Task.FromResult(add.To(x + y)));
            Steps<int> each = adder.ForEach("each", c, static n => Enumerable.Range(0, 3).Select(i => n + i), static i => $"{i}", static (add, i, _) => Task.FromResult(add.To(i)));
            adder.Step("d", a, b, each, static (add, x, y, all, _) => Task.FromResult(add.To(x + y + all.Sum())));
        })]);
        await using var worker = new PipelineWorker(pipelines);
        worker.Start();

        PipelineRun run = await pipelines.StartAsync<TestPipeline, int>(1);
        run = await pipelines.WaitAsync(run.Id);

        // a = 11, b = 21, c = 42, each = 52, 53, 54, d = 10 + 32 + 159.
        Assert.That(await run.EnsureSucceeded().GetResultAsync<int>("d"), Is.EqualTo(201));
    }

    [TestCase("LeaseDuration", "00:00:00.5")]
    [TestCase("MaximumConcurrentSteps", "0")]
    [TestCase("PollInterval", "00:02:00")]
    public void An_option_out_of_its_range_stops_the_start_and_is_named(string option, string value)
    {
        using IHost host = CreateHost(static services => services.AddMlopsOrchestration(), ($"Mlops:Orchestration:{option}", value));

        Assert.That(() => host.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains(option));
    }

    [Test]
    public async Task Options_out_of_their_range_are_refused_without_a_container_too()
    {
        await using Database database = _file!.Open();
        var pipelines = new Pipelines(database, []);

        Assert.That(
            () => new PipelineWorker(pipelines, new PipelineWorkerOptions { MaximumConcurrentSteps = 0 }),
            Throws.ArgumentException.With.Message.Contains("MaximumConcurrentSteps is 0, allowed is 1 to 4096."));
    }

    [Test]
    public async Task A_host_that_runs_no_worker_only_starts_runs()
    {
        using IHost host = CreateHost(
            static services =>
            {
                services.AddScoped<Counter>();
                services.AddSingleton<Ledger>();
                services.AddMlopsOrchestration().AddPipeline<Counting>();
            },
            ("Mlops:Orchestration:RunWorker", "false"));
        await host.StartAsync();
        Pipelines pipelines = host.Services.GetRequiredService<Pipelines>();

        PipelineRun run = await pipelines.StartAsync<Counting, int>(0);
        await Task.Delay(300);

        Assert.That((await pipelines.GetAsync(run.Id)).LastSequence, Is.EqualTo(1));
        await host.StopAsync();
    }

    private IHost CreateHost(Action<IServiceCollection> configure, params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.Select(static s => new KeyValuePair<string, string?>(s.Key, s.Value)));
        builder.Services.AddLogging();
        builder.Services.AddMlopsStorage().UseSqlite(_file!.ConnectionString);
        configure(builder.Services);
        return builder.Build();
    }

    private sealed class Adder(int amount)
    {
        public int To(int x) => x + amount;
    }

    internal sealed class Ledger
    {
        private int _created;
        private int _disposed;

        public int Created => _created;

        public int Disposed => _disposed;

        public void Create() => Interlocked.Increment(ref _created);

        public void Dispose() => Interlocked.Increment(ref _disposed);
    }

    internal sealed class Counter : IDisposable
    {
        private readonly Ledger _ledger;

        public Counter(Ledger ledger)
        {
            _ledger = ledger;
            ledger.Create();
        }

        public int Used { get; set; }

        public void Dispose() => _ledger.Dispose();
    }

    internal sealed class Counting : IPipelineDefinition<int>
    {
        public void Define(PipelineBuilder<int> p)
        {
            Step<int> first = p.With<Counter>()
                .Step("first", static (counter, ctx) => ++counter.Used == 1 && ctx.Attempt == 1 ? throw new TimeoutException() : Task.FromResult(counter.Used))
                .WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero));
            p.With<Counter>().Step("second", first, static (counter, x, _) => Task.FromResult(x + counter.Used));
        }
    }
}

internal sealed record SomethingHappened(int Value, string Window);

/// <summary>As a package that knows both sides would write it.</summary>
internal static class TriggerExtensions
{
    public static IPipelineRegistrationBuilder<TDefinition> OnSomething<TDefinition>(this IPipelineRegistrationBuilder<TDefinition> builder, Action happened)
        where TDefinition : class, IPipelineDefinition
    {
        happened();
        return builder;
    }

    public static IPipelineRegistrationBuilder<TDefinition> OnEvent<TDefinition, TParameters>(
        this IPipelineRegistrationBuilder<TDefinition> builder, Func<SomethingHappened, TParameters> parameters)
        where TDefinition : class, IPipelineDefinition<TParameters>
    {
        builder.Services.AddSingleton<Func<SomethingHappened, Task<PipelineRun>>>(provider => happened =>
            provider.GetRequiredService<Pipelines>().StartAsync<TDefinition, TParameters>(
                parameters(happened), new StartOptions { IdempotencyKey = happened.Window }));
        return builder;
    }
}
