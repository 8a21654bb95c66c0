using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>The REST protocol of TensorFlow Serving.</summary>
[TestFixture]
public sealed class PredictTests
{
    private InferenceHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await InferenceHost.StartReferenceAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [TestCaseSource(typeof(Reference), nameof(Reference.Models))]
    public async Task All_rows_in_one_request_are_answered_as_the_reference_says(string model)
    {
        ReferenceRows reference = Reference.Rows(model);

        await AssertRowsAsync(model, reference, 0, reference.Inputs[0].Rows);
    }

    [TestCaseSource(typeof(Reference), nameof(Reference.Models))]
    public async Task Rows_in_concurrent_requests_of_one_are_answered_as_the_reference_says(string model)
    {
        ReferenceRows reference = Reference.Rows(model);

        await Task.WhenAll(Enumerable.Range(0, reference.Inputs[0].Rows).Select(row => Task.Run(() => AssertRowsAsync(model, reference, row, 1))));
    }

    [TestCase("""{"instances":[[1,2],[3,4.5]]}""", """{"predictions":[[1,2],[3,4.5]]}""")]
    [TestCase("""{"instances":[{"INPUT0":[1,2]},{"INPUT0":[3,4.5]}]}""", """{"predictions":[[1,2],[3,4.5]]}""")]
    [TestCase("""{"inputs":[[1,2],[3,4.5]],"signature_name":"serving_default"}""", """{"outputs":[[1,2],[3,4.5]]}""")]
    [TestCase("""{"signature_name":"","inputs":{"INPUT0":[[NaN,-Infinity]]},"other":1}""", """{"outputs":[[NaN,-Infinity]]}""")]
    public async Task Rows_are_answered_in_rows_and_columns_in_columns(string request, string expected)
    {
        Answer answer = await _host.Http.PostAnswerAsync("/v1/models/identity_fp32:predict", request);

        Assert.That((answer.Status, answer.Text), Is.EqualTo((HttpStatusCode.OK, expected)));
        Assert.That(PredictionId.TryParse(answer.Header("mlops-prediction-id"), null, out _), Is.True);
    }

    [Test]
    public async Task Several_outputs_are_answered_by_name()
    {
        string ones = $"[{string.Join(',', Enumerable.Repeat(1, 16))}]";
        string twos = $"[{string.Join(',', Enumerable.Repeat(2, 16))}]";
        string threes = $"[{string.Join(',', Enumerable.Repeat(3, 16))}]";

        Answer rows = await _host.Http.PostAnswerAsync("/v1/models/simple:predict", $$"""{"instances":[{"INPUT0":{{twos}},"INPUT1":{{ones}}},{"INPUT1":{{ones}},"INPUT0":{{twos}}}]}""");
        Answer columns = await _host.Http.PostAnswerAsync("/v1/models/simple/versions/1:predict", $$$"""{"inputs":{"INPUT1":[{{{ones}}}],"INPUT0":[{{{twos}}}]}}""");

        Assert.That(rows.Text, Is.EqualTo($$"""{"predictions":[{"OUTPUT0":{{threes}},"OUTPUT1":{{ones}}},{"OUTPUT0":{{threes}},"OUTPUT1":{{ones}}}]}"""));
        Assert.That(columns.Text, Is.EqualTo($$$"""{"outputs":{"OUTPUT0":[{{{threes}}}],"OUTPUT1":[{{{ones}}}]}}"""));
    }

    [TestCase("""{"instances":[["a"],[{"b64":"Yg=="}]]}""", """{"predictions":[["a"],["b"]]}""")]
    [TestCase("""{"inputs":[[{"b64":"Yg=="}]]}""", """{"outputs":[["b"]]}""")]
    public async Task Text_may_come_in_Base64(string request, string expected)
    {
        Answer answer = await _host.Http.PostAnswerAsync("/v1/models/simple_identity:predict", request);

        Assert.That(answer.Text, Is.EqualTo(expected));
    }

    [TestCase("identity_fp32", "{}", "neither instances nor inputs")]
    [TestCase("identity_fp32", "[]", "an object")]
    [TestCase("identity_fp32", """{"instances":[[1]],"inputs":[[1]]}""", "either")]
    [TestCase("identity_fp32", """{"instances":5}""", "an array")]
    [TestCase("identity_fp32", """{"instances":[]}""", "")]
    [TestCase("identity_fp32", """{"instances":[1,2]}""", "shape [2]")]
    [TestCase("identity_fp32", """{"instances":[[1],[2,3]]}""", "1 and 2")]
    [TestCase("identity_fp32", """{"instances":[{"x":[1]}]}""", "no input 'x'")]
    [TestCase("identity_fp32", """{"instances":[{"INPUT0":[1]},{}]}""", "lacks input")]
    [TestCase("identity_fp32", """{"instances":[{"INPUT0":[1],"INPUT0":[1]}]}""", "twice")]
    [TestCase("identity_fp32", """{"instances":[{"INPUT0":[1]},[1]]}""", "an object")]
    [TestCase("identity_fp32", """{"inputs":{"INPUT0":[[1]],"INPUT0":[[1]]}}""", "twice")]
    [TestCase("identity_fp32", """{"inputs":{}}""", "missing")]
    [TestCase("identity_fp32", """{"signature_name":"other","inputs":[[1]]}""", "serving_default")]
    [TestCase("identity_fp16", """{"inputs":[[1]]}""", "no form in JSON")]
    [TestCase("simple", """{"inputs":[[1]]}""", "INPUT0, INPUT1")]
    [TestCase("simple_identity", """{"inputs":[[{"b64":"!"}]]}""", "Base64")]
    [TestCase("simple_identity", """{"inputs":[[{"b64":"Yg==","x":1}]]}""", "one member")]
    [TestCase("simple_identity", """{"inputs":[[{"b64":"/w=="}]]}""", "UTF-8")]
    public async Task A_request_that_cannot_be_taken_is_told_why(string model, string body, string why)
    {
        Answer answer = await _host.Http.PostAnswerAsync($"/v1/models/{model}:predict", body);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest), answer.Text);
        Assert.That(answer.Error, Does.Contain(why));
    }

    [Test]
    public async Task The_status_lists_the_versions_the_newest_first()
    {
        Answer all = await _host.Http.GetAnswerAsync("/v1/models/digits");
        Answer one = await _host.Http.GetAnswerAsync("/v1/models/digits/versions/1");
        Answer none = await _host.Http.GetAnswerAsync("/v1/models/digits/versions/9");

        const string First = """{"version":"1","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}""";
        Assert.That(all.Text, Is.EqualTo("""{"model_version_status":[""" + First.Replace("\"1\"", "\"2\"", StringComparison.Ordinal) + "," + First + "]}"));
        Assert.That(one.Text, Is.EqualTo("""{"model_version_status":[""" + First + "]}"));
        Assert.That(none.Status, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task The_metadata_tells_inputs_and_outputs()
    {
        Answer answer = await _host.Http.GetAnswerAsync("/v1/models/digits/metadata");

        Assert.That(answer.Json.GetProperty("model_spec").GetProperty("version").GetString(), Is.EqualTo("2"));
        JsonElement signature = answer.Json.GetProperty("metadata").GetProperty("signature_def").GetProperty("signature_def").GetProperty("serving_default");
        Assert.That(signature.GetProperty("inputs").GetProperty("input").GetProperty("dtype").GetString(), Is.EqualTo("DT_FLOAT"));
        Assert.That(signature.GetProperty("inputs").GetProperty("input").GetProperty("tensor_shape").GetProperty("dim")[1].GetProperty("size").GetString(), Is.EqualTo("64"));
    }

    private async Task AssertRowsAsync(string model, ReferenceRows reference, int first, int rows)
    {
        ReferenceTensor input = reference.Inputs[0];
        string[] values = [.. input.Take(first, rows).Select(static value => value.ToString(CultureInfo.InvariantCulture))];
        string instances = string.Join(',', values.Chunk(input.Width).Select(row => Nested(row, input.Shape.AsSpan(1).ToArray())));
        string path = model.Replace("/", "/versions/", StringComparison.Ordinal);

        Answer answer = await _host.Http.PostAnswerAsync($"/v1/models/{path}:predict", $$"""{"instances":[{{instances}}]}""");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        JsonElement predictions = answer.Json.GetProperty("predictions");
        Assert.That(predictions.GetArrayLength(), Is.EqualTo(rows));
        foreach (ReferenceTensor output in reference.Outputs)
            reference.AssertClose(output, [.. predictions.EnumerateArray().SelectMany(row => Flatten(reference.Outputs.Length == 1 ? row : row.GetProperty(output.Name)))], first);
    }

    private static string Nested(string[] values, long[] shape)
    {
        for (int level = shape.Length - 1; level >= 0; level--)
            values = [.. values.Chunk((int)shape[level]).Select(static chunk => $"[{string.Join(',', chunk)}]")];
        return values.Single();
    }

    private static IEnumerable<double> Flatten(JsonElement value) => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Flatten) : [value.GetDouble()];
}
