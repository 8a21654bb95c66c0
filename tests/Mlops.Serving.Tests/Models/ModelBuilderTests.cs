namespace Mlops.Serving.Tests;

public sealed class ModelBuilderTests
{
    [Test]
    public async Task A_model_for_tensors_only_has_no_predictor_and_may_be_any()
    {
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }
            .AddModel<Ride, string>("m", m => m.FromSource(MemorySource.Of(1, 2, 3)).TensorsOnly()));
        await server.StartAsync();

        using TensorResponse response = await server.Get("m").InferAsync(new TensorRequest().AddInput("features", [1, 2], [1, 1]));

        Assert.That(response["prediction"].Get<float>()[0], Is.EqualTo(6));
        Assert.That(() => server.GetPredictor<Ride, string>("m"), Throws.InvalidOperationException.With.Message.Contains("InferAsync"));
    }

    [Test]
    public async Task Selectors_fill_the_columns_in_their_order()
    {
        await using ModelServer server = Server<float>(m => m.Feature(r => r.Lag7).Feature(static ride => ride.Rain));

        Assert.That(await Predict<float>(server), Is.EqualTo(10f * 2 + 100f * 3 + 1));
    }

    [Test]
    public async Task A_writer_fills_all_columns_at_once_and_what_it_leaves_out_is_zero()
    {
        await using ModelServer server = Server<float>(m => m.Features(2, (ride, columns) =>
        {
            if (ride.Lag7 > 0)
                columns[0] = ride.Lag7;
        }));
        await server.StartAsync();
        IPredictor<Ride, float> predictor = server.GetPredictor<Ride, float>("m");

        Assert.That((await predictor.PredictAsync(new Ride(2, 0))).Value, Is.EqualTo(21f));
        Assert.That((await predictor.PredictAsync(new Ride(0, 0))).Value, Is.EqualTo(1f));
    }

    [Test]
    public async Task A_vector_of_features_needs_no_writer_whether_array_or_memory()
    {
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }
            .AddModel<float[], float>("array", m => m.FromSource(MemorySource.Of(10, 100, 1)))
            .AddModel<ReadOnlyMemory<float>, float>("memory", m => m.FromSource(MemorySource.Of(10, 100, 1))));
        await server.StartAsync();

        Assert.That((await server.GetPredictor<float[], float>("array").PredictAsync([2, 3])).Value, Is.EqualTo(321f));
        Assert.That((await server.GetPredictor<ReadOnlyMemory<float>, float>("memory").PredictAsync(new float[] { 2, 3 })).Value, Is.EqualTo(321f));
        Assert.That(async () => await server.GetPredictor<float[], float>("array").PredictAsync([2]), Throws.ArgumentException);
    }

    [Test]
    public void A_feature_is_named_once() =>
        Assert.That(() => Server<float>(m => m.Feature(r => r.Lag7).Feature(r => r.Lag7)), Throws.ArgumentException.With.Message.Contains("'Lag7'"));

    [Test]
    public async Task Outputs_become_what_the_caller_wants()
    {
        await using ModelServer server = Server<string>(m => m.Feature(r => r.Lag7).Feature(r => r.Rain).Output(outputs => $"<{outputs.Get<float>("prediction")[0]}>"));

        Assert.That(await Predict<string>(server), Is.EqualTo("<321>"));
    }

    [Test]
    public async Task A_vector_of_outputs_needs_no_reader()
    {
        await using ModelServer server = Server<float[]>(m => m.Feature(r => r.Lag7).Feature(r => r.Rain).Output("prediction"));

        Assert.That(await Predict<float[]>(server), Is.EqualTo(new[] { 321f }));
    }

    [Test]
    public async Task Too_few_features_are_refused_at_load()
    {
        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => Server<float>(m => m.Feature(r => r.Lag7)).StartAsync()))!;

        Assert.That(failure.Reason, Is.EqualTo(ModelLoadFailure.SignatureMismatch));
        Assert.That(failure.Message, Does.Contain("writes 1 features, the model takes features: float32[-1,2]"));
    }

    [Test]
    public async Task Features_in_another_order_than_trained_are_refused_at_load()
    {
        var runtime = new LinearRuntime { FeatureNames = ["rain", "lag_7"] };

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => Server<float>(m => m.Feature(r => r.Lag7).Feature(r => r.Rain), runtime).StartAsync()))!;

        Assert.That(failure.Message, Does.Contain("feature 0 is 'Lag7' in the predictor and 'rain' in the model"));
    }

    [Test]
    public async Task Feature_names_are_compared_without_case_and_underscores()
    {
        await using ModelServer server = Server<float>(m => m.Feature(r => r.Lag7).Feature(r => r.Rain * 2, "rain"), new LinearRuntime { FeatureNames = ["lag_7", "rain"] });

        Assert.That(await Predict<float>(server), Is.EqualTo(621f));
    }

    [Test]
    public void A_feature_that_is_no_member_needs_a_name()
    {
        Assert.That(
            () => Server<float>(m => m.Feature(r => r.Rain * 2)),
            Throws.ArgumentException.With.Message.Contains("'r => r.Rain * 2' does not name a member").And.Property("ParamName").EqualTo("selector"));
    }

    [Test]
    public void An_output_of_another_type_or_name_is_refused_at_load()
    {
        Action<ModelBuilder<Ride, long>> wrongType = m => m.Feature(r => r.Lag7).Feature(r => r.Rain);
        Action<ModelBuilder<Ride, float>> wrongName = m => m.Feature(r => r.Lag7).Feature(r => r.Rain).Output("score");

        Assert.That(() => Server(wrongType).StartAsync(), Throws.InstanceOf<ModelLoadException>().With.Message.Contains("returns Int64, the model's output is prediction: float32[-1,1]"));
        Assert.That(() => Server(wrongName).StartAsync(), Throws.InstanceOf<ModelLoadException>().With.Message.Contains("no output 'score'"));
    }

    [Test]
    public void What_is_missing_is_named()
    {
        Assert.That(() => ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }.AddModel("m", _ => { })), Throws.InvalidOperationException.With.Message.Contains("FromFile"));
        Assert.That(() => ModelServer.Create(new ModelServerOptions().AddModel("m", m => m.FromFile("x"))), Throws.InvalidOperationException.With.Message.Contains("UseOnnxRuntime"));
        Assert.That(() => Server<float>(_ => { }), Throws.InvalidOperationException.With.Message.Contains("call Feature"));
        Assert.That(() => Server<DateTime>(m => m.Feature(r => r.Rain)), Throws.InvalidOperationException.With.Message.Contains("Output(outputs"));
    }

    [TestCase("")]
    [TestCase("a/b")]
    [TestCase("a b")]
    public void Names_outside_the_grammar_are_refused(string name)
    {
        Assert.That(() => new ModelServerOptions().AddModel(name, _ => { }), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("name"));
    }

    [Test]
    public void A_name_is_registered_once()
    {
        ModelServerOptions options = new ModelServerOptions().AddModel("m", m => m.FromFile("x"));

        Assert.That(() => options.AddModel("m", m => m.FromFile("y")), Throws.ArgumentException);
    }

    private static ModelServer Server<TOut>(Action<ModelBuilder<Ride, TOut>> configure, LinearRuntime? runtime = null) =>
        ModelServer.Create(new ModelServerOptions { Runtime = runtime ?? new LinearRuntime() }.AddModel<Ride, TOut>("m", m =>
        {
            m.FromSource(MemorySource.Of(10, 100, 1));
            configure(m);
        }));

    private static async Task<TOut> Predict<TOut>(ModelServer server)
    {
        await server.StartAsync();
        return (await server.GetPredictor<Ride, TOut>("m").PredictAsync(new Ride(2, 3))).Value;
    }
}
