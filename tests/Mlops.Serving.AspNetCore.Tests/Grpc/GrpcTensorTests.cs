using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Inference;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>Every element type goes in and comes out as it was, raw and by type.</summary>
internal sealed class GrpcTensorTests
{
    private static readonly long[] Shape = [2, 2];
    private GrpcHost _host = null!;

    private static IEnumerable<TestCaseData> Typed =>
    [
        Case("bool", "BOOL", new InferTensorContents { BoolContents = { true, false, false, true } }),
        Case("int8", "INT8", new InferTensorContents { IntContents = { sbyte.MinValue, -1, 0, sbyte.MaxValue } }),
        Case("int16", "INT16", new InferTensorContents { IntContents = { short.MinValue, -1, 0, short.MaxValue } }),
        Case("int32", "INT32", new InferTensorContents { IntContents = { int.MinValue, -1, 0, int.MaxValue } }),
        Case("int64", "INT64", new InferTensorContents { Int64Contents = { long.MinValue, -1, 0, long.MaxValue } }),
        Case("uint8", "UINT8", new InferTensorContents { UintContents = { 0, 1, 2, byte.MaxValue } }),
        Case("uint16", "UINT16", new InferTensorContents { UintContents = { 0, 1, 2, ushort.MaxValue } }),
        Case("uint32", "UINT32", new InferTensorContents { UintContents = { 0, 1, 2, uint.MaxValue } }),
        Case("uint64", "UINT64", new InferTensorContents { Uint64Contents = { 0, 1, 2, ulong.MaxValue } }),
        Case("fp32", "FP32", new InferTensorContents { Fp32Contents = { float.NaN, float.NegativeInfinity, -0f, float.Epsilon } }),
        Case("fp64", "FP64", new InferTensorContents { Fp64Contents = { double.NaN, double.PositiveInfinity, -0d, double.MaxValue } }),
    ];

    private static IEnumerable<TestCaseData> Raw =>
    [
        RawCase("bool", "BOOL", 1, 0, 0, 1),
        RawCase("int8", "INT8", 0x80, 0xFF, 0, 0x7F),
        RawCase("uint8", "UINT8", 0, 1, 2, 0xFF),
        RawCase("int16", "INT16", 0, 0x80, 1, 2, 3, 4, 0xFF, 0xFF),
        RawCase("uint16", "UINT16", 0, 0x80, 1, 2, 3, 4, 0xFF, 0xFF),
        RawCase("fp16", "FP16", 0, 0x3C, 0, 0xC0, 0, 0x7C, 1, 0),
        RawCase("bf16", "BF16", 0x80, 0x3F, 0, 0xC0, 0x80, 0x7F, 1, 0),
        RawCase("int32", "INT32", 1, 2, 3, 0x84, 5, 6, 7, 8, 9, 10, 11, 12, 0xFF, 0xFF, 0xFF, 0xFF),
        RawCase("uint32", "UINT32", 1, 2, 3, 0x84, 5, 6, 7, 8, 9, 10, 11, 12, 0xFF, 0xFF, 0xFF, 0xFF),
        RawCase("int64", "INT64", [.. Enumerable.Range(100, 32).Select(static value => (byte)value)]),
        RawCase("uint64", "UINT64", [.. Enumerable.Range(224, 32).Select(static value => (byte)value)]),
    ];

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await GrpcHost.OfReferencesAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [TestCaseSource(nameof(Typed))]
    public async Task Typed_contents_come_back_as_they_were(string name, string datatype, InferTensorContents contents)
    {
        ModelInferResponse answer = await _host.Client.ModelInferAsync(GrpcCalls.Call("identity_" + name).Typed("INPUT0", datatype, Shape, contents));

        ModelInferResponse.Types.InferOutputTensor output = answer.Outputs.Single();
        Assert.That((output.Name, output.Datatype), Is.EqualTo(("OUTPUT0", datatype)));
        Assert.That(output.Shape, Is.EqualTo(Shape));
        Assert.That(output.Contents.ToByteArray(), Is.EqualTo(contents.ToByteArray()));
        Assert.That(answer.RawOutputContents, Is.Empty);
    }

    [TestCaseSource(nameof(Raw))]
    public async Task Raw_contents_come_back_as_they_were(string name, string datatype, byte[] bytes)
    {
        ModelInferResponse answer = await _host.Client.ModelInferAsync(GrpcCalls.Call("identity_" + name).Raw<byte>("INPUT0", datatype, Shape, bytes));

        Assert.That(answer.RawOutputContents.Single().ToByteArray(), Is.EqualTo(bytes));
        Assert.That(answer.Outputs.Single().Contents, Is.Null);
        Assert.That(answer.Outputs.Single().Datatype, Is.EqualTo(datatype));
    }

    [Test]
    public async Task Text_comes_back_as_it_was([Values] bool isRaw)
    {
        ByteString[] texts = [ByteString.CopyFromUtf8("Grüße"), ByteString.Empty, ByteString.CopyFrom(0xFF, 0x00), ByteString.CopyFromUtf8(new string('x', 70_000))];
        byte[] packed = [.. texts.SelectMany(static text => Length(text.Length).Concat(text))];
        ModelInferRequest call = isRaw
            ? GrpcCalls.Call("simple_identity").Raw<byte>("INPUT0", "BYTES", Shape, packed)
            : GrpcCalls.Call("simple_identity").Typed("INPUT0", "BYTES", Shape, new InferTensorContents { BytesContents = { texts } });

        ModelInferResponse answer = await _host.Client.ModelInferAsync(call);

        if (isRaw)
            Assert.That(answer.RawOutputContents.Single().ToByteArray(), Is.EqualTo(packed));
        else
            Assert.That(answer.Outputs.Single().Contents.BytesContents, Is.EqualTo(texts));
    }

    [Test]
    public async Task Numbers_in_text_are_added_and_subtracted()
    {
        ByteString[] Texts(int first) => [.. Enumerable.Range(first, 16).Select(static value => ByteString.CopyFromUtf8($"{value}"))];
        ModelInferRequest call = GrpcCalls.Call("simple_string")
            .Typed("INPUT1", "BYTES", [1, 16], new InferTensorContents { BytesContents = { Texts(1) } })
            .Typed("INPUT0", "BYTES", [1, 16], new InferTensorContents { BytesContents = { Texts(10) } });

        ModelInferResponse answer = await _host.Client.ModelInferAsync(call);

        Assert.That(answer.Outputs.Select(static output => output.Name), Is.EqualTo(new[] { "OUTPUT0", "OUTPUT1" }));
        Assert.That(answer.Outputs[0].Contents.BytesContents[0].ToString(Encoding.UTF8), Is.EqualTo("11"));
        Assert.That(answer.Outputs[1].Contents.BytesContents[15].ToString(Encoding.UTF8), Is.EqualTo("9"));
    }

    [Test]
    public async Task Only_the_outputs_that_are_asked_for_come_in_their_order()
    {
        ModelInferRequest call = GrpcCalls.Call("simple").Raw<int>("INPUT0", "INT32", [1, 16], new int[16]).Raw<int>("INPUT1", "INT32", [1, 16], Enumerable.Range(0, 16).ToArray());
        call.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "OUTPUT1" });
        call.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "OUTPUT0" });

        ModelInferResponse answer = await _host.Client.ModelInferAsync(call);

        Assert.That(answer.Outputs.Select(static output => output.Name), Is.EqualTo(new[] { "OUTPUT1", "OUTPUT0" }));
        Assert.That(answer.Numbers("OUTPUT1")[15], Is.EqualTo(-15));

        call.Outputs.RemoveAt(1);
        Assert.That((await _host.Client.ModelInferAsync(call)).Outputs, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_form_of_the_answer_can_be_asked_for([Values] bool isRaw)
    {
        ModelInferRequest call = GrpcCalls.Call("digits", "2").Floats("input", [1, 64], new float[64], !isRaw);
        call.Parameters["binary_data_output"] = new InferParameter { BoolParam = isRaw };

        ModelInferResponse answer = await _host.Client.ModelInferAsync(call);

        Assert.That(answer.RawOutputContents, Has.Count.EqualTo(isRaw ? 2 : 0));
    }

    [Test]
    public async Task The_answer_names_what_answered_and_echoes_the_id()
    {
        ModelInferRequest call = GrpcCalls.Call("digits").Floats("input", [1, 64], new float[64]);
        call.Id = "my own";
        call.Parameters["mine"] = new InferParameter { DoubleParam = 0.5 };
        using AsyncUnaryCall<ModelInferResponse> running = _host.Client.ModelInferAsync(call);

        ModelInferResponse answer = await running;

        Assert.That((answer.ModelName, answer.ModelVersion, answer.Id), Is.EqualTo(("digits", "2", "my own")));
        string id = answer.Parameters["mlops-prediction-id"].StringParam;
        Assert.That(PredictionId.TryParse(id, null, out _), Is.True, id);
        Assert.That((await running.ResponseHeadersAsync).GetValue("mlops-prediction-id"), Is.EqualTo(id));
    }

    private static byte[] Length(int length)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes;
    }

    private static TestCaseData Case(string name, string datatype, InferTensorContents contents) => new TestCaseData(name, datatype, contents).SetArgDisplayNames(name);

    private static TestCaseData RawCase(string name, string datatype, params byte[] bytes) => new TestCaseData(name, datatype, bytes).SetArgDisplayNames(name);
}
