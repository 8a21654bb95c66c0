using System.Net;
using System.Text;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>What a client gets wrong is its own error, told in words, and nobody else's.</summary>
[TestFixture]
public sealed class BadInputTests
{
    private InferenceHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await InferenceHost.StartReferenceAsync(onKestrel: true, static options =>
    {
        options.MaximumRequestBytes = 100_000;
        options.MaximumElements = 20_000;
        options.MaximumRank = 4;
        options.MaximumTensors = 8;
        options.MaximumJsonDepth = 16;
    });

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [TestCase("", "an object is expected")]
    [TestCase("[]", "an object is expected")]
    [TestCase("{", "ends there")]
    [TestCase("{}", "no inputs")]
    [TestCase("""{"inputs":[]}""", "is missing")]
    [TestCase("""{"inputs":[{"shape":[1,1],"datatype":"FP32","data":[1]}]}""", "lacks its name")]
    [TestCase("""{"inputs":[{"name":"INPUT0","datatype":"FP32","data":[1]}]}""", "shape")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"data":[1]}]}""", "datatype")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32"}]}""", "no data")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FLOAT","data":[1]}]}""", "FP32")]
    [TestCase("""{"inputs":[{"name":"other","shape":[1,1],"datatype":"FP32","data":[1]}]}""", "no input 'other'")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP64","data":[1]}]}""", "Float64")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1],"datatype":"FP32","data":[1]}]}""", "has shape [1]")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[2,2],"datatype":"FP32","data":[1,2,3]}]}""", "3 elements")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[2,2],"datatype":"FP32","data":[[1,2],[3]]}]}""", "2 and 1")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[2,2],"datatype":"FP32","data":[[1,2,3,4]]}]}""", "[1,4]")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[2,2],"datatype":"FP32","data":[[1,2],3]}]}""", "another list")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,2],"datatype":"FP32","data":[1,[2]]}]}""", "a number is expected")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":["1"]}]}""", "a number is expected")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[null]}]}""", "a number is expected")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1e39]}]}""", "does not fit FP32")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[-1,1],"datatype":"FP32","data":[1]}]}""", "a dimension")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1.5,1],"datatype":"FP32","data":[1]}]}""", "whole numbers")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[4294967296,4294967296],"datatype":"FP32","data":[1]}]}""", "4294967296")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[9223372036854775807,3],"datatype":"FP32","data":[1]}]}""", "9223372036854775807")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1,1,1,1],"datatype":"FP32","data":[1]}]}""", "more than 4 dimensions")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[[[[[1]]]]]}]}""", "more than 4 dimensions")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[0,1],"datatype":"FP32","data":[]}]}""", "0 rows")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]},{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}]}""", "two inputs")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1],"data":[2]}]}""", "twice")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"none"}]}""", "no output 'none'")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"OUTPUT0"},{"name":"OUTPUT0"}]}""", "twice")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}],"outputs":[{}]}""", "no name")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"OUTPUT0","parameters":{"classification":3}}]}""", "classification")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"OUTPUT0","parameters":{"shared_memory_region":"x"}}]}""", "shared memory")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","parameters":{"shared_memory_region":"x"}}]}""", "shared memory")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}""", "Inference-Header-Content-Length")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}],"parameters":{"sequence_id":5}}""", "sequences")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}],"parameters":{"timeout":-5}}""", "timeout")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}],"parameters":{"timeout":"5"}}""", "timeout")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}],"id":5}""", "a string is expected")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}],"a":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}""", "deeper")]
    [TestCase("""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}]} more""", "the end is expected")]
    public async Task A_request_that_cannot_be_taken_is_told_why(string body, string why)
    {
        Answer answer = await _host.Http.PostAnswerAsync("/v2/models/identity_fp32/infer", body);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest), answer.Text);
        Assert.That(answer.Error, Does.Contain(why));
    }

    [TestCase("bf16", "BF16")]
    [TestCase("fp16", "FP16")]
    public async Task Halves_in_JSON_are_refused_with_what_to_do_instead(string model, string type)
    {
        Answer input = await _host.Http.PostAnswerAsync($"/v2/models/identity_{model}/infer", JsonInferTests.Body(type, "[1,1]", "[1]"));
        Answer output = await _host.Http.PostBinaryAsync(
            $"/v2/models/identity_{model}/infer", $$$"""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"{{{type}}}","parameters":{"binary_data_size":2}}]}""", [0, 0]);

        Assert.That((input.Status, output.Status), Is.EqualTo((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest)));
        Assert.That(input.Error, Does.Contain("binary_data_size"));
        Assert.That(output.Error, Does.Contain("binary_data_output"));
    }

    [Test]
    public async Task Bytes_that_are_no_text_are_refused_in_JSON_with_what_to_do_instead()
    {
        Answer answer = await _host.Http.PostBinaryAsync(
            "/v2/models/simple_identity/infer", """{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"BYTES","parameters":{"binary_data_size":5}}]}""", [1, 0, 0, 0, 0xFF]);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Error, Does.Contain("UTF-8").And.Contain("binary_data"));
    }

    [TestCase(8, 8, "binary_data_size of 8")]                  // more than the shape
    [TestCase(4, 3, "3 bytes are left")]                       // cut off
    [TestCase(4, 5, "1 bytes are left")]                       // too many
    [TestCase(0, 0, "which is 4 bytes")]
    public async Task Bytes_that_do_not_fit_are_told_why(int announced, int sent, string why)
    {
        string head = $$$"""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","parameters":{"binary_data_size":{{{announced}}}}}]}""";

        Answer answer = await _host.Http.PostBinaryAsync("/v2/models/identity_fp32/infer", head, new byte[sent]);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Error, Does.Contain(why));
    }

    [Test]
    public async Task A_truth_value_that_is_neither_0_nor_1_is_refused()
    {
        Answer answer = await _host.Http.PostBinaryAsync(
            "/v2/models/identity_bool/infer", """{"inputs":[{"name":"INPUT0","shape":[1,3],"datatype":"BOOL","parameters":{"binary_data_size":3}}]}""", [1, 0, 2]);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest), answer.Text);
        Assert.That(answer.Error, Does.Contain("neither 0 nor 1"));
    }

    [Test]
    public void A_truth_value_that_is_neither_0_nor_1_is_refused_in_a_body_of_elements_alone_too()
    {
        var signature = new ModelSignature([new TensorSpec("x", TensorDataType.Boolean, [-1, 3])], [new TensorSpec("y", TensorDataType.Boolean, [-1, 3])]);

        Assert.That(() => Read([1, 0, 1, 0, 0, 2]), Throws.InstanceOf<WireException>().With.Message.Contains("neither 0 nor 1"));
        Assert.That(() => Read([1, 0, 1, 0, 0, 1]), Throws.Nothing);

        void Read(byte[] body)
        {
            var options = new InferenceOptions();
            RawRequest.Read(new InferCall(options), body, signature, options);
        }
    }

    [TestCase("[4611686018427387904,4]")]      // wraps to 0 in 64 bits
    [TestCase("[65536,65536]")]                // wraps to 0 in 32 bits
    [TestCase("[1,20001]")]
    public async Task Shapes_that_overflow_are_refused(string shape)
    {
        Answer answer = await _host.Http.PostBinaryAsync(
            "/v2/models/identity_fp32/infer", $$$"""{"inputs":[{"name":"INPUT0","shape":{{{shape}}},"datatype":"FP32","parameters":{"binary_data_size":0}}]}""");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Error, Does.Contain("20000 elements"));
    }

    [TestCase(new byte[] { 2, 0, 0, 0, 1 })]                          // reaches beyond the end
    [TestCase(new byte[] { 255, 255, 255, 255, 1, 1 })]               // a length of 4 GiB
    [TestCase(new byte[] { 1, 0, 0, 0, 65, 1, 0, 0, 0, 65 })]         // two elements for one
    [TestCase(new byte[] { 1, 0 })]
    public async Task Text_that_is_packed_wrongly_is_refused(byte[] packed)
    {
        Answer answer = await _host.Http.PostBinaryAsync(
            "/v2/models/simple_identity/infer", $$$"""{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"BYTES","parameters":{"binary_data_size":{{{packed.Length}}}}}]}""", packed);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest), answer.Text);
    }

    [TestCase("abc")]
    [TestCase("-1")]
    [TestCase("1.5")]
    [TestCase("99999999999999999999")]
    [TestCase("1000000")]
    public async Task A_header_that_does_not_say_where_the_JSON_ends_is_refused(string length)
    {
        Answer answer = await _host.Http.PostBytesAsync("/v2/models/identity_fp32/infer", Encoding.UTF8.GetBytes("{}"), length);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Error, Does.Contain("Inference-Header-Content-Length"));
    }

    [TestCase("simple", 64)]               // two inputs
    [TestCase("identity_fp32", 64)]        // two free dimensions
    [TestCase("digits", 255)]              // not a whole row
    [TestCase("digits", 0)]
    public async Task A_body_of_elements_alone_that_fits_no_input_is_refused(string model, int bytes)
    {
        Answer answer = await _host.Http.PostBytesAsync($"/v2/models/{model}/infer", new byte[bytes], jsonLength: 0);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_request_that_is_too_long_is_refused_announced_or_not(bool isAnnounced)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"note":"{{new string('x', 100_000)}}"}"""));
        var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/identity_fp32/infer") { Content = content };
        if (!isAnnounced)
            request.Headers.TransferEncodingChunked = true;

        Answer answer = await _host.Http.SendAnswerAsync(request);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That(answer.Header("Connection"), Is.EqualTo("close"));
    }

    [TestCase(0, false, HttpStatusCode.NotFound)]
    [TestCase(0, true, HttpStatusCode.NotFound)]
    [TestCase(1, false, HttpStatusCode.RequestEntityTooLarge)]
    [TestCase(1, true, HttpStatusCode.RequestEntityTooLarge)]
    public async Task A_request_is_as_long_as_the_limit_says_and_no_byte_longer(int beyond, bool isCompressed, HttpStatusCode expected)
    {
        byte[] body = Encoding.UTF8.GetBytes($$"""{"inputs":[],"note":"{{new string('x', 2_000 - 23 + beyond)}}"}""");
        Assert.That(body, Has.Length.EqualTo(2_000 + beyond));
        await using InferenceHost host = await InferenceHost.StartAsync(new FunctionRuntime(), static options => options.MaximumRequestBytes = 2_000);
        using var compressed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(compressed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(body);
        var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/versions/7/infer") { Content = new ByteArrayContent(isCompressed ? compressed.ToArray() : body) };
        request.Headers.TransferEncodingChunked = true;
        if (isCompressed)
            request.Content.Headers.ContentEncoding.Add("gzip");

        Answer answer = await host.Http.SendAnswerAsync(request);

        Assert.That(answer.Status, Is.EqualTo(expected), answer.Text);
    }

    [Test]
    public async Task Too_many_tensors_are_refused()
    {
        string inputs = string.Join(',', Enumerable.Range(0, 9).Select(static i => $$"""{"name":"i{{i}}","shape":[1,1],"datatype":"FP32","data":[1]}"""));

        Answer answer = await _host.Http.PostAnswerAsync("/v2/models/identity_fp32/infer", $$"""{"inputs":[{{inputs}}]}""");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Error, Does.Contain("more than 8"));
    }

    [Test]
    public async Task Too_many_elements_are_refused()
    {
        Answer answer = await _host.Http.PostAnswerAsync("/v2/models/identity_int8/infer", JsonInferTests.Body("INT8", "[1,20001]", $"[{string.Join(',', Enumerable.Repeat(1, 20_001))}]"));

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Error, Does.Contain("more than 20000"));
    }

    [Test]
    public async Task Another_method_is_refused()
    {
        Answer get = await _host.Http.GetAnswerAsync("/v2/models/digits/infer");
        Answer post = await _host.Http.PostAnswerAsync("/v2/models/digits", "{}");

        Assert.That((get.Status, post.Status), Is.EqualTo((HttpStatusCode.MethodNotAllowed, HttpStatusCode.MethodNotAllowed)));
    }
}
