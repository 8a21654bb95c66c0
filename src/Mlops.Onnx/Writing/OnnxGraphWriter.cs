using System.Buffers.Binary;

namespace Mlops.Onnx;

/// <summary>Assembles a <c>ModelProto</c> from nodes, initializers and declared values.</summary>
internal sealed class OnnxGraphWriter(string graphName)
{
    // The oldest versions that have what we write, so that old runtimes load it too.
    private const long IrVersion = 7;
    private const long DefaultOpset = 13;

    private readonly ProtoWriter _graph = Named(graphName);
    private readonly ProtoWriter _model = new();

    public void Input(string name, OnnxElementType type, params ReadOnlySpan<OnnxDimension> shape) => Value(GraphField.Input, name, type, shape);

    public void Output(string name, OnnxElementType type, params ReadOnlySpan<OnnxDimension> shape) => Value(GraphField.Output, name, type, shape);

    public void Node(string type, ReadOnlySpan<string> inputs, ReadOnlySpan<string> outputs)
    {
        var node = new ProtoWriter();
        foreach (string input in inputs)
            node.String(NodeField.Input, input);
        foreach (string output in outputs)
            node.String(NodeField.Output, output);
        node.String(NodeField.OperatorType, type);
        _graph.Message(GraphField.Node, node);
    }

    public void Initializer(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> dims)
    {
        byte[] raw = new byte[checked(values.Length * sizeof(float))];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * sizeof(float)), values[i]);

        var tensor = new ProtoWriter();
        foreach (long dim in dims)
            tensor.Int64(TensorField.Dims, dim);
        tensor.Int64(TensorField.DataType, (long)OnnxElementType.Float32);
        tensor.String(TensorField.Name, name);
        tensor.Bytes(TensorField.RawData, raw);
        _graph.Message(GraphField.Initializer, tensor);
    }

    public void WriteTo(Stream destination, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        _model.Int64(ModelField.IrVersion, IrVersion);
        _model.String(ModelField.ProducerName, "Mlops.Onnx");
        _model.Message(ModelField.Graph, _graph);

        var opset = new ProtoWriter();
        opset.String(1, "");
        opset.Int64(2, DefaultOpset);
        _model.Message(ModelField.OpsetImport, opset);

        foreach ((string key, string value) in metadata.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            var entry = new ProtoWriter();
            entry.String(1, key);
            entry.String(2, value);
            _model.Message(ModelField.Metadata, entry);
        }

        destination.Write(_model.Written);
    }

    private static ProtoWriter Named(string name)
    {
        var graph = new ProtoWriter();
        graph.String(GraphField.Name, name);
        return graph;
    }

    private void Value(int field, string name, OnnxElementType type, ReadOnlySpan<OnnxDimension> shape)
    {
        var dims = new ProtoWriter();
        foreach (OnnxDimension dimension in shape)
        {
            var dim = new ProtoWriter();
            if (dimension.IsFixed)
                dim.Int64(1, dimension.Size);
            else if (dimension.Symbol is not null)
                dim.String(2, dimension.Symbol);
            dims.Message(1, dim);
        }

        var tensor = new ProtoWriter();
        tensor.Int64(1, (long)type);
        tensor.Message(2, dims);
        var typeProto = new ProtoWriter();
        typeProto.Message(TypeField.Tensor, tensor);
        var value = new ProtoWriter();
        value.String(1, name);
        value.Message(2, typeProto);
        _graph.Message(field, value);
    }
}
