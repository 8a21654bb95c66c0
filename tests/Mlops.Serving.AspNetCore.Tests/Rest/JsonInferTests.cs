using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>The Open Inference Protocol in JSON, over every reference model.</summary>
[TestFixture]
public sealed class JsonInferTests
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

    [Test]
    public async Task Lists_within_lists_are_the_same_as_one_list()
    {
        Answer flat = await _host.Http.PostAnswerAsync("/v2/models/identity_fp32/infer", Body("FP32", "[2,3]", "[1,2,3,4,5,6.5]"));
        Answer nested = await _host.Http.PostAnswerAsync("/v2/models/identity_fp32/infer", Body("FP32", "[2,3]", "[[1,2,3],[4,5,6.5]]"));

        Assert.That(Data(flat), Is.EqualTo("[1,2,3,4,5,6.5]"));
        Assert.That(Data(nested), Is.EqualTo("[1,2,3,4,5,6.5]"));
    }

    [TestCase("bool", "BOOL", "[true,false,true]")]
    [TestCase("int8", "INT8", "[-128,0,127]")]
    [TestCase("int16", "INT16", "[-32768,0,32767]")]
    [TestCase("int32", "INT32", "[-2147483648,0,2147483647]")]
    [TestCase("int64", "INT64", "[-9223372036854775808,0,9223372036854775807]")]
    [TestCase("uint8", "UINT8", "[0,1,255]")]
    [TestCase("uint16", "UINT16", "[0,1,65535]")]
    [TestCase("uint32", "UINT32", "[0,1,4294967295]")]
    [TestCase("uint64", "UINT64", "[0,1,18446744073709551615]")]
    [TestCase("fp32", "FP32", "[0.1,-0,3.4028235E+38]")]
    [TestCase("fp64", "FP64", "[0.1,-0,1.7976931348623157E+308]")]
    [TestCase("fp32", "FP32", "[NaN,Infinity,-Infinity]")]
    [TestCase("fp64", "FP64", "[NaN,Infinity,-Infinity]")]
    public async Task Elements_of_every_type_come_back_as_they_went(string model, string type, string data)
    {
        Answer answer = await _host.Http.PostAnswerAsync($"/v2/models/identity_{model}/infer", Body(type, "[1,3]", data));

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        Assert.That(answer.Text, Does.Contain($"\"datatype\":\"{type}\",\"shape\":[1,3],\"data\":{data}}}"));
    }

    [Test]
    public async Task Text_comes_back_as_it_went()
    {
        Answer answer = await _host.Http.PostAnswerAsync("/v2/models/simple_identity/infer", Body("BYTES", "[1,4]", "[\"\",\"a \\\"quoted\\\" \\\\ word\",\"\\u00e9\\ud83d\\ude00\",\"\\u0001\\n\"]"));

        string[] words = [.. answer.Json.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(static word => word.GetString()!)];
        Assert.That(words, Is.EqualTo(new[] { "", "a \"quoted\" \\ word", "é😀", "\u0001\n" }));
    }

    [Test]
    public async Task Members_may_come_in_any_order_and_unknown_ones_are_ignored()
    {
        Answer answer = await _host.Http.PostAnswerAsync(
            "/v2/models/simple/infer?any=thing",
            """
            {"extra":{"deep":[1,{"x":null}]},"outputs":[{"parameters":{"note":"x"},"name":"OUTPUT1"}],"inputs":[
              {"data":[[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]],"shape":[1,16],"name":"INPUT1","datatype":"INT32"},
              {"parameters":{"note":[1]},"data":[2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2],"datatype":"INT32","name":"INPUT0","shape":[1,16],"more":true}],"id":"abc"}
            """);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        Assert.That(answer.Json.GetProperty("id").GetString(), Is.EqualTo("abc"));
        Assert.That(Data(answer), Is.EqualTo("[1,0,-1,-2,-3,-4,-5,-6,-7,-8,-9,-10,-11,-12,-13,-14]"));
        Assert.That(answer.Json.GetProperty("outputs").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task The_answer_names_model_version_and_prediction_and_no_id_that_was_not_sent()
    {
        Answer answer = await _host.Http.PostAnswerAsync("/v2/models/digits/versions/1/infer", Digits());

        Assert.That(answer.Json.GetProperty("model_name").GetString(), Is.EqualTo("digits"));
        Assert.That(answer.Json.GetProperty("model_version").GetString(), Is.EqualTo("1"));
        Assert.That(answer.Json.TryGetProperty("id", out _), Is.False);
        string? id = answer.Header("mlops-prediction-id");
        Assert.That(PredictionId.TryParse(id, null, out _), Is.True);
        Assert.That(answer.Json.GetProperty("parameters").GetProperty("mlops-prediction-id").GetString(), Is.EqualTo(id));
        Assert.That(answer.Header("Content-Type"), Is.EqualTo("application/json"));
    }

    [Test]
    public async Task Two_predictions_have_two_ids_whatever_id_the_client_sends()
    {
        Answer first = await _host.Http.PostAnswerAsync("/v2/models/digits/infer", Digits("\"id\":\"same\","));
        Answer second = await _host.Http.PostAnswerAsync("/v2/models/digits/infer", Digits("\"id\":\"same\","));

        Assert.That(first.Header("mlops-prediction-id"), Is.Not.EqualTo(second.Header("mlops-prediction-id")));
        Assert.That(second.Json.GetProperty("id").GetString(), Is.EqualTo("same"));
    }

    private static string Digits(string before = "") =>
        $$"""{{{before}}"inputs":[{"name":"input","shape":[1,64],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Range(0, 64))}}]}]}""";

    internal static string Body(string type, string shape, string data) =>
        $$"""{"inputs":[{"name":"INPUT0","shape":{{shape}},"datatype":"{{type}}","data":{{data}}}]}""";

    private static string Data(Answer answer) => answer.Json.GetProperty("outputs")[0].GetProperty("data").GetRawText();

    private async Task AssertRowsAsync(string model, ReferenceRows reference, int first, int rows)
    {
        string inputs = string.Join(',', reference.Inputs.Select(input =>
            $$"""{"name":"{{input.Name}}","shape":[{{string.Join(',', input.ShapeOf(rows))}}],"datatype":"{{input.Type}}","data":[{{string.Join(',', input.Take(first, rows).Select(static value => value.ToString(CultureInfo.InvariantCulture)))}}]}"""));
        string path = model.Replace("/", "/versions/", StringComparison.Ordinal);

        Answer answer = await _host.Http.PostAnswerAsync($"/v2/models/{path}/infer", $$"""{"inputs":[{{inputs}}]}""");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        foreach (JsonElement output in answer.Json.GetProperty("outputs").EnumerateArray())
        {
            ReferenceTensor expected = reference.Outputs.Single(tensor => tensor.Name == output.GetProperty("name").GetString());
            Assert.That(output.GetProperty("shape").EnumerateArray().Select(static size => size.GetInt64()), Is.EqualTo(expected.ShapeOf(rows)));
            reference.AssertClose(expected, [.. output.GetProperty("data").EnumerateArray().Select(static value => value.GetDouble())], first);
        }
    }
}
