using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Mlops.Serving.Tests;

public sealed class ScoringTests
{
    [Test]
    public async Task Answers_come_in_the_order_of_the_rows_each_with_its_row([Values(1, 3)] int parallelism, [Values(1, 7, 64)] int rows)
    {
        await using ModelServer server = await StartAsync(new LinearRuntime());
        var options = new ScoringOptions { Parallelism = parallelism, MaximumRows = rows };

        List<ScoredRow<int, float>> scored = await server.GetPredictor<float[], float>("m").ScoreAsync(Numbers(500), static n => new float[] { n, 1 }, options).ToListAsync();

        Assert.That(scored.Select(static row => (row.Index, row.Source)), Is.EqualTo(Enumerable.Range(0, 500).Select(static n => ((long)n, n))));
        Assert.That(scored.Select(static row => row.Prediction.Value), Is.EqualTo(Enumerable.Range(0, 500).Select(static n => (2f * n) + 1 + 5)));
        Assert.That(scored.Select(static row => row.Prediction.Id).Distinct().Count(), Is.EqualTo(500), "each row can have an outcome of its own");
        Assert.That(scored, Has.All.Matches<ScoredRow<int, float>>(row => row.Prediction.Version == server.Get("m").Version));
    }

    [Test]
    public async Task Rows_that_are_there_share_a_run_and_a_version_that_must_not_share_has_them_alone([Values] bool mayShare)
    {
        var runtime = new LinearRuntime();
        await using ModelServer server = await StartAsync(runtime, mayShare);
        List<int> runs = [];
        runtime.OnRows = runs.Add;

        await server.GetPredictor<float[], float>("m").ScoreAsync(Numbers(10), static n => new float[] { n, 1 }, new ScoringOptions { MaximumRows = 4 }).ToListAsync();

        Assert.That(runs, Is.EqualTo(mayShare ? [4, 4, 2] : Enumerable.Repeat(1, 10)));
    }

    [Test]
    public async Task A_row_that_comes_alone_is_not_held_back_for_others()
    {
        await using ModelServer server = await StartAsync(new LinearRuntime());
        var source = Channel.CreateUnbounded<int>();
        await using IAsyncEnumerator<ScoredRow<int, float>> answers = server.GetPredictor<float[], float>("m")
            .ScoreAsync(source.Reader.ReadAllAsync(), static n => new float[] { n, 1 }, new ScoringOptions { Parallelism = 2 }).GetAsyncEnumerator();

        for (int i = 0; i < 3; i++)
        {
            source.Writer.TryWrite(i);
            Assert.That(await answers.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)), Is.True);
            Assert.That(answers.Current.Source, Is.EqualTo(i));
        }

        source.Writer.Complete();
        Assert.That(await answers.MoveNextAsync(), Is.False);
    }

    [Test]
    public async Task The_source_is_read_no_further_ahead_than_the_bound()
    {
        await using ModelServer server = await StartAsync(new LinearRuntime());
        int read = 0;
        await using IAsyncEnumerator<ScoredRow<int, float>> answers = server.GetPredictor<float[], float>("m")
            .ScoreAsync(Counted(), static n => new float[] { n, 1 }, new ScoringOptions { Parallelism = 3, MaximumRows = 8 }).GetAsyncEnumerator();

        for (int taken = 1; taken <= 200; taken++)
        {
            await answers.MoveNextAsync();
            Assert.That(read, Is.LessThanOrEqualTo(taken + (4 * 8)), "three runs, the answers of one that are being taken, and one portion that is being read");
        }

        async IAsyncEnumerable<int> Counted()
        {
            await Task.Yield();
            while (true)
                yield return read++;
        }
    }

    [Test]
    public async Task A_row_that_fails_has_its_error_and_the_others_their_answers([Values] bool oneIsTooShort)
    {
        await using ModelServer server = await StartAsync(new LinearRuntime(), finite: true);

        List<ScoredRow<int, float>> scored = await server.GetPredictor<float[], float>("m").ScoreAsync(
            Numbers(20),
            n => n switch
            {
                3 => throw new InvalidDataException("no such row"),
                5 when oneIsTooShort => [1],
                7 => [float.PositiveInfinity, 1],
                11 => [float.MaxValue, 1],
                _ => new float[] { n, 1 },
            }).ToListAsync();

        (long, Type)[] errors = [(3, typeof(InvalidDataException)), (5, typeof(ArgumentException)), (7, typeof(InvalidInputException)), (11, typeof(PredictionException))];
        Assert.That(
            scored.Where(static row => row.Error is not null).Select(static row => (row.Index, row.Error!.GetType())),
            Is.EqualTo(errors.Where(error => oneIsTooShort || error.Item1 != 5)));
        Assert.That(scored.Where(static row => row.Error is null).Select(static row => row.Prediction.Value), Is.EqualTo(
            Enumerable.Range(0, 20).Except(oneIsTooShort ? [3, 5, 7, 11] : [3, 7, 11]).Select(static n => (2f * n) + 6)));
        Assert.That(() => scored[3].Prediction, Throws.InvalidOperationException.With.Message.Contains("Row 3").And.InnerException.InstanceOf<InvalidDataException>());
    }

    [Test]
    public async Task A_source_that_fails_is_heard_of_after_the_answers_to_the_rows_before()
    {
        await using ModelServer server = await StartAsync(new LinearRuntime());
        List<int> answered = [];

        async Task ScoreAsync()
        {
            await foreach (ScoredRow<int, float> row in server.GetPredictor<float[], float>("m").ScoreAsync(Breaking(), static n => new float[] { n, 1 }))
                answered.Add(row.Source);
        }

        Assert.That(async () => await ScoreAsync(), Throws.InstanceOf<IOException>());
        Assert.That(answered, Is.EqualTo(Enumerable.Range(0, 40)));

        static async IAsyncEnumerable<int> Breaking()
        {
            await Task.Yield();
            for (int i = 0; i < 40; i++)
                yield return i;
            throw new IOException("the source broke");
        }
    }

    [Test]
    public async Task A_model_without_room_is_waited_for()
    {
        var runtime = new GatedRuntime();
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime }
            .AddModel("m", m => m.FromSource(new MemorySource { Package = GatedRuntime.Version(1) }).Configure(static o =>
            {
                o.Batching.Concurrency = 1;
                o.Batching.MaximumQueuedRows = 3;
            })));
        await server.StartAsync();
        ServedModel model = server.Get("m");
        var patient = new PredictionOptions { Timeout = TimeSpan.FromMinutes(5) };
        using var hold = new ModelExecutorTests.Hold(runtime);
        Task<TensorResponse> running = model.InferAsync(new TensorRequest().AddInput("x", [1, 1], [100]), patient).AsTask();
        hold.WaitUntilHeld();
        Task<TensorResponse> waiting = model.InferAsync(new TensorRequest().AddInput("x", [3, 1], [101, 102, 103]), patient).AsTask();

        Task<List<ScoredRow<int, float>>> scoring = server.GetPredictor<ReadOnlyMemory<float>, float>("m")
            .ScoreAsync(Numbers(10), static n => new ReadOnlyMemory<float>([n]), new ScoringOptions { MaximumRows = 2, Timeout = patient.Timeout }).ToListAsync().AsTask();
        Assert.That(() => model.Statistics[0].Fail.Count, Is.GreaterThan(1).After(20_000, 5), "it was refused, and came again");
        hold.Dispose();

        Assert.That((await scoring).Select(static row => row.Prediction.Value), Is.EqualTo(Enumerable.Range(0, 10).Select(static n => (2f * n) + 1)));
        (await running).Dispose();
        (await waiting).Dispose();
    }

    [Test]
    public async Task Without_a_version_nothing_is_scored()
    {
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }.AddModel<float[], float>("m", m => m.FromSource(new MemorySource())));

        Assert.That(
            async () => await server.GetPredictor<float[], float>("m").ScoreAsync(Numbers(3), static n => new float[] { n, 1 }).ToListAsync(),
            Throws.InstanceOf<ModelUnavailableException>());
    }

    [Test]
    public async Task Options_out_of_range_throw_at_once()
    {
        await using ModelServer server = await StartAsync(new LinearRuntime());
        IPredictor<float[], float> predictor = server.GetPredictor<float[], float>("m");

        foreach (ScoringOptions options in (ScoringOptions[])[
            new() { MaximumRows = 0 }, new() { MaximumRows = 4_097 }, new() { Parallelism = 0 }, new() { Parallelism = 257 }, new() { Timeout = TimeSpan.Zero }, new() { Priority = (PredictionPriority)9 }])
        {
            Assert.That(() => { _ = predictor.ScoreAsync(AsyncEnumerable.Empty<float[]>(), options); }, Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("options"));
        }
    }

    [Test]
    public async Task Cancellation_ends_it_and_disposes_of_the_source()
    {
        await using ModelServer server = await StartAsync(new LinearRuntime());
        using var ending = new CancellationTokenSource();
        bool isDisposed = false;
        int answered = 0;

        async Task ScoreAsync()
        {
            await foreach (ScoredRow<int, float> _ in server.GetPredictor<float[], float>("m").ScoreAsync(Endless(), static n => new float[] { n, 1 }, cancellationToken: ending.Token))
                if (++answered == 100)
                    await ending.CancelAsync();
        }

        Assert.That(async () => await ScoreAsync(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(isDisposed);

        async IAsyncEnumerable<int> Endless([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                for (int i = 0; ; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await Task.Yield();
                    yield return i;
                }
            }
            finally
            {
                isDisposed = true;
            }
        }
    }

    [Test]
    public async Task Who_stops_reading_leaves_no_run_and_no_source_behind()
    {
        var runtime = new LinearRuntime();
        await using ModelServer server = await StartAsync(runtime);
        bool isDisposed = false;

        await foreach (ScoredRow<int, float> row in server.GetPredictor<float[], float>("m").ScoreAsync(Source(), static n => new float[] { n, 1 }, new ScoringOptions { Parallelism = 4, MaximumRows = 2 }))
            if (row.Index == 5)
                break;

        Assert.That(isDisposed);
        long runs = server.Get("m").Statistics[0].ExecutionCount;
        await Task.Yield();
        Assert.That(server.Get("m").Statistics[0].ExecutionCount, Is.EqualTo(runs));

        async IAsyncEnumerable<int> Source()
        {
            try
            {
                for (int i = 0; i < 1_000; i++)
                {
                    await Task.Yield();
                    yield return i;
                }
            }
            finally
            {
                isDisposed = true;
            }
        }
    }

    [Test]
    public async Task Observers_and_handlers_see_every_row_once()
    {
        var observer = new OutcomeTests.Hearer();
        List<float> handled = [];
        var options = new ModelServerOptions { Runtime = new LinearRuntime() };
        options.Observers.Add(observer);
        await using ModelServer server = ModelServer.Create(options.AddModel<float[], float>("m", m => m
            .FromSource(MemorySource.Of(2, 1, 5)).OnPrediction((float[] _, in Prediction<float> prediction) => handled.Add(prediction.Value))));
        await server.StartAsync();

        List<ScoredRow<float[], float>> scored = await server.GetPredictor<float[], float>("m").ScoreAsync(Numbers(50).Select(static n => new float[] { n, 1 })).ToListAsync();

        Assert.That(observer.Seen.Select(static seen => (seen.Id, seen.First, seen.Output)), Is.EqualTo(scored.Select(static row => (row.Prediction.Id, row.Source[0], row.Prediction.Value))));
        Assert.That(handled, Is.EqualTo(scored.Select(static row => row.Prediction.Value)));
    }

    [Test]
    public async Task Any_predictor_will_do()
    {
        List<ScoredRow<int, string>> scored = await new Doubling().ScoreAsync(Numbers(5), static n => n).ToListAsync();

        Assert.That(scored.Take(4).Select(static row => row.Prediction.Value), Is.EqualTo(new[] { "0", "2", "4", "6" }));
        Assert.That(scored[4].Error, Is.InstanceOf<NotSupportedException>());
    }

    [Test]
    public async Task A_message_is_acknowledged_after_its_answer_and_in_order()
    {
        await using ModelServer server = await StartAsync(new LinearRuntime());
        List<string> happened = [];

        ScoringProgress whole = await server.GetPredictor<float[], float>("m").ConsumeAsync(
            Numbers(3),
            static n => n == 1 ? throw new InvalidDataException("poison") : new float[] { n, 1 },
            (row, _) =>
            {
                happened.Add(row.Error is null ? $"answer {row.Source}: {row.Prediction.Value}" : $"answer {row.Source}: {row.Error.Message}");
                return ValueTask.CompletedTask;
            },
            (message, _) =>
            {
                happened.Add($"acknowledge {message}");
                return ValueTask.CompletedTask;
            });

        Assert.That(happened, Is.EqualTo(new[] { "answer 0: 6", "acknowledge 0", "answer 1: poison", "acknowledge 1", "answer 2: 10", "acknowledge 2" }));
        Assert.That(whole, Is.EqualTo(new ScoringProgress(3, 1)));
    }

    /// <summary>A broker that brings again what was not acknowledged, and a consumer that breaks now and then at either callback.</summary>
    [Test]
    public async Task Every_message_is_answered_at_least_once_whatever_breaks()
    {
        await using ModelServer server = await StartAsync(new LinearRuntime());
        var pending = new SortedSet<int>(Enumerable.Range(0, 60));
        List<int> answered = [], acknowledged = [];
        int calls = 0, restarts = 0;

        while (pending.Count > 0)
        {
            try
            {
                await server.GetPredictor<float[], float>("m").ConsumeAsync(
                    pending.ToArray().ToAsyncEnumerable(),
                    static n => new float[] { n, 1 },
                    (row, _) =>
                    {
                        Break();
                        answered.Add(row.Source);
                        return ValueTask.CompletedTask;
                    },
                    (message, _) =>
                    {
                        Break();
                        Assert.That(answered, Does.Contain(message), "the answer comes first");
                        pending.Remove(message);
                        acknowledged.Add(message);
                        return ValueTask.CompletedTask;
                    },
                    new ScoringOptions { MaximumRows = 8, Parallelism = 2 });
            }
            catch (IOException)
            {
                restarts++;
            }
        }

        Assert.That(restarts, Is.GreaterThan(5));
        Assert.That(acknowledged, Is.EqualTo(Enumerable.Range(0, 60)));

        void Break()
        {
            if (++calls % 13 == 0)
                throw new IOException("broke");
        }
    }

    private static async Task<ModelServer> StartAsync(LinearRuntime runtime, bool mayShare = true, bool finite = false)
    {
        ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime }.AddModel<float[], float>("m", m => m.FromSource(MemorySource.Of(2, 1, 5)).Configure(o =>
        {
            o.Batching.Enabled = mayShare;
            o.RequireFinite = finite ? true : null;
        })));
        await server.StartAsync();
        return server;
    }

    private static IAsyncEnumerable<int> Numbers(int count) => Enumerable.Range(0, count).ToAsyncEnumerable();

    private sealed class Doubling : IPredictor<int, string>
    {
        private static readonly ModelSignature Signature = new([new TensorSpec("in", TensorDataType.Int32, [-1, 1])], [new TensorSpec("out", TensorDataType.Text, [-1, 1])]);

        public string Model => "doubling";

        public ValueTask<Prediction<string>> PredictAsync(int input, CancellationToken cancellationToken = default) => PredictAsync(input, default, cancellationToken);

        public ValueTask<Prediction<string>> PredictAsync(int input, PredictionOptions options, CancellationToken cancellationToken = default) => input == 4
            ? throw new NotSupportedException("four")
            : ValueTask.FromResult(new Prediction<string>($"{2 * input}", PredictionId.Next(), new ServedVersion(1, new string('a', 64), default, Signature), "live"));
    }
}
