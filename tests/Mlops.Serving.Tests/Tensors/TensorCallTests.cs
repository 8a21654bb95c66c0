namespace Mlops.Serving.Tests;

public sealed class TensorCallTests
{
    [Test]
    public async Task Rows_are_answered_in_order_by_the_version_that_serves()
    {
        await using ModelServer server = await StartAsync();

        using TensorResponse response = await server.Get("m").InferAsync(Rows(1, 2, 3));

        Assert.That(response["prediction"].Get<float>().ToArray(), Is.EqualTo(new float[] { 11, 21, 31 }));
        Assert.That((response.Model, response.Version.Number, response.Variant), Is.EqualTo(("m", 1L, "live")));
    }

    [Test]
    public async Task A_response_that_is_disposed_of_twice_leaves_the_next_ones_alone()
    {
        await using ModelServer server = await StartAsync();
        TensorResponse first = await server.Get("m").InferAsync(Rows(1));
        first.Dispose();

        using TensorResponse second = await server.Get("m").InferAsync(Rows(2));
        first.Dispose();
        using TensorResponse third = await server.Get("m").InferAsync(Rows(3));

        Assert.That(second["prediction"].Get<float>()[0], Is.EqualTo(21));
        Assert.That(third["prediction"].Get<float>()[0], Is.EqualTo(31));
        Assert.That(() => first.Outputs, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => first["prediction"], Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task A_version_is_answered_by_number_where_it_is_loaded()
    {
        await using ModelServer server = await StartAsync();
        ServedModel model = server.Get("m");
        var input = new WriterContract<int>((_, _) => { });
        var beside = new Deployment(
            "m", "version", new ModelOptions(), new MemorySource { Package = MemorySource.Version(2, 10, 2) }, ownsSource: false, new LinearRuntime(),
            new ModelContract<int, int>(input, OutputContract<int>.For(null, _ => 0)),
            new ServingEnvironment(model.Telemetry, [], TimeProvider.System, model.Logger));
        await beside.ReloadAsync();
        model.Add(beside);

        using TensorResponse byNumber = await model.InferAsync(Rows(1), new PredictionOptions { Version = 2 });
        using TensorResponse byDefault = await model.InferAsync(Rows(1));

        Assert.That((byNumber["prediction"].Get<float>()[0], byNumber.Variant), Is.EqualTo((12f, "version")));
        Assert.That((byDefault["prediction"].Get<float>()[0], byDefault.Variant), Is.EqualTo((11f, "live")));
        Assert.That(model.Versions.Select(version => version.Number), Is.EqualTo(new long[] { 1, 2 }));

        await model.RemoveAsync(beside);

        ModelVersionNotFoundException missing = (await Assert.ThrowsAsync<ModelVersionNotFoundException>(
            async () => await model.InferAsync(Rows(1), new PredictionOptions { Version = 2 })))!;
        Assert.That(missing.Loaded, Is.EqualTo(new long[] { 1 }));
    }

    [Test]
    public async Task A_run_that_fails_names_the_version_and_the_call_after_it_is_answered()
    {
        var runtime = new LinearRuntime { BeforeRun = null };
        await using ModelServer server = await StartAsync(runtime);
        runtime.BeforeRun = () => throw new InvalidDataException("broken");

        PredictionException failure = (await Assert.ThrowsAsync<PredictionException>(async () => await server.Get("m").InferAsync(Rows(1))))!;
        runtime.BeforeRun = null;
        using TensorResponse response = await server.Get("m").InferAsync(Rows(1));

        Assert.That(failure.InnerException, Is.InstanceOf<InvalidDataException>());
        Assert.That(response["prediction"].Get<float>()[0], Is.EqualTo(11));
    }

    private static TensorRequest Rows(params float[] values) => new TensorRequest().AddInput("features", [values.Length, 1], values);

    private static async Task<ModelServer> StartAsync(LinearRuntime? runtime = null)
    {
        ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = runtime ?? new LinearRuntime() }
            .AddModel("m", m => m.FromSource(MemorySource.Of(10, 1))));
        await server.StartAsync();
        return server;
    }
}
