using System.IO.Compression;
using System.Net;
using System.Text;

namespace Mlops.Serving.AspNetCore.Tests;

[TestFixture]
public sealed class CompressionTests
{
    private const int Limit = 100_000;
    private InferenceHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await InferenceHost.StartReferenceAsync(onKestrel: true, static options => options.MaximumRequestBytes = Limit);

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [TestCase("gzip")]
    [TestCase("deflate")]
    [TestCase("GZIP")]
    public async Task A_compressed_request_is_read(string encoding)
    {
        byte[] json = Encoding.UTF8.GetBytes(JsonInferTests.Body("FP32", "[1,2]", "[0.5,-2]"));

        Answer answer = await PostAsync(Compress(json, encoding), encoding);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        Assert.That(answer.Json.GetProperty("outputs")[0].GetProperty("data").GetRawText(), Is.EqualTo("[0.5,-2]"));
    }

    [Test]
    public async Task The_JSON_of_a_compressed_binary_request_ends_where_it_does_uncompressed()
    {
        byte[] json = """{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}"""u8.ToArray();

        Answer answer = await PostAsync(Compress([.. json, .. BitConverter.GetBytes(3f)], "gzip"), "gzip", json.Length);

        Assert.That(answer.Json.GetProperty("outputs")[0].GetProperty("data").GetRawText(), Is.EqualTo("[3]"));
    }

    [TestCase("gzip")]
    [TestCase("deflate")]
    public async Task A_request_that_grows_beyond_the_limit_is_refused(string encoding)
    {
        byte[] bomb = Compress(new byte[50_000_000], encoding);
        Assert.That(bomb, Has.Length.LessThan(Limit));

        Answer answer = await PostAsync(bomb, encoding);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [TestCase("gzip")]
    [TestCase("deflate")]
    public async Task What_is_not_compressed_as_it_says_is_refused(string encoding)
    {
        Answer answer = await PostAsync("{}"u8.ToArray(), encoding);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Error, Does.Contain("decompressed"));
    }

    [Test]
    public async Task An_unknown_compression_is_refused()
    {
        Answer answer = await PostAsync([1], "br");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.UnsupportedMediaType));
        Assert.That(answer.Error, Does.Contain("gzip"));
    }

    [TestCase("gzip", "gzip")]
    [TestCase("deflate", "deflate")]
    [TestCase("gzip;q=0.5, deflate", "deflate")]
    [TestCase("br, gzip;q=0.1", "gzip")]
    public async Task A_long_answer_is_compressed_for_a_client_that_accepts_it(string accepted, string encoding)
    {
        Answer answer = await AskAsync("/v1/models/digits/metadata", accepted);

        Assert.That(answer.Header("Content-Encoding"), Is.EqualTo(encoding));
        Assert.That(Decompress(answer.Body, encoding), Does.StartWith("{\"model_spec\""));
    }

    [TestCase("br")]
    [TestCase("gzip;q=0")]
    [TestCase("identity")]
    public async Task A_client_that_does_not_accept_it_gets_the_answer_as_it_is(string accepted)
    {
        Answer answer = await AskAsync("/v1/models/digits/metadata", accepted);

        Assert.That(answer.Header("Content-Encoding"), Is.Null);
        Assert.That(answer.Text, Does.StartWith("{\"model_spec\""));
    }

    [Test]
    public async Task A_short_answer_is_not_compressed()
    {
        Answer answer = await AskAsync("/v2/health/live", "gzip");

        Assert.That(answer.Header("Content-Encoding"), Is.Null);
    }

    [Test]
    public async Task A_compressed_binary_answer_has_its_JSON_where_the_header_says()
    {
        byte[] json = """{"inputs":[{"name":"INPUT0","shape":[1,100],"datatype":"FP32","parameters":{"binary_data_size":400}}],"parameters":{"binary_data_output":true}}"""u8.ToArray();
        var content = new ByteArrayContent([.. json, .. new byte[400]]);
        content.Headers.Add("Inference-Header-Content-Length", json.Length.ToString());
        var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/identity_fp32/infer") { Content = content };
        request.Headers.Add("Accept-Encoding", "deflate");

        Answer answer = await _host.Http.SendAnswerAsync(request);

        int length = int.Parse(answer.Header("Inference-Header-Content-Length")!);
        string body = Decompress(answer.Body, "deflate");
        Assert.That(body[..length], Does.StartWith("{\"model_name\"").And.EndWith("]}"));
        Assert.That(body[length..], Is.EqualTo(new string('\0', 400)));
    }

    private static byte[] Compress(byte[] bytes, string encoding)
    {
        var compressed = new MemoryStream();
        using (Stream stream = encoding == "deflate" ? new ZLibStream(compressed, CompressionLevel.Optimal) : new GZipStream(compressed, CompressionLevel.Optimal))
            stream.Write(bytes);
        return compressed.ToArray();
    }

    private static string Decompress(byte[] bytes, string encoding)
    {
        using Stream stream = encoding == "deflate" ? new ZLibStream(new MemoryStream(bytes), CompressionMode.Decompress) : new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        return new StreamReader(stream, Encoding.Latin1).ReadToEnd();
    }

    private Task<Answer> PostAsync(byte[] body, string encoding, int? jsonLength = null)
    {
        var content = new ByteArrayContent(body);
        content.Headers.Add("Content-Encoding", encoding);
        if (jsonLength is not null)
            content.Headers.Add("Inference-Header-Content-Length", jsonLength.ToString());
        return _host.Http.SendAnswerAsync(new HttpRequestMessage(HttpMethod.Post, "/v2/models/identity_fp32/infer") { Content = content });
    }

    private Task<Answer> AskAsync(string path, string accepted)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        return _host.Http.SendAnswerAsync(request);
    }
}
