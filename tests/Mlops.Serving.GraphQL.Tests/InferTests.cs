using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Mlops.Serving.AspNetCore.Tests;

namespace Mlops.Serving.GraphQL.Tests;

internal sealed class InferTests
{
    private const string Infer = """
        mutation ($model: String!, $version: Long, $inputs: [TensorInput!]!, $outputs: [String!], $key: String, $timeout: Long) {
          infer(model: $model, version: $version, inputs: $inputs, outputs: $outputs, routingKey: $key, timeoutMicroseconds: $timeout) {
            model version predictionId outputs { name datatype shape floats integers booleans texts }
          }
        }
        """;

    private static readonly long[] Pair = [1, 2];
    private GraphQLHost _host = null!;

    private static IEnumerable<TestCaseData> Identities =>
    [
        Case("bool", "BOOL", "booleans", new[] { true, false }),
        Case("int8", "INT8", "integers", new[] { -128, 127 }),
        Case("int16", "INT16", "integers", new[] { -32768, 32767 }),
        Case("int32", "INT32", "integers", new[] { int.MinValue, int.MaxValue }),
        Case("int64", "INT64", "integers", new[] { long.MinValue, long.MaxValue }),
        Case("uint8", "UINT8", "integers", new[] { 0, 255 }),
        Case("uint16", "UINT16", "integers", new[] { 0, 65535 }),
        Case("uint32", "UINT32", "integers", new long[] { 0, uint.MaxValue }),
        Case("uint64", "UINT64", "integers", new ulong[] { 0, ulong.MaxValue }),
        Case("fp16", "FP16", "floats", new[] { 0.5, -65504 }),
        Case("bf16", "BF16", "floats", new[] { 0.5, -3.0 }),
        Case("fp32", "FP32", "floats", new[] { 0.25, 1e10 }),
        Case("fp64", "FP64", "floats", new[] { 0.1, -1e300 }),
    ];

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await GraphQLHost.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [TestCaseSource(nameof(Identities))]
    public async Task Every_type_comes_back_as_it_was(string name, string datatype, string list, Array values)
    {
        var input = new Dictionary<string, object> { ["name"] = "INPUT0", ["datatype"] = datatype, ["shape"] = Pair, [list] = values };

        JsonElement output = (await _host.DataAsync(Infer, new { model = "identity_" + name, inputs = new[] { input } })).GetProperty("infer").GetProperty("outputs")[0];

        Assert.That(output.GetProperty("datatype").GetString(), Is.EqualTo(datatype));
        Assert.That(output.GetProperty("shape").ToString(), Is.EqualTo("[1,2]"));
        Assert.That(
            output.GetProperty(list).EnumerateArray().Select(static value => value.ValueKind is JsonValueKind.Number ? (object)value.GetDouble() : value.GetBoolean()),
            Is.EqualTo(values.Cast<object>().Select(static value => value is bool ? value : Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Test]
    public async Task Text_and_the_wish_for_outputs_go_through()
    {
        string[] first = [.. Enumerable.Range(10, 16).Select(static value => $"{value}")];
        string[] second = [.. Enumerable.Repeat("1", 16)];
        long[] shape = [1, 16];

        JsonElement outputs = (await _host.DataAsync(Infer, new
        {
            model = "simple_string",
            inputs = new object[] { new { name = "INPUT0", datatype = "BYTES", shape, texts = first }, new { name = "INPUT1", datatype = "BYTES", shape, texts = second } },
            outputs = new[] { "OUTPUT1" },
            key = "user 7",
            timeout = 60_000_000,
        })).GetProperty("infer").GetProperty("outputs");

        Assert.That(outputs.GetArrayLength(), Is.EqualTo(1));
        Assert.That(outputs[0].GetProperty("texts")[0].GetString(), Is.EqualTo("9"));
    }

    [TestCase("nobody", """{"name":"INPUT0","datatype":"FP32","shape":[1,1],"floats":[1]}""", "NOT_FOUND", "'nobody'")]
    [TestCase("identity_fp32", """{"name":"wrong","datatype":"FP32","shape":[1,1],"floats":[1]}""", "INVALID_INPUT", "'wrong'")]
    [TestCase("identity_fp32", """{"name":"INPUT0","datatype":"FLOAT","shape":[1,1],"floats":[1]}""", "INVALID_INPUT", "'FLOAT'")]
    [TestCase("identity_fp32", """{"name":"INPUT0","datatype":"FP32","shape":[1,1],"integers":[1]}""", "INVALID_INPUT", "are floats")]
    [TestCase("identity_fp32", """{"name":"INPUT0","datatype":"FP32","shape":[1,2],"floats":[1]}""", "INVALID_INPUT", "1 elements")]
    [TestCase("identity_fp32", """{"name":"INPUT0","datatype":"FP32","shape":[1,1]}""", "INVALID_INPUT", "0 elements")]
    [TestCase("identity_fp32", """{"name":"INPUT0","datatype":"FP32","shape":[-1],"floats":[1]}""", "INVALID_INPUT", "-1")]
    [TestCase("identity_fp32", """{"name":"INPUT0","datatype":"FP32","shape":[9223372036854775807,9223372036854775807],"floats":[1]}""", "INVALID_INPUT", "more than")]
    [TestCase("identity_fp32", """{"name":"INPUT0","datatype":"FP32","shape":[1,1],"floats":[1e300]}""", "INVALID_INPUT", "cannot hold")]
    [TestCase("identity_bf16", """{"name":"INPUT0","datatype":"BF16","shape":[1,1],"floats":[1e300]}""", "INVALID_INPUT", "cannot hold")]
    [TestCase("identity_int8", """{"name":"INPUT0","datatype":"INT8","shape":[1,1],"integers":[128]}""", "INVALID_INPUT", "cannot hold")]
    [TestCase("identity_uint64", """{"name":"INPUT0","datatype":"UINT64","shape":[1,1],"integers":[-1]}""", "INVALID_INPUT", "cannot hold")]
    public async Task A_bad_call_is_refused_with_the_reason(string model, string input, string code, string reason)
    {
        (string seen, string message) = await _host.ErrorAsync(Infer, new { model, inputs = new[] { JsonDocument.Parse(input).RootElement } });

        Assert.That((seen, message), Is.EqualTo((code, message)));
        Assert.That(message, Does.Contain(reason));
    }

    [Test]
    public async Task A_version_that_is_not_loaded_and_an_output_that_is_not_there_are_refused()
    {
        var inputs = new object[] { new { name = "INPUT0", datatype = "FP32", shape = Pair, floats = new[] { 1, 2 } } };

        Assert.That((await _host.ErrorAsync(Infer, new { model = "identity_fp32", inputs, version = 7 })).Code, Is.EqualTo("NOT_FOUND"));
        Assert.That((await _host.ErrorAsync(Infer, new { model = "identity_fp32", inputs, outputs = new[] { "OUTPUT7" } })).Code, Is.EqualTo("INVALID_INPUT"));
        Assert.That((await _host.ErrorAsync(Infer, new { model = "identity_fp32", inputs, outputs = new[] { "OUTPUT0", "OUTPUT0" } })).Code, Is.EqualTo("INVALID_INPUT"));
        Assert.That((await _host.ErrorAsync(Infer, new { model = "identity_fp32", inputs, timeout = 0 })).Code, Is.EqualTo("INVALID_INPUT"));
    }

    [Test]
    public async Task What_a_model_says_of_its_failure_is_logged_and_not_told()
    {
        const string Secret = "the mean of column 7 is 42";
        var log = new FakeLogCollector();
        var runtime = new FunctionRuntime();
        await using GraphQLHost host = await GraphQLHost.StartAsync(build: builder =>
        {
            builder.Logging.AddProvider(new FakeLoggerProvider(log));
            builder.Services.AddMlopsServing().AddModel<int, int>("m", model => model
                .WithRuntime(runtime)
                .FromStream(static _ => ValueTask.FromResult<Stream>(new MemoryStream([1])))
                .Input(static (_, _) => { })
                .Output(static _ => 0));
        });
        runtime.Function = static (_, _) => throw new InvalidOperationException(Secret);

        (_, JsonElement body) = await host.PostAsync(Infer, new { model = "m", inputs = new object[] { new { name = "x", datatype = "FP32", shape = new[] { 1, 4 }, floats = new[] { 1, 2, 3, 4 } } } });

        Assert.That(body.ToString(), Does.Contain("errors").And.Not.Contain("42").And.Not.Contain("InvalidOperation"));
        Assert.That(log.GetSnapshot().Select(static record => $"{record.Id.Id}: {record.Exception}"), Has.Some.StartsWith("9500: ").And.Some.Contains(Secret));
    }

    [Test]
    public async Task A_request_infers_only_so_often()
    {
        await using GraphQLHost host = await GraphQLHost.StartAsync(static options => options.MaximumInferences = 2);
        string Times(int count) => "mutation {" + string.Concat(Enumerable.Range(0, count).Select(static i =>
            $$"""a{{i}}: infer(model: "identity_fp32", inputs: [{name: "INPUT0", datatype: "FP32", shape: [1, 1], floats: [{{i}}]}]) { outputs { floats } }""")) + "}";

        JsonElement two = await host.DataAsync(Times(2));
        Assert.That(two.GetProperty("a1").GetProperty("outputs")[0].GetProperty("floats")[0].GetDouble(), Is.EqualTo(1));
        Assert.That((await host.ErrorAsync(Times(3))).Code, Is.EqualTo("LIMIT"));
        Assert.That(host.Services.GetRequiredService<ModelServer>().Get("identity_fp32").Statistics.Single().InferenceCount, Is.EqualTo(4));
    }

    private static TestCaseData Case(string name, string datatype, string list, Array values) => new TestCaseData(name, datatype, list, values).SetArgDisplayNames(name);
}
