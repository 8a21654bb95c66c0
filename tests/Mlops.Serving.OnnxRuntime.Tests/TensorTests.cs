using System.Runtime.InteropServices;
using System.Text;
using Mlops.Onnx;

namespace Mlops.Serving.OnnxRuntime.Tests;

/// <summary>Every type and shape that the protocol knows, through calls at tensor level.</summary>
public sealed class TensorTests
{
    [TestCase("bool", TensorDataType.Boolean, 1)]
    [TestCase("uint8", TensorDataType.UInt8, 1)]
    [TestCase("uint16", TensorDataType.UInt16, 2)]
    [TestCase("uint32", TensorDataType.UInt32, 4)]
    [TestCase("uint64", TensorDataType.UInt64, 8)]
    [TestCase("int8", TensorDataType.Int8, 1)]
    [TestCase("int16", TensorDataType.Int16, 2)]
    [TestCase("int32", TensorDataType.Int32, 4)]
    [TestCase("int64", TensorDataType.Int64, 8)]
    [TestCase("fp16", TensorDataType.Float16, 2)]
    [TestCase("bf16", TensorDataType.BFloat16, 2)]
    [TestCase("fp32", TensorDataType.Float32, 4)]
    [TestCase("fp64", TensorDataType.Float64, 8)]
    public async Task Elements_of_every_type_come_back_as_they_went(string name, TensorDataType type, int size)
    {
        await using ModelServer server = await TensorServer.StartAsync($"identity_{name}/1");
        var request = new TensorRequest();
        foreach ((int rows, int width) in ((int, int)[])[(3, 5), (1, 1), (2, 40), (4, 0)])
        {
            request.Clear();
            Span<byte> input = request.AddInput("INPUT0", type, [rows, width], rows * width * size);
            new Random(rows).NextBytes(input);
            for (int i = 0; type == TensorDataType.Boolean && i < input.Length; i++)
                input[i] &= 1;

            using TensorResponse response = await server.Get("m").InferAsync(request);

            ModelTensor output = response["OUTPUT0"];
            Assert.That(output.Type, Is.EqualTo(type));
            Assert.That(output.Shape.ToArray(), Is.EqualTo(new long[] { rows, width }));
            Assert.That(output.Bytes.ToArray(), Is.EqualTo(request.Inputs[0].Bytes.ToArray()));
        }
    }

    [Test]
    public async Task Text_of_any_bytes_comes_back_as_it_went()
    {
        await using ModelServer server = await TensorServer.StartAsync("simple_identity/1");
        byte[] packed = [3, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, .. "\u0005\0\0\0żó!"u8];
        TensorRequest request = new();
        packed.CopyTo(request.AddInput("INPUT0", TensorDataType.Text, [1, 3], packed.Length));

        using TensorResponse response = await server.Get("m").InferAsync(request);

        Assert.That(response["OUTPUT0"].Bytes.ToArray(), Is.EqualTo(packed));
        Assert.That(response["OUTPUT0"].Shape.ToArray(), Is.EqualTo(new long[] { 1, 3 }));
    }

    [Test]
    public async Task Text_that_is_packed_wrongly_is_the_fault_of_the_call()
    {
        await using ModelServer server = await TensorServer.StartAsync("simple_identity/1");
        foreach (byte[] packed in (byte[][])[[9, 0, 0, 0, 1], [1, 0], [0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], []])
        {
            TensorRequest request = new();
            packed.CopyTo(request.AddInput("INPUT0", TensorDataType.Text, [2, 1], packed.Length));

            Assert.That(async () => await server.Get("m").InferAsync(request), Throws.InstanceOf<InvalidInputException>().With.Message.Contains("not 2 elements"));
        }
    }

    [Test]
    public async Task Numbers_in_text_are_added_and_subtracted()
    {
        await using ModelServer server = await TensorServer.StartAsync("simple_string/1");
        string[] left = [.. Enumerable.Range(0, 32).Select(i => $"{i}")], right = [.. Enumerable.Repeat("1", 32)];
        TensorRequest request = new TensorRequest().AddText("INPUT0", [2, 16], left).AddText("INPUT1", [2, 16], right);

        using TensorResponse response = await server.Get("m").InferAsync(request);

        Assert.That(Texts(response["OUTPUT0"]), Is.EqualTo(Enumerable.Range(0, 32).Select(i => $"{i + 1}")));
        Assert.That(Texts(response["OUTPUT1"]), Is.EqualTo(Enumerable.Range(0, 32).Select(i => $"{i - 1}")));
    }

    [Test]
    public async Task Only_the_outputs_that_are_wanted_come_back_in_the_order_of_the_wishes()
    {
        await using ModelServer server = await TensorServer.StartAsync("simple/1");
        int[] left = [.. Enumerable.Range(0, 16)], right = [.. Enumerable.Repeat(1, 16)];
        TensorRequest request = new TensorRequest()
            .AddInput("INPUT1", TensorDataType.Int32, [1, 16], right.AsSpan()).AddInput("INPUT0", TensorDataType.Int32, [1, 16], left.AsSpan());
        using TensorResponse both = await server.Get("m").InferAsync(request.WantOutput("OUTPUT1").WantOutput("OUTPUT0"));
        request.Clear();
        request.AddInput("INPUT1", TensorDataType.Int32, [1, 16], right.AsSpan()).AddInput("INPUT0", TensorDataType.Int32, [1, 16], left.AsSpan());
        using TensorResponse one = await server.Get("m").InferAsync(request.WantOutput("OUTPUT1"));

        Assert.That(both.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "OUTPUT1", "OUTPUT0" }));
        Assert.That(one.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "OUTPUT1" }));
        Assert.That(one["OUTPUT1"].Get<int>().ToArray(), Is.EqualTo(left.Select(i => i - 1)));
        Assert.That(both["OUTPUT0"].Get<int>().ToArray(), Is.EqualTo(left.Select(i => i + 1)));
    }

    [Test]
    public async Task State_that_the_caller_keeps_accumulates()
    {
        await using ModelServer server = await TensorServer.StartAsync("accumulator/1");
        float state = 0;
        for (int i = 1; i <= 10; i++)
        {
            using TensorResponse response = await server.Get("m").InferAsync(new TensorRequest().AddInput("INPUT", [1, 1], [i]).AddInput("STATE_IN", [1, 1], [state]));
            state = response["STATE_OUT"].Get<float>()[0];
        }

        Assert.That(state, Is.EqualTo(55f));
    }

    [Test]
    public async Task A_scalar_beside_rows_is_an_input_like_any_other()
    {
        await using ModelServer server = await TensorServer.StartAsync("busy/1");
        float[] rows = [.. Enumerable.Range(0, 128).Select(i => i / 128f)];

        using TensorResponse none = await server.Get("m").InferAsync(Busy(rows, trips: 0));
        using TensorResponse some = await server.Get("m").InferAsync(Busy(rows, trips: 3));

        Assert.That(none["output"].Get<float>().ToArray(), Is.EqualTo(rows));
        Assert.That(some["output"].Shape.ToArray(), Is.EqualTo(new long[] { 2, 64 }));
        Assert.That(some["output"].Get<float>().ToArray(), Has.All.InRange(-1, 1).And.Not.EqualTo(rows));
    }

    [Test]
    public async Task Dimensions_of_one_name_with_different_sizes_are_the_fault_of_the_call()
    {
        byte[] model = Proto.Model(
            [Proto.Node("Add", ["a", "b"], ["y"])],
            [Proto.Value("a", OnnxElementType.Float32, "batch", "n"), Proto.Value("b", OnnxElementType.Float32, "batch", "n")],
            [Proto.Value("y", OnnxElementType.Float32, "batch", "n")]);
        await using ModelServer server = await TensorServer.StartAsync(model);

        Assert.That(
            async () => await server.Get("m").InferAsync(new TensorRequest().AddInput("a", [1, 2], [1, 2]).AddInput("b", [1, 3], [1, 2, 3])),
            Throws.InstanceOf<InvalidInputException>().With.Message.Contains("'n'"));
    }

    [Test]
    public async Task Outputs_of_unknown_size_are_refused_unless_allowed_and_then_have_the_size_of_each_run()
    {
        byte[] model = Proto.Model(
            [Proto.Node("NonZero", ["x"], ["where"])], [Proto.Value("x", OnnxElementType.Float32, "batch", 3)], [Proto.Value("where", OnnxElementType.Int64, 2, "count")]);

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => TensorServer.StartAsync(model)))!;
        Assert.That(failure.Reason, Is.EqualTo(ModelLoadFailure.UnknownOutputSize));
        Assert.That(failure.Message, Does.Contain("where: int64[2,-1]").And.Contain("AllowUnknownOutputSizes"));

        await using ModelServer server = await TensorServer.StartAsync(model, options => options.AllowUnknownOutputSizes = true);
        foreach ((float[] row, long[] columns) in ((float[], long[])[])[([0, 1, 1], [1, 2]), ([0, 0, 0], []), ([1, 1, 1], [0, 1, 2])])
        {
            using TensorResponse response = await server.Get("m").InferAsync(new TensorRequest().AddInput("x", [1, 3], row));
            Assert.That(response["where"].Shape.ToArray(), Is.EqualTo(new long[] { 2, columns.Length }));
            Assert.That(response["where"].Get<long>()[columns.Length..].ToArray(), Is.EqualTo(columns));
        }
    }

    [Test]
    public async Task Rows_of_nothing_are_no_way_to_ask_for_more_memory_than_can_be_had()
    {
        byte[] model = Proto.Model(
            [Proto.Node("ReduceSum", ["x"], ["y"])], [Proto.Value("x", OnnxElementType.Float32, "batch", "n")], [Proto.Value("y", OnnxElementType.Float32, "batch", 1)]);
        await using ModelServer server = await TensorServer.StartAsync(model);
        long before = GC.GetTotalAllocatedBytes();

        Assert.That(
            async () => await server.Get("m").InferAsync(new TensorRequest().AddInput("x", [600_000_000, 0], [])),
            Throws.InstanceOf<InvalidInputException>().With.Message.Contains("2 GiB"));
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(100_000_000));
    }

    [TestCase("batch", "batch", true)]
    [TestCase("batch", null, true)]
    [TestCase(null, "batch", true)]
    [TestCase(null, null, true)]
    [TestCase("batch", "kept", false)]
    public async Task The_first_dimension_of_an_output_counts_rows_unless_its_name_says_otherwise(string? input, string? output, bool isKnown)
    {
        byte[] model = Proto.Model(
            [Proto.Node("Identity", ["x"], ["y"])], [Proto.Value("x", OnnxElementType.Float32, input, 3)], [Proto.Value("y", OnnxElementType.Float32, output, 3)]);

        Assert.That(
            async () => await (await TensorServer.StartAsync(model)).DisposeAsync(),
            isKnown ? Throws.Nothing : Throws.InstanceOf<ModelLoadException>().With.Property("Reason").EqualTo(ModelLoadFailure.UnknownOutputSize));
    }

    [Test]
    public void A_slot_copies_the_outputs_of_unknown_size_of_each_run_anew()
    {
        byte[] model = Proto.Model(
            [Proto.Node("NonZero", ["x"], ["where"])], [Proto.Value("x", OnnxElementType.Float32, "batch", 3)], [Proto.Value("where", OnnxElementType.Int64, 2, null)]);
        using IModelSession session = Load(model);
        using IModelSlot slot = session.CreateSlot(SlotShape.For(session.Signature, maximumRows: 2));
        foreach (int ones in (int[])[1, 3, 0, 2])
        {
            Span<float> row = MemoryMarshal.Cast<byte, float>(slot.GetInput(0, 1));
            row.Clear();
            row[..ones].Fill(1);
            slot.Run(1);
            Assert.That(slot.GetOutputShape(0, 1).ToArray(), Is.EqualTo(new long[] { 2, ones }));
            Assert.That(slot.GetOutput(0, 1).Length, Is.EqualTo(2 * ones * sizeof(long)));
        }
    }

    [Test]
    public async Task A_run_that_is_terminated_ends_as_cancelled_and_the_next_one_is_whole()
    {
        using IModelSession session = Load(Reference.Bytes("busy/1/model.onnx"));
        using IModelSlot slot = session.CreateSlot(SlotShape.For(session.Signature, maximumRows: 1));
        slot.Terminate();   // nothing runs, nothing happens
        Run(slot, trips: 1);

        for (int i = 0; i < 3; i++)
        {
            Task run = Task.Factory.StartNew(() => Run(slot, trips: 1_000_000_000), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            while (!run.IsCompleted)
            {
                slot.Terminate();
                await Task.Delay(5);
            }

            Assert.That(async () => await run, Throws.InstanceOf<OperationCanceledException>());
            Run(slot, trips: 2);
            Assert.That(MemoryMarshal.Cast<byte, float>(slot.GetOutput(0, 1))[0], Is.Not.NaN);
        }

        static void Run(IModelSlot slot, long trips)
        {
            MemoryMarshal.Cast<byte, float>(slot.GetInput(0, 1)).Fill(0.5f);
            MemoryMarshal.Write(slot.GetInput(1, 1), trips);
            slot.Run(1);
        }
    }

    private static IModelSession Load(byte[] content) => new OnnxModelRuntime().Load("m", new ModelPackage { Content = content, Version = 1 }, CancellationToken.None);

    private static TensorRequest Busy(float[] rows, long trips) =>
        new TensorRequest().AddInput("input", [rows.Length / 64, 64], rows).AddInput<long>("trips", TensorDataType.Int64, [], [trips]);

    private static List<string> Texts(ModelTensor tensor)
    {
        List<string> texts = [];
        foreach (ReadOnlySpan<byte> text in tensor.EnumerateText())
            texts.Add(Encoding.UTF8.GetString(text));
        return texts;
    }
}
