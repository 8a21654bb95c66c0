namespace Mlops.Serving.Tests;

public sealed class ShadowTests
{
    [Test]
    public async Task Answers_and_observers_are_those_of_the_live_version_alone()
    {
        var observer = new VersionObserver();
        await using var served = await Served.StartAsync((m, shadow) => m.Shadow(shadow), observer: observer);

        for (int i = 0; i < 100; i++)
            Assert.That((await served.PredictAsync($"user-{i}")).Value, Is.EqualTo(1f));

        Assert.That(() => served.Shadow.Verdict?.Rows, Is.EqualTo(100L).After(30_000, 5));
        Assert.That(observer.Seen, Is.EqualTo(Enumerable.Repeat(1L, 100)));
        Assert.That(served.Model.Version!.Number, Is.EqualTo(1));
    }

    [Test]
    public async Task The_verdict_says_how_far_the_outputs_are_apart()
    {
        // Version 1 answers x + 1, the shadow 1.5 x + 1: apart by x / 2.
        await using var served = await Served.StartAsync((m, shadow) =>
        {
            shadow.Package = MemorySource.Version(2, 1.5f, 1);
            m.Shadow(shadow, o => o.Tolerance = 0.1);
        });

        for (int i = 0; i < 4; i++)
            await served.Predictor.PredictAsync(new float[] { i });

        Assert.That(() => served.Shadow.Verdict?.Rows, Is.EqualTo(4L).After(30_000, 5));
        ShadowVerdict verdict = served.Shadow.Verdict!;
        Assert.That((verdict.MeanDifference, verdict.LargestDifference, verdict.Agreement), Is.EqualTo(((double?)0.75, (double?)1.5, (double?)0.25)));
        Assert.That((verdict.Live.Number, verdict.Shadow.Number, verdict.Failed, verdict.Dropped, verdict.StabilityIndex), Is.EqualTo((1L, 2L, 0L, 0L, (double?)null)));
    }

    [Test]
    public async Task Calls_with_tensors_are_compared_row_by_row()
    {
        await using var served = await Served.StartAsync((m, shadow) => m.Shadow(shadow));
        TensorRequest request = new TensorRequest().AddInput("features", [5, 1], [1, 2, 3, 4, 5]);

        using TensorResponse response = await served.Model.InferAsync(request);

        Assert.That(() => served.Shadow.Verdict?.Rows, Is.EqualTo(5L).After(30_000, 5));
        Assert.That(served.Shadow.Verdict!.MeanDifference, Is.EqualTo(1));
    }

    [Test]
    public async Task A_shadow_that_fails_is_counted_and_callers_notice_nothing()
    {
        await using var served = await Served.StartAsync((m, shadow) => m.Shadow(shadow));
        served.Runtime.Failing = numbers => numbers[^1] == 2;

        for (int i = 0; i < 50; i++)
            Assert.That((await served.PredictAsync($"user-{i}")).Value, Is.EqualTo(1f));

        Assert.That(() => served.Shadow.Verdict?.Failed, Is.EqualTo(50L).After(30_000, 5));
        Assert.That((served.Shadow.Verdict!.Rows, served.Shadow.Verdict.Agreement), Is.EqualTo((0L, (double?)null)));
    }

    [Test]
    public async Task What_the_shadow_cannot_keep_up_with_is_dropped_and_counted_and_no_caller_waits()
    {
        using var gate = new ManualResetEventSlim();
        await using var served = await Served.StartAsync((m, shadow) => m.Shadow(shadow, o => o.MaximumQueued = 5));
        served.Runtime.Failing = numbers =>
        {
            if (numbers[^1] == 2)
                gate.Wait(TimeSpan.FromMinutes(1));
            return false;
        };

        for (int i = 0; i < 100; i++)
            Assert.That((await served.PredictAsync($"user-{i}")).Value, Is.EqualTo(1f), "the shadow is held, the caller is not");
        gate.Set();

        // One is under way, five wait.
        Assert.That(() => served.Shadow.Verdict?.Rows + served.Shadow.Verdict?.Dropped, Is.EqualTo(100L).After(30_000, 5));
        Assert.That(served.Shadow.Verdict!.Rows, Is.InRange(5, 6));
    }

    [Test]
    public async Task A_shadow_whose_runs_hang_is_taken_out_of_service_and_the_rest_counts_as_failed()
    {
        using var gate = new ManualResetEventSlim();
        using var held = new SemaphoreSlim(0);
        await using var served = await Served.StartAsync((m, shadow) => m.Shadow(shadow));
        served.Runtime.Failing = numbers =>
        {
            if (numbers[^1] == 2)
            {
                held.Release();
                gate.Wait();
            }

            return false;
        };

        try
        {
            const int Lost = 2;   // by default
            for (int i = 1; i <= Lost; i++)
            {
                await served.PredictAsync("ann");
                Assert.That(held.Wait(TimeSpan.FromMinutes(1)), Is.True, "the shadow computes");
                Assert.That(() => Advance(TimeSpan.FromSeconds(10)).Verdict?.Failed, Is.EqualTo((long)i).After(30_000, 5));
            }

            Assert.That(() => Advance(TimeSpan.FromSeconds(1)).Place.Quarantine, Is.Not.Null.After(30_000, 5));
            Assert.That((await served.PredictAsync("ann")).Value, Is.EqualTo(1f), "callers notice nothing");
            Assert.That(() => served.Shadow.Verdict!.Failed, Is.EqualTo(Lost + 1L).After(30_000, 5));
        }
        finally
        {
            gate.Set();
        }

        Shadow Advance(TimeSpan by)
        {
            served.Time.Advance(by);
            return served.Shadow;
        }
    }

    [Test]
    public async Task Long_calls_and_those_outside_of_the_sample_are_not_copied()
    {
        await using var served = await Served.StartAsync((m, shadow) => m.Shadow(shadow, o => (o.MaximumRequestBytes, o.SampleShare) = (10, 0.5)));
        TensorRequest tooLong = new TensorRequest().AddInput("features", [5, 1], [1, 2, 3, 4, 5]);
        const int Calls = 1000;

        for (int i = 0; i < Calls; i++)
            await served.PredictAsync($"user-{i}");
        Assert.That(() => served.Shadow.Verdict?.Rows + served.Shadow.Verdict?.Dropped, Is.EqualTo(Calls / 2.0).Within(6 * Math.Sqrt(Calls / 4.0)).After(30_000, 50));
        long dropped = served.Shadow.Verdict!.Dropped;
        for (int i = 0; i < Calls; i++)
            (await served.Model.InferAsync(tooLong)).Dispose();

        Assert.That(served.Shadow.Verdict!.Dropped - dropped, Is.EqualTo(Calls / 2.0).Within(6 * Math.Sqrt(Calls / 4.0)));
    }

    [Test]
    public async Task Inputs_of_many_dimensions_are_compared_and_no_caller_hears_of_it()
    {
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime { Rank = 20 } }
            .AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).Shadow(MemorySource.Of(1, 2))));
        await server.StartAsync();

        Prediction<float> prediction = await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new float[] { 0 });

        Assert.That(prediction.Value, Is.EqualTo(1f));
        Assert.That(() => server.Get("m").Shadow!.Verdict?.Rows, Is.EqualTo(1L).After(30_000, 5));
    }

    [Test]
    public async Task The_answer_counts_as_part_of_what_is_copied()
    {
        // A row has four bytes of input and four of output.
        await using var served = await Served.StartAsync((m, shadow) => m.Shadow(shadow, o => o.MaximumRequestBytes = 7));

        await served.PredictAsync("ann");
        (await served.Model.InferAsync(new TensorRequest().AddInput("features", [1, 1], [1]))).Dispose();

        Assert.That(() => served.Shadow.Dropped, Is.EqualTo(2L).After(30_000, 5));
        Assert.That(served.Shadow.Verdict, Is.Null);
    }

    [Test]
    public void A_call_counts_every_copy_that_it_holds()
    {
        var call = new ShadowCall();
        call.Begin(Served.VersionOf(1), new byte[100], ticks: 1, rows: 1);
        call.Request.AddInput("x", TensorDataType.Float32, [2], 8);
        call.Answer.AddOutput("y", TensorDataType.Float32, [4], 16);

        Assert.That(call.Bytes, Is.EqualTo(124));
    }

    [Test]
    public async Task Memory_of_long_calls_does_not_stay()
    {
        const int Rows = 200_000, Calls = 20;
        await using var served = await Served.StartAsync((m, shadow) => m.Shadow(shadow, o => (o.MaximumRequestBytes, o.MaximumQueued) = (1 << 24, Calls)));
        using var gate = new ManualResetEventSlim();
        served.Runtime.Failing = numbers =>
        {
            if (numbers[^1] == 2)
                gate.Wait(TimeSpan.FromMinutes(1));
            return false;
        };
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Calls; i++)
            (await served.Model.InferAsync(new TensorRequest().AddInput("features", [Rows, 1], new float[Rows]))).Dispose();

        gate.Set();
        Assert.That(() => served.Shadow.Verdict?.Rows, Is.EqualTo((long)Rows * Calls).After(30_000, 5));

        // Each call held two copies of 800 kB.
        Assert.That(() => GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(Calls * Rows * 2 * sizeof(float) / 2).After(30_000, 100));
    }

    [Test]
    public void Scores_of_another_distribution_have_a_high_stability_index_and_of_the_same_a_low_one()
    {
        Assert.That(IndexOf(shift: 0), Is.LessThan(0.02));
        Assert.That(IndexOf(shift: 0.5f), Is.GreaterThan(0.25));

        static double? IndexOf(float shift)
        {
            var random = new Simulation(9);
            ShadowComparison comparison = Compare(TensorDataType.Float32, elements: 1);
            for (int i = 0; i < 5000; i++)
            {
                float[] live = [(float)random.Uniform()], shadow = [(float)random.Uniform() + shift];
                comparison.Add(Bytes(live), Bytes(shadow), liveTicks: 1, shadowTicks: 1);
            }

            return comparison.ToVerdict(0).StabilityIndex;
        }
    }

    [Test]
    public void Vectors_agree_by_the_place_of_their_largest_and_whole_numbers_by_being_equal()
    {
        ShadowComparison vectors = Compare(TensorDataType.Float32, elements: 3);
        vectors.Add(Bytes<float>([0.1f, 0.6f, 0.3f, 0.5f, 0.4f, 0.1f]), Bytes<float>([0.2f, 0.5f, 0.3f, 0.4f, 0.5f, 0.1f]), 1, 1);
        ShadowComparison labels = Compare(TensorDataType.Int64, elements: 1);
        labels.Add(Bytes<long>([1, 2, 3, 4]), Bytes<long>([1, 2, 3, 5]), 1, 1);

        Assert.That((vectors.ToVerdict(0).Agreement, labels.ToVerdict(0).Agreement), Is.EqualTo(((double?)0.5, (double?)0.75)));
    }

    [Test]
    public void Computing_times_are_compared_by_their_geometric_mean_where_they_are_known()
    {
        ShadowComparison comparison = Compare(TensorDataType.Float32, elements: 1);
        comparison.Add(Bytes<float>([1]), Bytes<float>([1]), liveTicks: 100, shadowTicks: 400);
        comparison.Add(Bytes<float>([1]), Bytes<float>([1]), liveTicks: 100, shadowTicks: 100);
        comparison.Add(Bytes<float>([1]), Bytes<float>([1]), liveTicks: 0, shadowTicks: 900);

        Assert.That(comparison.ToVerdict(0).TimeRatio, Is.EqualTo(2).Within(1e-12));
    }

    [Test]
    public void An_output_that_is_not_a_number_differs_from_one_that_is()
    {
        ShadowComparison comparison = Compare(TensorDataType.Float32, elements: 1);
        comparison.Add(Bytes<float>([float.NaN, float.NaN]), Bytes<float>([float.NaN, 1]), 1, 1);

        Assert.That((comparison.ToVerdict(0).Agreement, comparison.ToVerdict(0).LargestDifference), Is.EqualTo(((double?)0.5, (double?)double.PositiveInfinity)));
    }

    [Test]
    public void A_model_has_one_shadow() => Assert.That(
        () => new ModelServerOptions().AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).Shadow(MemorySource.Of(1, 2)).Shadow(MemorySource.Of(1, 3))),
        Throws.InvalidOperationException.With.Message.Contains("has a shadow already"));

    private static ShadowComparison Compare(TensorDataType type, int elements) => new(
        Served.VersionOf(1), Served.VersionOf(2), new TensorSpec("out", type, [-1, elements]), tolerance: 0.001);

    private static ReadOnlySpan<byte> Bytes<T>(T[] values)
        where T : unmanaged => System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan());

    private sealed class VersionObserver : IPredictionObserver
    {
        public List<long> Seen { get; } = [];

        public void OnPrediction(in PredictionRecord record)
        {
            lock (Seen)
                Seen.Add(record.Version.Number);
        }
    }
}
