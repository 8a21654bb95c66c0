namespace Mlops.Onnx.Tests;

/// <summary>Builds models message by message, so that a test can place anything anywhere.</summary>
internal static class ModelBuilder
{
    public static byte[] Model(ProtoWriter graph, Action<ProtoWriter>? more = null)
    {
        ProtoWriter model = Message(w => w.Int64(ModelField.IrVersion, 8));
        model.Message(ModelField.Graph, graph);
        more?.Invoke(model);
        return model.Written.ToArray();
    }

    public static ProtoWriter Message(Action<ProtoWriter> fill)
    {
        var writer = new ProtoWriter();
        fill(writer);
        return writer;
    }

    public static ProtoWriter Node(string type, string domain = "", Action<ProtoWriter>? attribute = null) => Message(w =>
    {
        w.String(NodeField.OperatorType, type);
        w.String(NodeField.Domain, domain);
        if (attribute is not null)
            w.Message(NodeField.Attribute, Message(attribute));
    });

    public static ProtoWriter ExternalTensor(string name, string location) => Message(w =>
    {
        w.String(TensorField.Name, name);
        w.Int64(TensorField.DataLocation, 1);
        w.Message(TensorField.ExternalData, Message(e =>
        {
            e.String(1, "location");
            e.String(2, location);
        }));
    });
}
