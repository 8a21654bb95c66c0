namespace Mlops.Onnx;

internal sealed partial class OnnxModelReader
{
    private void AddValue(List<OnnxValue> values, ProtoReader reader)
    {
        string name = "";
        var type = new ValueType();
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1: name = reader.ReadString(); break;
                case 2: ReadType(reader.ReadMessage(), type); break;
                default: reader.Skip(); break;
            }
        }

        Count(reader);
        values.Add(new OnnxValue(name, (OnnxElementType)type.Element, type.Shape, type.Kind));
    }

    private void ReadType(ProtoReader reader, ValueType type)
    {
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case TypeField.Tensor: ReadTensorType(reader.ReadMessage(), type, OnnxValueKind.Tensor); break;
                case TypeField.SparseTensor: ReadTensorType(reader.ReadMessage(), type, OnnxValueKind.SparseTensor); break;
                case TypeField.Sequence: ReadOther(ref reader, type, OnnxValueKind.Sequence); break;
                case TypeField.Map: ReadOther(ref reader, type, OnnxValueKind.Map); break;
                case TypeField.Optional: ReadOther(ref reader, type, OnnxValueKind.Optional); break;
                case TypeField.Opaque: ReadOther(ref reader, type, OnnxValueKind.Opaque); break;
                default: reader.Skip(); break;
            }
        }
    }

    private static void ReadOther(ref ProtoReader reader, ValueType type, OnnxValueKind kind)
    {
        reader.ReadBytes();
        type.Become(kind);
    }

    private void ReadTensorType(ProtoReader reader, ValueType type, OnnxValueKind kind)
    {
        type.Become(kind);
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1: type.Element = reader.ReadInt32(); break;
                case 2: ReadShape(reader.ReadMessage(), type.Shape ??= []); break;
                default: reader.Skip(); break;
            }
        }
    }

    private void ReadShape(ProtoReader reader, List<OnnxDimension> shape)
    {
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    Count(reader);
                    shape.Add(ReadDimension(reader.ReadMessage()));
                    break;
                default: reader.Skip(); break;
            }
        }
    }

    private static OnnxDimension ReadDimension(ProtoReader reader)
    {
        OnnxDimension dimension = OnnxDimension.Free;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1:
                    // Some exporters write a negative size where they mean a free one.
                    dimension = new OnnxDimension(Math.Max(-1, reader.ReadInt64()));
                    break;
                case 2:
                    string symbol = reader.ReadString();
                    dimension = new OnnxDimension(-1, symbol.Length == 0 ? null : symbol);
                    break;
                default: reader.Skip(); break;
            }
        }

        return dimension;
    }

    /// <summary>A <c>TypeProto</c> under way; it is a oneof, so that a later kind discards what an earlier one said.</summary>
    private sealed class ValueType
    {
        public OnnxValueKind Kind { get; private set; }

        public int Element { get; set; }

        public List<OnnxDimension>? Shape { get; set; }

        public void Become(OnnxValueKind kind)
        {
            if (Kind == kind)
                return;

            Kind = kind;
            Element = 0;
            Shape = null;
        }
    }
}
