using static Mlops.Onnx.Tests.ModelBuilder;

namespace Mlops.Onnx.Tests;

/// <summary>A tensor that lives outside the file is found wherever the format lets one hide.</summary>
public sealed class SafetyTests
{
    private static readonly ProtoWriter Tensor = ExternalTensor("w", "appsettings.json");
    private static readonly ProtoWriter Sparse = Message(s => s.Message(1, Tensor));
    private static readonly ProtoWriter SparseByIndices = Message(s => s.Message(2, Tensor));

    private static IEnumerable<TestCaseData> HidingPlaces()
    {
        yield return Place("initializer", Graph(GraphField.Initializer, Tensor));
        yield return Place("sparse initializer, values", Graph(GraphField.SparseInitializer, Sparse));
        yield return Place("sparse initializer, indices", Graph(GraphField.SparseInitializer, SparseByIndices));
        yield return Place("attribute", WithAttribute(AttributeField.Tensor, Tensor));
        yield return Place("list attribute", WithAttribute(AttributeField.Tensors, Tensor));
        yield return Place("sparse attribute", WithAttribute(AttributeField.SparseTensor, Sparse));
        yield return Place("sparse list attribute", WithAttribute(AttributeField.SparseTensors, Sparse));
        yield return Place("nested graph", WithAttribute(AttributeField.Graph, Graph(GraphField.Initializer, Tensor)));
        yield return Place("list of nested graphs", WithAttribute(AttributeField.Graphs, WithAttribute(AttributeField.Tensor, Tensor)));
        yield return Place("function body", new ProtoWriter(), ModelField.Functions, Message(f => f.Message(FunctionField.Node, Node("Constant", attribute: a => a.Message(AttributeField.Tensor, Tensor)))));
        yield return Place("function attribute default", new ProtoWriter(), ModelField.Functions, Message(f => f.Message(FunctionField.AttributeDefault, Message(a => a.Message(AttributeField.Tensor, Tensor)))));
        yield return Place("training initialization", new ProtoWriter(), ModelField.TrainingInfo, Message(t => t.Message(1, Graph(GraphField.Initializer, Tensor))));
        yield return Place("training algorithm", new ProtoWriter(), ModelField.TrainingInfo, Message(t => t.Message(2, Graph(GraphField.Initializer, Tensor))));
        yield return Place("second graph field that protobuf merges", new ProtoWriter(), ModelField.Graph, Graph(GraphField.Initializer, Tensor));
    }

    [TestCaseSource(nameof(HidingPlaces))]
    public void External_data_is_found(byte[] bytes)
    {
        OnnxModel model = OnnxModel.Read(bytes);

        Assert.That(model.ExternalData, Is.EqualTo(new[] { new OnnxExternalData("w", "appsettings.json") }));
        Assert.That(model.IsSelfContained, Is.False);
    }

    [Test]
    public void An_external_location_counts_with_bits_that_protobuf_drops()
    {
        ProtoWriter tensor = Message(t => t.Int64(TensorField.DataLocation, 0x1_0000_0001));

        Assert.That(OnnxModel.Read(Model(Graph(GraphField.Initializer, tensor))).ExternalData, Has.Count.EqualTo(1));
    }

    [Test]
    public void External_entries_count_without_the_location_flag()
    {
        ProtoWriter tensor = Message(t => t.Message(TensorField.ExternalData, new ProtoWriter()));

        Assert.That(OnnxModel.Read(Model(Graph(GraphField.Initializer, tensor))).ExternalData, Has.Count.EqualTo(1));
    }

    [Test]
    public void Execution_provider_contexts_are_found_in_nested_graphs()
    {
        ProtoWriter inner = Message(g => g.Message(GraphField.Node, Node("EPContext", "com.microsoft")));

        OnnxModel model = OnnxModel.Read(Model(WithAttribute(AttributeField.Graph, inner)));

        Assert.That(model.HasExecutionProviderContext, Is.True);
        Assert.That(model.IsSelfContained, Is.False);
    }

    [Test]
    public void Operators_from_an_unknown_domain_are_custom()
    {
        OnnxModel model = OnnxModel.Read(Model(Message(g =>
        {
            g.Message(GraphField.Node, Node("BertTokenizer", "ai.onnx.contrib"));
            g.Message(GraphField.Node, Node("FusedMatMul", "com.microsoft"));
            g.Message(GraphField.Node, Node("Relu"));
        })));

        Assert.That(model.CustomOperators, Is.EqualTo(new[] { new OnnxOperator("ai.onnx.contrib", "BertTokenizer", 1) }));
        Assert.That(model.IsSelfContained, Is.False);
    }

    [Test]
    public void A_function_that_the_file_defines_is_not_custom()
    {
        ProtoWriter function = Message(f =>
        {
            f.String(FunctionField.Name, "Twice");
            f.String(FunctionField.Domain, "local");
            f.Message(FunctionField.Node, Node("Add"));
        });

        OnnxModel model = OnnxModel.Read(Model(Message(g => g.Message(GraphField.Node, Node("Twice", "local"))), m => m.Message(ModelField.Functions, function)));

        Assert.That(model.CustomOperators, Is.Empty);
        Assert.That(model.Operators, Does.Contain(new OnnxOperator("ai.onnx", "Add", 1)));
    }

    private static ProtoWriter Graph(int field, ProtoWriter content) => Message(g => g.Message(field, content));

    private static ProtoWriter WithAttribute(int field, ProtoWriter content) =>
        Message(g => g.Message(GraphField.Node, Node("Constant", attribute: a => a.Message(field, content))));

    private static TestCaseData Place(string name, ProtoWriter graph) => new TestCaseData(Model(graph)).SetArgDisplayNames(name);

    private static TestCaseData Place(string name, ProtoWriter graph, int field, ProtoWriter content) =>
        new TestCaseData(Model(graph, m => m.Message(field, content))).SetArgDisplayNames(name);
}
