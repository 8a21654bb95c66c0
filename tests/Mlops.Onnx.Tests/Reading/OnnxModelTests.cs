namespace Mlops.Onnx.Tests;

public sealed class OnnxModelTests
{
    [TestCase("digits/1", 7, 13, "(input: float32[batch,64]) -> (logits: float32[batch,10], probabilities: float32[batch,10])")]
    [TestCase("digits/2", 8, 15, "(input: float32[batch,64]) -> (logits: float32[batch,10], probabilities: float32[batch,10])")]
    [TestCase("digits_cnn/1", 8, 15, "(input: float32[batch,1,8,8]) -> (logits: float32[batch,10], probabilities: float32[batch,10])")]
    [TestCase("breast_cancer_gbdt/1", 8, 15, "(input: float32[batch,30]) -> (label: int64[batch], probabilities: float32[batch,2])")]
    [TestCase("simple_identity/1", 8, 15, "(INPUT0: string[batch,n]) -> (OUTPUT0: string[batch,n])")]
    public void Signature_and_versions_of_real_models_are_read(string name, long irVersion, long opset, string signature)
    {
        OnnxModel model = OnnxModel.Read(Reference.Bytes($"{name}/model.onnx"));

        Assert.That(model.Signature.ToString(), Is.EqualTo(signature));
        Assert.That(model.IrVersion, Is.EqualTo(irVersion));
        Assert.That(model.Opsets, Does.Contain(new OnnxOpset("ai.onnx", opset)));
        Assert.That(model.IsSelfContained, Is.True);
    }

    [Test]
    public void Operators_are_counted_with_their_domain()
    {
        OnnxModel model = OnnxModel.Read(Reference.Bytes("breast_cancer_logreg/1/model.onnx"));

        Assert.That(model.Operators, Is.EqualTo(new OnnxOperator[]
        {
            new("ai.onnx.ml", "LinearClassifier", 1),
            new("ai.onnx.ml", "Normalizer", 1),
            new("ai.onnx.ml", "Scaler", 1),
        }));
    }

    [Test]
    public void Streams_give_the_same_model_as_bytes()
    {
        byte[] bytes = Reference.Bytes("digits/2/model.onnx");

        OnnxModel model = OnnxModel.Read(new MemoryStream(bytes));

        Assert.That(model.Signature.ToString(), Is.EqualTo(OnnxModel.Read(bytes).Signature.ToString()));
    }

    [Test]
    public async Task An_asynchronous_read_stops_at_the_length_allowed()
    {
        byte[] bytes = Reference.Bytes("digits/2/model.onnx");

        OnnxModel model = await OnnxModel.ReadAsync(new MemoryStream(bytes), bytes.Length);

        Assert.That(model.ProducerName, Is.EqualTo("pytorch"));
        Assert.That(async () => await OnnxModel.ReadAsync(new MemoryStream(bytes), bytes.Length - 1), Throws.InstanceOf<OnnxFormatException>());
    }

    [Test]
    public void Inputs_with_an_initializer_are_not_part_of_the_signature()
    {
        byte[] bytes = ModelBuilder.Model(ModelBuilder.Message(graph =>
        {
            graph.Message(GraphField.Initializer, ModelBuilder.Message(t => t.String(TensorField.Name, "w")));
            graph.Message(GraphField.Input, ModelBuilder.Message(v => v.String(1, "x")));
            graph.Message(GraphField.Input, ModelBuilder.Message(v => v.String(1, "w")));
        }));

        OnnxSignature signature = OnnxModel.Read(bytes).Signature;

        Assert.That(signature.Inputs.Select(input => input.Name), Is.EqualTo(new[] { "x" }));
        Assert.That(signature.Inputs[0].Kind, Is.EqualTo(OnnxValueKind.Unknown));
    }

    [Test]
    public void Dimensions_are_fixed_named_or_free()
    {
        byte[] bytes = ModelBuilder.Model(ModelBuilder.Message(graph =>
            graph.Message(GraphField.Input, ModelBuilder.Message(value =>
            {
                value.String(1, "x");
                value.Message(2, ModelBuilder.Message(type => type.Message(TypeField.Tensor, ModelBuilder.Message(tensor =>
                {
                    tensor.Int64(1, 1);
                    tensor.Message(2, ModelBuilder.Message(shape =>
                    {
                        shape.Message(1, ModelBuilder.Message(d => d.String(2, "batch")));
                        shape.Message(1, ModelBuilder.Message(d => d.Int64(1, 7)));
                        shape.Message(1, ModelBuilder.Message(d => d.Int64(1, -5)));
                        shape.Message(1, ModelBuilder.Message(_ => { }));
                        shape.Message(1, ModelBuilder.Message(d => d.Int64(1, 0)));
                    }));
                }))));
            }))));

        Assert.That(OnnxModel.Read(bytes).Signature.Inputs[0].Shape, Is.EqualTo(new OnnxDimension[]
        {
            new(-1, "batch"), new(7), OnnxDimension.Free, OnnxDimension.Free, new(0),
        }));
    }

    [TestCase("bad/empty.onnx")]
    [TestCase("bad/not_onnx.onnx")]
    [TestCase("bad/truncated.onnx")]
    public void Files_that_are_not_models_are_refused(string path)
    {
        Assert.That(() => OnnxModel.Read(Reference.Bytes(path)), Throws.InstanceOf<OnnxFormatException>());
    }

    [Test]
    public void A_model_without_graph_or_format_version_is_refused()
    {
        byte[] noGraph = ModelBuilder.Message(w => w.Int64(ModelField.IrVersion, 8)).Written.ToArray();
        byte[] noVersion = ModelBuilder.Message(w => w.Message(ModelField.Graph, new ProtoWriter())).Written.ToArray();

        Assert.That(() => OnnxModel.Read(noGraph), Throws.InstanceOf<OnnxFormatException>().With.Message.Contains("no graph"));
        Assert.That(() => OnnxModel.Read(noVersion), Throws.InstanceOf<OnnxFormatException>().With.Message.Contains("ir_version"));
    }

    [Test]
    public void The_ORT_format_is_refused_by_its_mark_even_inside_valid_protobuf()
    {
        // A producer name of "12ORTM" puts the mark at byte 4, where ONNX Runtime looks for it.
        byte[] bytes = [.. ModelBuilder.Message(w => w.String(ModelField.ProducerName, "12ORTM")).Written, .. Reference.Bytes("digits/1/model.onnx")];

        Assert.That(() => OnnxModel.Read(bytes), Throws.InstanceOf<OnnxFormatException>().With.Message.Contains("ORT format"));
    }

    [Test]
    public void Graphs_nested_beyond_the_limit_are_refused()
    {
        ProtoWriter graph = new();
        for (int i = 0; i < 5_000; i++)
        {
            ProtoWriter inner = graph;
            graph = ModelBuilder.Message(g => g.Message(GraphField.Node, ModelBuilder.Node("If", attribute: a => a.Message(AttributeField.Graph, inner))));
        }

        Assert.That(() => OnnxModel.Read(ModelBuilder.Model(graph)), Throws.InstanceOf<OnnxFormatException>().With.Message.Contains("deeper"));
    }

    [TestCase("[\"a\",\"b\"]", new[] { "a", "b" })]
    [TestCase("[1]", null)]
    [TestCase("{}", null)]
    [TestCase("not json", null)]
    [TestCase("[\"\\ud800\"]", null)]
    public void Feature_names_are_read_or_absent(string json, string[]? expected)
    {
        byte[] bytes = ModelBuilder.Model(new ProtoWriter(), model => model.Message(ModelField.Metadata, ModelBuilder.Message(entry =>
        {
            entry.String(1, OnnxModel.FeatureNamesKey);
            entry.String(2, json);
        })));

        Assert.That(OnnxModel.Read(bytes).FeatureNames, Is.EqualTo(expected));
    }
}
