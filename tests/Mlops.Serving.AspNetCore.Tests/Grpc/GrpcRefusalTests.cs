using Grpc.Core;
using Inference;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>What cannot be taken is refused to its caller with the reason, and the next call is answered.</summary>
internal sealed class GrpcRefusalTests
{
    private static readonly float[] Row = new float[64];
    private GrpcHost _host = null!;

    private static IEnumerable<TestCaseData> BadCalls =>
    [
        Bad("no model", GrpcCalls.Call(""), StatusCode.NotFound, "no model"),
        Bad("unknown model", GrpcCalls.Call("nobody").Floats("input", [1, 64], Row), StatusCode.NotFound, "'nobody'"),
        Bad("unknown version", GrpcCalls.Call("digits", "9").Floats("input", [1, 64], Row), StatusCode.NotFound, "no version 9"),
        Bad("version that is no number", GrpcCalls.Call("digits", "latest").Floats("input", [1, 64], Row), StatusCode.InvalidArgument, "'latest'"),
        Bad("version below one", GrpcCalls.Call("digits", "-1").Floats("input", [1, 64], Row), StatusCode.InvalidArgument, "'-1'"),
        Bad("no inputs", GrpcCalls.Call("digits"), StatusCode.InvalidArgument, "is missing"),
        Bad("wrong name", GrpcCalls.Call("digits").Floats("wrong", [1, 64], Row), StatusCode.InvalidArgument, "no input 'wrong'"),
        Bad("input twice", GrpcCalls.Call("digits").Floats("input", [1, 64], Row).Floats("input", [1, 64], Row), StatusCode.InvalidArgument, "twice"),
        Bad("wrong type", GrpcCalls.Call("digits").Raw<long>("input", "INT64", [1, 64], new long[64]), StatusCode.InvalidArgument, "Int64"),
        Bad("unknown datatype", GrpcCalls.Call("digits").Raw<float>("input", "FLOAT", [1, 64], Row), StatusCode.InvalidArgument, "'FLOAT'"),
        Bad("no datatype", GrpcCalls.Call("digits").Raw<float>("input", "", [1, 64], Row), StatusCode.InvalidArgument, "datatype ''"),
        Bad("wrong shape", GrpcCalls.Call("digits").Floats("input", [64, 1], Row), StatusCode.InvalidArgument, "[64,1]"),
        Bad("no rows", GrpcCalls.Call("digits").Floats("input", [0, 64], []), StatusCode.InvalidArgument, "0 rows"),
        Bad("negative dimension", GrpcCalls.Call("digits").Floats("input", [-1, 64], Row), StatusCode.InvalidArgument, "[-1,64]"),
        Bad("overflowing shape", GrpcCalls.Call("digits").Floats("input", [long.MaxValue, long.MaxValue], Row), StatusCode.InvalidArgument, "at most"),
        Bad("shape that wraps to the length", GrpcCalls.Call("digits").Floats("input", [1L << 32, (1L << 32) + 64], Row), StatusCode.InvalidArgument, "at most"),
        Bad("too many dimensions", GrpcCalls.Call("digits").Floats("input", Enumerable.Repeat(1L, 17).ToArray(), [1]), StatusCode.InvalidArgument, "17 dimensions"),
        Bad("too few raw bytes", GrpcCalls.Call("digits").Raw<float>("input", "FP32", [1, 64], Row.AsSpan(1)), StatusCode.InvalidArgument, "252 raw bytes"),
        Bad("too many raw bytes", GrpcCalls.Call("digits").Raw<byte>("input", "FP32", [1, 64], new byte[257]), StatusCode.InvalidArgument, "257 raw bytes"),
        Bad("too few elements", GrpcCalls.Call("digits").Floats("input", [1, 64], new float[63], isRaw: false), StatusCode.InvalidArgument, "63 elements"),
        Bad("no contents", GrpcCalls.Call("digits").Typed("input", "FP32", [1, 64], new InferTensorContents()), StatusCode.InvalidArgument, "0 elements"),
        Bad("contents of another type", GrpcCalls.Call("digits").Typed("input", "FP32", [1, 64], new InferTensorContents { Fp64Contents = { new double[64] } }), StatusCode.InvalidArgument, "another type"),
        Bad("contents in two forms", Both(), StatusCode.InvalidArgument, "raw_input_contents as well"),
        Bad("fewer raw contents than inputs", FewerRaw(), StatusCode.InvalidArgument, "1 entries and there are 2 inputs"),
        Bad("a byte that is no BOOL", GrpcCalls.Call("identity_bool").Raw<byte>("INPUT0", "BOOL", [1, 2], [1, 2]), StatusCode.InvalidArgument, "neither 0 nor 1"),
        Bad("an element that its type cannot hold", GrpcCalls.Call("identity_int8").Typed("INPUT0", "INT8", [1, 1], new InferTensorContents { IntContents = { 128 } }), StatusCode.InvalidArgument, "cannot hold"),
        Bad("a large element of UINT8", GrpcCalls.Call("identity_uint8").Typed("INPUT0", "UINT8", [1, 1], new InferTensorContents { UintContents = { 256 } }), StatusCode.InvalidArgument, "cannot hold"),
        Bad("halves by type", GrpcCalls.Call("identity_fp16").Typed("INPUT0", "FP16", [1, 1], new InferTensorContents { Fp32Contents = { 1 } }), StatusCode.InvalidArgument, "raw_input_contents"),
        Bad("text whose length is cut off", GrpcCalls.Call("simple_identity").Raw<byte>("INPUT0", "BYTES", [1, 1], [9, 0, 0]), StatusCode.InvalidArgument, "elements"),
        Bad("text that reaches beyond its end", GrpcCalls.Call("simple_identity").Raw<byte>("INPUT0", "BYTES", [1, 1], [9, 0, 0, 0, 65]), StatusCode.InvalidArgument, "elements"),
        Bad("text of more elements", GrpcCalls.Call("simple_identity").Raw<byte>("INPUT0", "BYTES", [1, 1], [0, 0, 0, 0, 0, 0, 0, 0]), StatusCode.InvalidArgument, "elements"),
        Bad("unknown output", Wanting("scores"), StatusCode.InvalidArgument, "no output 'scores'"),
        Bad("output twice", Wanting("logits", "logits"), StatusCode.InvalidArgument, "twice"),
        Bad("shared memory", WithInputParameter("shared_memory_region", new InferParameter { StringParam = "region" }), StatusCode.InvalidArgument, "Shared memory"),
        Bad("sequence", With("sequence_id", new InferParameter { Int64Param = 4 }), StatusCode.InvalidArgument, "Sequences"),
        Bad("timeout that is no number", With("timeout", new InferParameter { StringParam = "1s" }), StatusCode.InvalidArgument, "'timeout'"),
        Bad("negative timeout", With("timeout", new InferParameter { Int64Param = -1 }), StatusCode.InvalidArgument, "'timeout'"),
        Bad("routing key that is no text", With("routing_key", new InferParameter { Int64Param = 5 }), StatusCode.InvalidArgument, "'routing_key'"),
        Bad("empty routing key", With("routing_key", new InferParameter { StringParam = "" }), StatusCode.InvalidArgument, "'routing_key'"),
        Bad("form that is no bool", With("binary_data_output", new InferParameter { StringParam = "yes" }), StatusCode.InvalidArgument, "'binary_data_output'"),
        Bad("too many inputs", ManyInputs(), StatusCode.InvalidArgument, "at most 256"),
    ];

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await GrpcHost.OfReferencesAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [TestCaseSource(nameof(BadCalls))]
    public async Task A_bad_call_is_refused_with_the_reason(ModelInferRequest call, StatusCode code, string reason)
    {
        RpcException failure = (await Assert.ThrowsAsync<RpcException>(async () => await _host.Client.ModelInferAsync(call)))!;

        Assert.That(failure.StatusCode, Is.EqualTo(code), failure.Status.Detail);
        Assert.That(failure.Status.Detail, Does.Contain(reason));
        ModelInferResponse next = await _host.Client.ModelInferAsync(GrpcCalls.Call("digits").Floats("input", [1, 64], Row));
        Assert.That(next.Outputs, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_name_of_any_length_does_not_break_the_answer()
    {
        RpcException failure = (await Assert.ThrowsAsync<RpcException>(async () =>
            await _host.Client.ModelInferAsync(GrpcCalls.Call(new string('ü', 500_000)).Floats("input", [1, 64], Row))))!;

        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.NotFound));
        Assert.That(failure.Status.Detail, Has.Length.LessThan(2_000));
    }

    [Test]
    public async Task Bytes_that_are_no_message_are_an_error_of_that_call_alone()
    {
        var garbage = new Marshaller<byte[]>(static bytes => bytes, static bytes => bytes);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "inference.GRPCInferenceService", "ModelInfer", garbage, garbage);

        RpcException failure = (await Assert.ThrowsAsync<RpcException>(async () =>
            await _host.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, [0x0A, 0xFF, 0xFF, 0xFF, 0xFF])))!;

        Assert.That(failure.Status.Detail, Does.Not.Contain("Protobuf"));
        Assert.That((await _host.Client.ServerLiveAsync(new ServerLiveRequest())).Live, Is.True);
    }

    private static ModelInferRequest Both()
    {
        ModelInferRequest call = GrpcCalls.Call("digits").Floats("input", [1, 64], Row);
        call.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { Row } };
        return call;
    }

    private static ModelInferRequest FewerRaw()
    {
        ModelInferRequest call = GrpcCalls.Call("simple").Raw<int>("INPUT0", "INT32", [1, 16], new int[16]).Raw<int>("INPUT1", "INT32", [1, 16], new int[16]);
        call.RawInputContents.RemoveAt(1);
        return call;
    }

    private static ModelInferRequest Wanting(params string[] outputs)
    {
        ModelInferRequest call = GrpcCalls.Call("digits").Floats("input", [1, 64], Row);
        call.Outputs.Add(outputs.Select(static name => new ModelInferRequest.Types.InferRequestedOutputTensor { Name = name }));
        return call;
    }

    private static ModelInferRequest With(string parameter, InferParameter value)
    {
        ModelInferRequest call = GrpcCalls.Call("digits").Floats("input", [1, 64], Row);
        call.Parameters[parameter] = value;
        return call;
    }

    private static ModelInferRequest WithInputParameter(string parameter, InferParameter value)
    {
        ModelInferRequest call = GrpcCalls.Call("digits").Floats("input", [1, 64], Row);
        call.Inputs[0].Parameters[parameter] = value;
        return call;
    }

    private static ModelInferRequest ManyInputs()
    {
        ModelInferRequest call = GrpcCalls.Call("digits");
        for (int i = 0; i < 257; i++)
            call.Raw<float>($"input{i}", "FP32", [0], []);
        return call;
    }

    private static TestCaseData Bad(string name, ModelInferRequest call, StatusCode code, string reason) => new TestCaseData(call, code, reason).SetArgDisplayNames(name);
}
