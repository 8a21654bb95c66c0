namespace Mlops.Onnx;

internal sealed partial class OnnxModelReader
{
    private const int ExternalLocation = 1;

    private void ReadGraph(ProtoReader reader, bool isMain, ref string name)
    {
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case GraphField.Node: ReadNode(reader.ReadMessage()); break;
                case GraphField.Initializer: ReadInitializer(reader.ReadMessage(), isMain); break;
                case GraphField.SparseInitializer: ReadSparseTensor(reader.ReadMessage(), isMain); break;
                case GraphField.Name when isMain: name = reader.ReadString(); break;
                case GraphField.Input when isMain: AddValue(_inputs, reader.ReadMessage()); break;
                case GraphField.Output when isMain: AddValue(_outputs, reader.ReadMessage()); break;
                default: reader.Skip(); break;
            }
        }
    }

    private void ReadNode(ProtoReader reader)
    {
        string type = "", domain = "";
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case NodeField.OperatorType: type = reader.ReadString(); break;
                case NodeField.Domain: domain = reader.ReadString(); break;
                case NodeField.Attribute: ReadAttribute(reader.ReadMessage()); break;
                default: reader.Skip(); break;
            }
        }

        Count(reader);
        CountOperator(domain, type);
        _hasExecutionProviderContext |= type == "EPContext";
    }

    // Whatever the attribute's declared type is, every tensor and graph in it is looked at.
    private void ReadAttribute(ProtoReader reader)
    {
        string ignored = "";
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case AttributeField.Tensor or AttributeField.Tensors: ReadTensor(reader.ReadMessage()); break;
                case AttributeField.Graph or AttributeField.Graphs: ReadGraph(reader.ReadMessage(), isMain: false, ref ignored); break;
                case AttributeField.SparseTensor or AttributeField.SparseTensors: ReadSparseTensor(reader.ReadMessage(), isMainInitializer: false); break;
                default: reader.Skip(); break;
            }
        }
    }

    private void ReadInitializer(ProtoReader reader, bool isMain)
    {
        string name = ReadTensor(reader);
        if (!isMain)
            return;

        Count(reader);
        _initializers.Add(name);
    }

    private void ReadSparseTensor(ProtoReader reader, bool isMainInitializer)
    {
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1: ReadInitializer(reader.ReadMessage(), isMainInitializer); break;   // the values carry the name
                case 2: ReadTensor(reader.ReadMessage()); break;
                default: reader.Skip(); break;
            }
        }
    }

    private string ReadTensor(ProtoReader reader)
    {
        string name = "", location = "";
        bool external = false;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case TensorField.Name: name = reader.ReadString(); break;
                case TensorField.DataLocation: external |= reader.ReadInt32() == ExternalLocation; break;
                case TensorField.ExternalData:
                    external = true;
                    (string key, string value) = ReadEntry(reader.ReadMessage());
                    location = key == "location" ? value : location;
                    break;
                default: reader.Skip(); break;
            }
        }

        if (external)
        {
            Count(reader);
            _external.Add(new OnnxExternalData(name, location));
        }

        return name;
    }
}
