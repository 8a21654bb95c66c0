namespace Mlops.Serving.OnnxRuntime.Tests;

/// <summary>Every model answers as the framework that trained it did.</summary>
public sealed class ReferenceModelTests
{
    private static readonly string[] Models =
    [
        "digits/1", "digits/2", "digits_cnn/1", "breast_cancer_logreg/1", "breast_cancer_mlp/1", "breast_cancer_gbdt/1", "diabetes_mlp/1", "diabetes_gbdt/1",
    ];

    [TestCaseSource(nameof(Models))]
    public async Task Reference_rows_are_reproduced(string model)
    {
        ReferenceRows reference = Reference.Rows(model);
        var options = new ModelServerOptions { Runtime = new OnnxModelRuntime() };
        await using ModelServer server = ModelServer.Create(options.AddModel<double[], double[][]>("m", m => m
            .FromFile(Reference.Path($"{model}/model.onnx"))
            .Features(reference.Inputs[0].Width, (row, features) =>
            {
                for (int i = 0; i < row.Length; i++)
                    features[i] = (float)row[i];
            })
            .Output(outputs => Read(outputs, reference.Outputs))));
        await server.StartAsync();
        IPredictor<double[], double[][]> predictor = server.GetPredictor<double[], double[][]>("m");

        for (int row = 0; row < reference.Inputs[0].Rows; row++)
        {
            double[][] actual = (await predictor.PredictAsync(reference.Inputs[0].Row(row).ToArray())).Value;
            for (int output = 0; output < actual.Length; output++)
                AssertRow(actual[output], reference.Outputs[output].Row(row), reference);
        }
    }

    [Test]
    public async Task Two_integer_inputs_give_two_integer_outputs()
    {
        var options = new ModelServerOptions { Runtime = new OnnxModelRuntime() };
        await using ModelServer server = ModelServer.Create(options.AddModel<(int A, int B), (int Sum, int Difference)>("simple", m => m
            .FromFile(Reference.Path("simple/1/model.onnx"))
            .Input((row, inputs) =>
            {
                inputs.Get<int>("INPUT0").Fill(row.A);
                inputs.Get<int>("INPUT1").Fill(row.B);
            })
            .Output(outputs => (outputs.Get<int>("OUTPUT0")[15], outputs.Get<int>("OUTPUT1")[0]))));
        await server.StartAsync();

        (int sum, int difference) = (await server.GetPredictor<(int, int), (int, int)>("simple").PredictAsync((7, 5))).Value;

        Assert.That((sum, difference), Is.EqualTo((12, 2)));
    }

    [TestCaseSource(nameof(Models))]
    public async Task Reference_rows_are_reproduced_in_one_call_and_one_by_one(string model)
    {
        ReferenceRows reference = Reference.Rows(model);
        await using ModelServer server = await TensorServer.StartAsync(model);
        TensorSpec input = server.Get("m").Signature!.Inputs[0];
        float[] all = [.. reference.Inputs[0].Data.Select(value => (float)value)];

        await AssertRows(0, reference.Inputs[0].Rows);
        for (int row = 0; row < reference.Inputs[0].Rows; row++)
            await AssertRows(row, 1);

        async Task AssertRows(int first, int rows)
        {
            int width = reference.Inputs[0].Width;
            var request = new TensorRequest().AddInput(input.Name, [rows, .. input.Shape.Skip(1)], all.AsSpan(first * width, rows * width));
            using TensorResponse response = await server.Get("m").InferAsync(request);
            foreach (ReferenceTensor expected in reference.Outputs)
            {
                double[] actual = expected.Type == "INT64"
                    ? [.. response[expected.Name].Get<long>().ToArray().Select(value => (double)value)]
                    : [.. response[expected.Name].Get<float>().ToArray().Select(value => (double)value)];
                Assert.That(actual, Has.Length.EqualTo(rows * expected.Width));
                for (int row = 0; row < rows; row++)
                    AssertRow(actual[(row * expected.Width)..((row + 1) * expected.Width)], expected.Row(first + row), reference);
            }
        }
    }

    [Test]
    public async Task A_predictor_of_numbers_does_not_take_a_model_of_text()
    {
        var options = new ModelServerOptions { Runtime = new OnnxModelRuntime() };
        await using ModelServer server = ModelServer.Create(options.AddModel("text", m => m.FromFile(Reference.Path("simple_identity/1/model.onnx"))));

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => server.StartAsync()))!;

        Assert.That(failure.Reason, Is.EqualTo(ModelLoadFailure.SignatureMismatch));
        Assert.That(failure.Message, Does.Contain("INPUT0: text[-1,-1]"));
    }

    private static double[][] Read(ModelOutputs outputs, ReferenceTensor[] expected)
    {
        double[][] all = new double[expected.Length][];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = new double[expected[i].Width];
            for (int j = 0; j < all[i].Length; j++)
                all[i][j] = expected[i].Type == "INT64" ? outputs.Get<long>(expected[i].Name)[j] : outputs.Get<float>(expected[i].Name)[j];
        }

        return all;
    }

    private static void AssertRow(double[] actual, ReadOnlySpan<double> expected, ReferenceRows reference)
    {
        for (int i = 0; i < actual.Length; i++)
            Assert.That(actual[i], Is.EqualTo(expected[i]).Within(reference.Absolute + reference.Relative * Math.Abs(expected[i])));
    }
}
