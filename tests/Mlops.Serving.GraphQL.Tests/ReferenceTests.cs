using System.Text.Json;
using Mlops.Serving.AspNetCore.Tests;

namespace Mlops.Serving.GraphQL.Tests;

/// <summary>Every reference model answers in GraphQL as the framework that trained it did.</summary>
internal sealed class ReferenceTests
{
    private const string Infer = """
        mutation ($model: String!, $version: Long, $inputs: [TensorInput!]!) {
          infer(model: $model, version: $version, inputs: $inputs) { model version predictionId outputs { name datatype floats integers } }
        }
        """;

    private GraphQLHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await GraphQLHost.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [TestCaseSource(typeof(Reference), nameof(Reference.Models))]
    public async Task One_call_of_all_rows_gives_the_reference(string model)
    {
        ReferenceRows reference = Reference.Rows(model);
        Assert.That(reference.Inputs[0].Rows, Is.EqualTo(200));

        await AssertRowsAsync(model, reference, 0, reference.Inputs[0].Rows);
    }

    [TestCaseSource(typeof(Reference), nameof(Reference.Models))]
    public async Task Concurrent_calls_of_one_row_give_the_reference(string model)
    {
        ReferenceRows reference = Reference.Rows(model);

        await Task.WhenAll(Enumerable.Range(0, reference.Inputs[0].Rows).Select(row => AssertRowsAsync(model, reference, row, 1)));
    }

    private async Task AssertRowsAsync(string model, ReferenceRows reference, int first, int rows)
    {
        ReferenceTensor input = reference.Inputs[0];
        string[] parts = model.Split('/');

        JsonElement answer = (await _host.DataAsync(Infer, new
        {
            model = parts[0],
            version = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture),
            inputs = new object[] { new { name = input.Name, datatype = "FP32", shape = input.ShapeOf(rows), floats = input.Take(first, rows) } },
        })).GetProperty("infer");

        Assert.That((answer.GetProperty("model").GetString(), $"{answer.GetProperty("version")}"), Is.EqualTo((parts[0], parts[1])));
        Assert.That(PredictionId.TryParse(answer.GetProperty("predictionId").GetString(), null, out _), Is.True);
        foreach (ReferenceTensor expected in reference.Outputs)
        {
            JsonElement output = answer.GetProperty("outputs").EnumerateArray().Single(one => one.GetProperty("name").GetString() == expected.Name);
            double[] actual = [.. output.GetProperty(output.GetProperty("datatype").GetString() == "INT64" ? "integers" : "floats").EnumerateArray().Select(static value => value.GetDouble())];
            Assert.That(actual, Has.Length.EqualTo(rows * expected.Width));
            reference.AssertClose(expected, actual, first);
        }
    }
}
