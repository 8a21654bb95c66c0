using static Mlops.Serving.OnnxRuntime.Tests.Proto;

namespace Mlops.Serving.OnnxRuntime.Tests;

public sealed class BadModelTests
{
    [TestCase("empty.onnx", ModelLoadFailure.InvalidModel)]
    [TestCase("not_onnx.onnx", ModelLoadFailure.InvalidModel)]
    [TestCase("truncated.onnx", ModelLoadFailure.InvalidModel)]
    [TestCase("corrupt.onnx", ModelLoadFailure.InvalidModel)]
    [TestCase("future_opset.onnx", ModelLoadFailure.InvalidModel)]
    [TestCase("unknown_operator.onnx", ModelLoadFailure.InvalidModel)]
    [TestCase("digits_wrong_input_shape.onnx", ModelLoadFailure.SignatureMismatch)]
    [TestCase("digits_renamed_output.onnx", ModelLoadFailure.SignatureMismatch)]
    [TestCase("digits_nan.onnx", ModelLoadFailure.NotFinite)]
    public async Task A_bad_file_is_refused_and_the_old_version_keeps_serving(string file, ModelLoadFailure reason)
    {
        var source = new SetSource(Reference.Bytes("digits/2/model.onnx"));
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModel<ReadOnlyMemory<float>, float[]>("digits", m => m.FromSource(source).Output("probabilities")));
        await server.StartAsync();
        IPredictor<ReadOnlyMemory<float>, float[]> predictor = server.GetPredictor<ReadOnlyMemory<float>, float[]>("digits");
        Prediction<float[]> before = await predictor.PredictAsync(new float[64]);
        int sessions = OnnxSession.LiveCount, slots = OnnxSlot.LiveCount;
        source.Content = Reference.Bytes($"bad/{file}");

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => server.Get("digits").ReloadAsync()))!;
        Prediction<float[]> after = await predictor.PredictAsync(new float[64]);

        Assert.That(failure.Reason, Is.EqualTo(reason), failure.Message);
        Assert.That(after.Version, Is.SameAs(before.Version));
        Assert.That(after.Value, Is.EqualTo(before.Value));
        Assert.That((OnnxSession.LiveCount, OnnxSlot.LiveCount), Is.EqualTo((sessions, slots)), "what a refused version took is freed");
    }

    private static readonly byte[] Linear = LinearSource.Model([1, 1], 0);

    private static IEnumerable<TestCaseData> Unsafe()
    {
        // Appended graphs are merged into the model's own, as protobuf does it.
        byte[] external = Message((8, "w"), (14, 1), (13, Message((1, "location"), (2, "appsettings.json"))));
        yield return Case("external initializer", Graph(5, external), ModelLoadFailure.UnsafeModel, "'appsettings.json'");
        yield return Case("external sparse initializer", Graph(15, Message((1, external))), ModelLoadFailure.UnsafeModel, "'appsettings.json'");
        yield return Case("external attribute", Graph(1, Message((4, "Constant"), (5, Message((5, external))))), ModelLoadFailure.UnsafeModel, "'appsettings.json'");
        yield return Case("external data in a nested graph", Graph(1, Message((4, "If"), (5, Message((6, Message((5, external))))))), ModelLoadFailure.UnsafeModel, "'appsettings.json'");
        yield return Case("external data in a function", Message((25, Message((7, Message((5, Message((5, external)))))))), ModelLoadFailure.UnsafeModel, "'appsettings.json'");
        yield return Case("EPContext", Graph(1, Message((4, "EPContext"), (7, "com.microsoft"))), ModelLoadFailure.UnsafeModel, "EPContext");
        yield return Case("custom operator", Graph(1, Message((4, "BertTokenizer"), (7, "ai.onnx.contrib"))), ModelLoadFailure.UnsafeModel, "ai.onnx.contrib.BertTokenizer");
    }

    [TestCaseSource(nameof(Unsafe))]
    public async Task A_model_that_reaches_outside_itself_is_refused_before_the_runtime_sees_it(byte[] content, ModelLoadFailure reason, string named)
    {
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }.AddModel("m", m => m.FromSource(new SetSource(content))));

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => server.StartAsync()))!;

        Assert.That(failure.Reason, Is.EqualTo(reason));
        Assert.That(failure.Message, Does.Contain(named));
    }

    [Test]
    public async Task The_ORT_format_is_refused()
    {
        byte[] content = [4, 0, 0, 0, .. "ORTM"u8, .. new byte[64]];
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }.AddModel("m", m => m.FromSource(new SetSource(content))));

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => server.StartAsync()))!;

        Assert.That(failure.Message, Does.Contain("ORT format"));
    }

    [Test]
    public async Task Features_in_another_order_than_the_model_was_trained_on_are_refused()
    {
        byte[] content = LinearSource.Model([1, 1], 0, ["rain", "lag_7"]);
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModel<(float Lag7, float Rain)>("m", m => m.FromSource(new SetSource(content)).Feature(r => r.Lag7).Feature(r => r.Rain)));

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => server.StartAsync()))!;

        Assert.That(failure.Message, Does.Contain("feature 0 is 'Lag7' in the predictor and 'rain' in the model"));
    }

    private static TestCaseData Case(string name, byte[] addition, ModelLoadFailure reason, string named) =>
        new TestCaseData((byte[])[.. Linear, .. addition], reason, named).SetArgDisplayNames(name);

    private static byte[] Graph(int field, byte[] content) => Message((7, Message((field, content))));
}
