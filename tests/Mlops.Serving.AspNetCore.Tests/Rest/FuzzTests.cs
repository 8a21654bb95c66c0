using System.Globalization;
using System.Net;
using System.Text;
using CsCheck;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>Whatever comes, the answer is one of the client's errors or the right one: never an error of the server, and always an answer.</summary>
[TestFixture]
public sealed class FuzzTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string[] Words =
    [
        "{", "}", "[", "]", ":", ",", "\"", "\"inputs\"", "\"outputs\"", "\"name\"", "\"shape\"", "\"datatype\"", "\"data\"", "\"parameters\"", "\"INPUT0\"", "\"FP32\"", "\"BYTES\"", "\"id\"",
        "\"binary_data_size\"", "\"binary_data\"", "\"b64\"", "\"instances\"", "1", "-1", "0", "1e400", "9223372036854775808", "NaN", "true", "null", "\\u", " ", "\0", "é",
    ];

    private InferenceHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await InferenceHost.StartReferenceAsync(options: static options => options.MaximumRequestBytes = 1 << 20);

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task Any_words_of_the_protocol_are_answered() => await Gen.Int[0, Words.Length - 1].Select(static i => Words[i]).Array[0, 40].SampleAsync(
        async words => await AssertAnsweredAsync(Encoding.UTF8.GetBytes(string.Concat(words)), jsonLength: null), iter: 400, threads: 2);

    [Test]
    public async Task Any_change_of_a_good_request_is_answered()
    {
        byte[] good = """{"id":"a\u00e9","inputs":[{"name":"INPUT0","shape":[1,2],"datatype":"BYTES","data":["a","b"]},{"name":"X","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"outputs":[{"name":"OUTPUT0","parameters":{"binary_data":true}}]}12345678"""u8.ToArray();

        await Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length], Gen.Int[-2, good.Length + 2]).SampleAsync(
            async (at, value, cut, jsonLength) =>
            {
                byte[] changed = [.. good];
                changed[at] = value;
                await AssertAnsweredAsync(changed[..cut], jsonLength);
                await AssertAnsweredAsync(changed, good.Length - 8);
            },
            iter: 400, threads: 2);
    }

    [Test]
    public async Task Any_bytes_are_answered() => await Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[-1, 210]).SampleAsync(
        async (bytes, jsonLength) => await AssertAnsweredAsync(bytes, jsonLength < 0 ? null : jsonLength), iter: 400, threads: 2);

    [Test]
    public async Task What_goes_in_in_any_shape_comes_out_in_it_by_either_encoding() =>
        await Gen.Select(Gen.Int[1, 5], Gen.Int[1, 5]).SelectMany(static shape => Gen.Single.Array[shape.Item1 * shape.Item2].Select(values => (Shape: shape, Values: values))).SampleAsync(
            async sample =>
            {
                string shape = $"[{sample.Shape.Item1},{sample.Shape.Item2}]";
                string data = string.Join(',', sample.Values.Select(static value => float.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : float.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity"));
                byte[] bytes = [.. sample.Values.SelectMany(BitConverter.GetBytes)];

                Answer json = await _host.Http.PostAnswerAsync("/v2/models/identity_fp32/infer", JsonInferTests.Body("FP32", shape, $"[{data}]").Replace("}]}", "}],\"parameters\":{\"binary_data_output\":true}}", StringComparison.Ordinal));
                Answer binary = await _host.Http.PostBinaryAsync("/v2/models/identity_fp32/infer", $$$"""{"inputs":[{"name":"INPUT0","shape":{{{shape}}},"datatype":"FP32","parameters":{"binary_data_size":{{{bytes.Length}}}}}]}""", bytes);

                float[] fromJson = [.. json.Body[int.Parse(json.Header("Inference-Header-Content-Length")!)..].Chunk(4).Select(static chunk => BitConverter.ToSingle(chunk))];
                Assert.That(fromJson, Is.EqualTo(sample.Values));
                Assert.That(binary.Text, Does.Contain($"\"shape\":{shape},\"data\":["));
                string written = binary.Text[(binary.Text.IndexOf("\"data\":[", StringComparison.Ordinal) + 8)..^4];
                Assert.That(written.Split(',').Select(static word => word is "Infinity" ? float.PositiveInfinity : word is "-Infinity" ? float.NegativeInfinity : float.Parse(word, CultureInfo.InvariantCulture)), Is.EqualTo(sample.Values));
            },
            iter: 300, threads: 2);

    private async Task AssertAnsweredAsync(byte[] body, object? jsonLength)
    {
        foreach (string path in (string[])["/v2/models/identity_fp32/infer", "/v2/models/simple_identity/infer", "/v1/models/identity_fp32:predict", "/v1/models/simple_identity:predict"])
        {
            Answer answer = await _host.Http.PostBytesAsync(path, body, jsonLength).WaitAsync(Patience);
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest).Or.EqualTo(HttpStatusCode.OK), $"{path} {Convert.ToHexString(body)}");
            if (answer.Status != HttpStatusCode.OK)
                Assert.That(answer.Error, Is.Not.Empty);
        }
    }
}
