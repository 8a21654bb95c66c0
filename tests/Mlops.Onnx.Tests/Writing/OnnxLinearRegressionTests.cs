using System.Security.Cryptography;
using CsCheck;
using Microsoft.ML.OnnxRuntime;

namespace Mlops.Onnx.Tests;

public sealed class OnnxLinearRegressionTests
{
    [Test]
    public void ONNX_Runtime_computes_what_the_weights_say()
    {
        // Positive terms only, so that cancellation does not hide behind a relative tolerance.
        Gen<float[]> weights = Gen.Float[0.01f, 10f].Array[1, 40];
        Gen.Select(weights, Gen.Float[0f, 10f], Gen.Int[1, 5], Gen.Int[0, 1000]).Sample(
            (w, bias, rows, seed) =>
            {
                var random = new Random(seed);
                float[] features = new float[rows * w.Length];
                for (int i = 0; i < features.Length; i++)
                    features[i] = random.NextSingle() + 0.01f;

                float[] actual = Run(Written(w, bias), features, rows, w.Length);

                for (int row = 0; row < rows; row++)
                {
                    double expected = bias;
                    for (int i = 0; i < w.Length; i++)
                        expected += (double)w[i] * features[row * w.Length + i];
                    Assert.That(actual[row], Is.EqualTo(expected).Within(1e-6 * Math.Abs(expected)));
                }
            },
            iter: 100,
            seed: "0000KhO4LCt2",
            threads: 1);
    }

    [Test]
    public void The_model_says_what_it_is()
    {
        byte[] bytes = Written([0.5, -1], 2, featureNames: ["lag7", "größe \"x\""], metadata: new Dictionary<string, string> { ["run"] = "42" });

        OnnxModel model = OnnxModel.Read(bytes);

        Assert.That(model.Signature.ToString(), Is.EqualTo("(features: float32[batch,2]) -> (prediction: float32[batch,1])"));
        Assert.That(model.FeatureNames, Is.EqualTo(new[] { "lag7", "größe \"x\"" }));
        Assert.That(model.Metadata["run"], Is.EqualTo("42"));
        Assert.That(model.IsSelfContained, Is.True);
    }

    [Test]
    public void Equal_arguments_give_equal_bytes_whatever_the_order_of_the_metadata()
    {
        byte[] first = Written([1, 2], 3, metadata: new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" });
        byte[] second = Written([1, 2], 3, metadata: new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" });

        Assert.That(second, Is.EqualTo(first));
    }

    [Test]
    public void The_bytes_stay_the_same_from_build_to_build()
    {
        // A registry addresses models by this hash: a change here gives every unchanged model a new version.
        Assert.That(Convert.ToHexString(SHA256.HashData(Written([1, 2], 3))), Is.EqualTo("E536572E064A96436D7C654FF99868FD60AA676A5CFF6ED81CE754D160E72E83"));
    }

    [Test]
    public void Names_may_be_those_used_inside_the_graph()
    {
        using var stream = new MemoryStream();
        OnnxLinearRegression.Write(stream, [2.0], 1.0, "weights", "bias");

        Assert.That(Run(stream.ToArray(), [3f], 1, 1, "weights"), Is.EqualTo(new[] { 7f }));
    }

    [TestCase(new double[0], 0, "weights")]
    [TestCase(new[] { double.NaN }, 0, "weights")]
    [TestCase(new[] { 1, 1e39 }, 0, "weights")]
    [TestCase(new[] { 1.0 }, double.NegativeInfinity, "bias")]
    public void Numbers_that_float32_cannot_hold_are_refused(double[] weights, double bias, string parameter)
    {
        Assert.That(() => Written(weights, bias), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(parameter));
    }

    [Test]
    public void Feature_names_must_fit_the_weights()
    {
        Assert.That(() => Written([1.0], 0, featureNames: ["a", "b"]), Throws.ArgumentException.With.Message.Contains("2 feature names for 1 weights"));
    }

    private static byte[] Written(ReadOnlySpan<float> weights, float bias)
    {
        using var stream = new MemoryStream();
        OnnxLinearRegression.Write(stream, weights, bias);
        return stream.ToArray();
    }

    private static byte[] Written(double[] weights, double bias, string[]? featureNames = null, Dictionary<string, string>? metadata = null)
    {
        using var stream = new MemoryStream();
        OnnxLinearRegression.Write(stream, weights, bias, featureNames: featureNames, metadata: metadata);
        return stream.ToArray();
    }

    private static float[] Run(byte[] model, float[] features, int rows, int columns, string input = "features")
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var session = new InferenceSession(model, options);
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(features, [rows, columns]);
        using var run = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, [input], [value], session.OutputNames);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
