using System.IO.Compression;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>The binary tensor extension, over every reference model, through a real web server.</summary>
[TestFixture]
public sealed class BinaryInferTests
{
    private InferenceHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await InferenceHost.StartReferenceAsync(onKestrel: true);

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

    [TestCaseSource(typeof(Reference), nameof(Reference.Models))]
    public async Task All_rows_in_one_compressed_request_are_answered_as_the_reference_says(string model)
    {
        ReferenceRows reference = Reference.Rows(model);

        await AssertRowsAsync(model, reference, 0, reference.Inputs[0].Rows, isCompressed: true);
    }

    [TestCase("bool", "BOOL", 1)]
    [TestCase("int8", "INT8", 1)]
    [TestCase("uint8", "UINT8", 1)]
    [TestCase("int16", "INT16", 2)]
    [TestCase("uint16", "UINT16", 2)]
    [TestCase("fp16", "FP16", 2)]
    [TestCase("bf16", "BF16", 2)]
    [TestCase("int32", "INT32", 4)]
    [TestCase("uint32", "UINT32", 4)]
    [TestCase("fp32", "FP32", 4)]
    [TestCase("int64", "INT64", 8)]
    [TestCase("uint64", "UINT64", 8)]
    [TestCase("fp64", "FP64", 8)]
    public async Task Elements_of_every_type_come_back_bit_by_bit(string model, string type, int size)
    {
        byte[] elements = new byte[6 * size];
        for (int i = 0; i < elements.Length; i++)
            elements[i] = type == "BOOL" ? (byte)(i & 1) : (byte)(17 * i + 3);

        Answer answer = await _host.Http.PostBinaryAsync($"/v2/models/identity_{model}/infer", Head(type, "[2,3]", elements.Length, ""","parameters":{"binary_data_output":true}"""), elements);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        Assert.That(answer.Header("Content-Type"), Is.EqualTo("application/octet-stream"));
        (JsonElement json, byte[] tail) = Split(answer);
        Assert.That(tail, Is.EqualTo(elements));
        Assert.That(json.GetProperty("outputs").GetRawText(), Is.EqualTo($$$"""[{"name":"OUTPUT0","datatype":"{{{type}}}","shape":[2,3],"parameters":{"binary_data_size":{{{elements.Length}}}}}]"""));
    }

    [Test]
    public async Task Bytes_that_are_no_text_come_back_as_they_went()
    {
        byte[] elements = [3, 0, 0, 0, 0xFF, 0x00, 0xFE, 0, 0, 0, 0];

        Answer answer = await _host.Http.PostBinaryAsync("/v2/models/simple_identity/infer", Head("BYTES", "[1,2]", elements.Length, ""","outputs":[{"name":"OUTPUT0","parameters":{"binary_data":true}}]"""), elements);

        Assert.That(Split(answer).Tail, Is.EqualTo(elements));
    }

    [Test]
    public async Task Each_output_is_answered_in_the_form_that_it_was_asked_for()
    {
        byte[] ones = MemoryMarshal.AsBytes(Enumerable.Repeat(1, 16).ToArray().AsSpan()).ToArray();
        string head = """
            {"id":"7","inputs":[{"name":"INPUT1","shape":[1,16],"datatype":"INT32","parameters":{"binary_data_size":64}},{"name":"INPUT0","shape":[1,16],"datatype":"INT32","data":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}],
             "outputs":[{"name":"OUTPUT1","parameters":{"binary_data":false}},{"name":"OUTPUT0"}],"parameters":{"binary_data_output":true}}
            """;

        Answer answer = await _host.Http.PostBinaryAsync("/v2/models/simple/infer", head, ones);

        (JsonElement json, byte[] tail) = Split(answer);
        Assert.That(json.GetProperty("id").GetString(), Is.EqualTo("7"));
        Assert.That(json.GetProperty("outputs")[0].GetProperty("data").GetRawText(), Is.EqualTo("[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]"));
        Assert.That(MemoryMarshal.Cast<byte, int>(tail).ToArray(), Is.EqualTo(Enumerable.Range(2, 16)));
    }

    [Test]
    public async Task Binary_inputs_are_answered_in_JSON_unless_bytes_were_asked_for()
    {
        Answer answer = await _host.Http.PostBinaryAsync("/v2/models/identity_fp32/infer", Head("FP32", "[1,1]", 4), BitConverter.GetBytes(0.25f));

        Assert.That(answer.Header("Inference-Header-Content-Length"), Is.Null);
        Assert.That(answer.Json.GetProperty("outputs")[0].GetProperty("data").GetRawText(), Is.EqualTo("[0.25]"));
    }

    [Test]
    public async Task A_header_over_a_body_of_JSON_alone_changes_nothing()
    {
        Answer answer = await _host.Http.PostBinaryAsync("/v2/models/identity_fp32/infer", JsonInferTests.Body("FP32", "[1,1]", "[0.25]"));

        Assert.That(answer.Json.GetProperty("outputs")[0].GetProperty("data").GetRawText(), Is.EqualTo("[0.25]"));
    }

    [TestCase("digits", 1)]
    [TestCase("digits", 3)]
    public async Task A_body_of_elements_alone_is_answered_in_bytes(string model, int rows)
    {
        ReferenceRows reference = Reference.Rows("digits/2");
        byte[] elements = Bytes(reference.Inputs[0], 0, rows);

        Answer answer = await _host.Http.PostBytesAsync($"/v2/models/{model}/infer", elements, jsonLength: 0);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        (JsonElement json, byte[] tail) = Split(answer);
        Assert.That(json.GetProperty("outputs")[0].GetProperty("shape")[0].GetInt32(), Is.EqualTo(rows));
        Assert.That(tail, Has.Length.EqualTo(rows * 2 * 10 * sizeof(float)));
    }

    private static string Head(string type, string shape, int bytes, string more = "") =>
        $$$"""{"inputs":[{"name":"INPUT0","shape":{{{shape}}},"datatype":"{{{type}}}","parameters":{"binary_data_size":{{{bytes}}}}}]{{{more}}}}""";

    private static (JsonElement Json, byte[] Tail) Split(Answer answer)
    {
        int length = int.Parse(answer.Header("Inference-Header-Content-Length")!);
        return (JsonDocument.Parse(answer.Body.AsMemory(0, length)).RootElement, answer.Body[length..]);
    }

    private static byte[] Bytes(ReferenceTensor tensor, int first, int rows) =>
        MemoryMarshal.AsBytes(tensor.Take(first, rows).Select(static value => (float)value).ToArray().AsSpan()).ToArray();

    private async Task AssertRowsAsync(string model, ReferenceRows reference, int first, int rows, bool isCompressed = false)
    {
        byte[][] inputs = [.. reference.Inputs.Select(input => Bytes(input, first, rows))];
        string described = string.Join(',', reference.Inputs.Select((input, i) =>
            $$$"""{"name":"{{{input.Name}}}","shape":[{{{string.Join(',', input.ShapeOf(rows))}}}],"datatype":"{{{input.Type}}}","parameters":{"binary_data_size":{{{inputs[i].Length}}}}}"""));
        string path = model.Replace("/", "/versions/", StringComparison.Ordinal);

        string head = $$$"""{"inputs":[{{{described}}}],"parameters":{"binary_data_output":true}}""";

        Answer answer = await (isCompressed ? PostCompressedAsync($"/v2/models/{path}/infer", head, inputs) : _host.Http.PostBinaryAsync($"/v2/models/{path}/infer", head, inputs));

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        (JsonElement json, byte[] tail) = Split(answer);
        foreach (JsonElement output in json.GetProperty("outputs").EnumerateArray())
        {
            ReferenceTensor expected = reference.Outputs.Single(tensor => tensor.Name == output.GetProperty("name").GetString());
            int length = output.GetProperty("parameters").GetProperty("binary_data_size").GetInt32();
            double[] actual = expected.Type == "INT64"
                ? [.. MemoryMarshal.Cast<byte, long>(tail.AsSpan(0, length)).ToArray().Select(static value => (double)value)]
                : [.. MemoryMarshal.Cast<byte, float>(tail.AsSpan(0, length)).ToArray().Select(static value => (double)value)];
            Assert.That(actual, Has.Length.EqualTo(rows * expected.Width));
            reference.AssertClose(expected, actual, first);
            tail = tail[length..];
        }

        Assert.That(tail, Is.Empty);
    }

    /// <summary>Posts a compressed body and takes a compressed answer.</summary>
    private async Task<Answer> PostCompressedAsync(string path, string head, byte[][] inputs)
    {
        var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync((byte[])[.. Encoding.UTF8.GetBytes(head), .. inputs.SelectMany(static bytes => bytes)]);
        var content = new ByteArrayContent(compressed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        content.Headers.Add("Inference-Header-Content-Length", $"{Encoding.UTF8.GetByteCount(head)}");
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.Add("Accept-Encoding", "gzip");

        Answer answer = await _host.Http.SendAnswerAsync(request);
        if (answer.Header("Content-Encoding") is null)
            return answer;   // a short one

        var body = new MemoryStream();
        await using (var gzip = new GZipStream(new MemoryStream(answer.Body), CompressionMode.Decompress))
            await gzip.CopyToAsync(body);
        return answer with { Body = body.ToArray() };
    }
}
