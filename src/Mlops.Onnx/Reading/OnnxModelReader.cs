using System.Collections.Frozen;
using System.Runtime.InteropServices;

namespace Mlops.Onnx;

/// <summary>
/// Walks a <c>ModelProto</c> once. Message fields that occur twice are merged, as protobuf does, by walking both.
/// </summary>
internal sealed partial class OnnxModelReader
{
    // Bounds what a hostile file of tiny entries can make us keep; real models hold a few thousand.
    private const int MaximumItems = 1_000_000;
    private const string DefaultDomain = "ai.onnx";

    // Domains whose operators a stock ONNX Runtime brings along.
    private static readonly FrozenSet<string> BuiltInDomains = new[]
    {
        DefaultDomain, "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft",
    }.ToFrozenSet(StringComparer.Ordinal);

    private readonly List<OnnxOpset> _opsets = [];
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Domain, string Type), int> _operators = [];
    private readonly HashSet<(string Domain, string Type)> _functions = [];
    private readonly List<OnnxExternalData> _external = [];
    private readonly List<OnnxValue> _inputs = [];
    private readonly List<OnnxValue> _outputs = [];
    private readonly HashSet<string> _initializers = new(StringComparer.Ordinal);
    private bool _hasExecutionProviderContext;
    private int _items;

    public OnnxModel Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            throw new OnnxFormatException("This is not an ONNX model: it has no bytes.");

        // ONNX Runtime recognises its own flatbuffer format by this mark alone and would then parse something we never saw.
        if (bytes.Length >= 8 && bytes.Slice(4, 4).SequenceEqual("ORTM"u8))
            throw new OnnxFormatException("This is a model in the ORT format, which is not supported; keep the .onnx file it was converted from.") { Offset = 4 };

        var reader = new ProtoReader(bytes);
        long? irVersion = null;
        bool hasGraph = false;
        string graphName = "", producerName = "", producerVersion = "";

        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case ModelField.IrVersion: irVersion = reader.ReadInt64(); break;
                case ModelField.ProducerName: producerName = reader.ReadString(); break;
                case ModelField.ProducerVersion: producerVersion = reader.ReadString(); break;
                case ModelField.OpsetImport: ReadOpset(reader.ReadMessage()); break;
                case ModelField.Metadata: ReadMetadata(reader.ReadMessage()); break;
                case ModelField.TrainingInfo: ReadTraining(reader.ReadMessage()); break;
                case ModelField.Functions: ReadFunction(reader.ReadMessage()); break;
                case ModelField.Graph:
                    hasGraph = true;
                    ReadGraph(reader.ReadMessage(), isMain: true, ref graphName);
                    break;
                default: reader.Skip(); break;
            }
        }

        if (!hasGraph)
            throw new OnnxFormatException($"This is not an ONNX model: its {bytes.Length} bytes hold no graph.");
        if (irVersion is null or <= 0)
            throw new OnnxFormatException("This is not an ONNX model: it states no format version (ir_version).");

        List<OnnxOperator> operators = [.. _operators
            .Select(static pair => new OnnxOperator(pair.Key.Domain, pair.Key.Type, pair.Value))
            .OrderBy(static o => o.Domain, StringComparer.Ordinal).ThenBy(static o => o.Type, StringComparer.Ordinal)];

        return new OnnxModel
        {
            IrVersion = irVersion.Value,
            Opsets = _opsets,
            ProducerName = producerName,
            ProducerVersion = producerVersion,
            GraphName = graphName,
            Metadata = _metadata,
            Signature = new OnnxSignature([.. _inputs.Where(input => !_initializers.Contains(input.Name))], _outputs),
            Operators = operators,
            CustomOperators = [.. operators.Where(o => !BuiltInDomains.Contains(o.Domain) && !_functions.Contains((o.Domain, o.Type)))],
            ExternalData = _external,
            HasExecutionProviderContext = _hasExecutionProviderContext,
        };
    }

    private void ReadOpset(ProtoReader reader)
    {
        string domain = "";
        long version = 0;
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1: domain = reader.ReadString(); break;
                case 2: version = reader.ReadInt64(); break;
                default: reader.Skip(); break;
            }
        }

        Count(reader);
        _opsets.Add(new OnnxOpset(Normalize(domain), version));
    }

    private void ReadMetadata(ProtoReader reader)
    {
        (string key, string value) = ReadEntry(reader);
        Count(reader);
        _metadata[key] = value;
    }

    private static (string Key, string Value) ReadEntry(ProtoReader reader)
    {
        string key = "", value = "";
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1: key = reader.ReadString(); break;
                case 2: value = reader.ReadString(); break;
                default: reader.Skip(); break;
            }
        }

        return (key, value);
    }

    private void ReadTraining(ProtoReader reader)
    {
        string ignored = "";
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case 1 or 2: ReadGraph(reader.ReadMessage(), isMain: false, ref ignored); break;
                default: reader.Skip(); break;
            }
        }
    }

    private void ReadFunction(ProtoReader reader)
    {
        string name = "", domain = "";
        while (reader.TryReadField(out int field))
        {
            switch (field)
            {
                case FunctionField.Name: name = reader.ReadString(); break;
                case FunctionField.Domain: domain = reader.ReadString(); break;
                case FunctionField.Node: ReadNode(reader.ReadMessage()); break;
                case FunctionField.AttributeDefault: ReadAttribute(reader.ReadMessage()); break;
                default: reader.Skip(); break;
            }
        }

        Count(reader);
        _functions.Add((Normalize(domain), name));
    }

    private void Count(ProtoReader reader)
    {
        if (++_items > MaximumItems)
            throw reader.Fault($"there are more than {MaximumItems} entries");
    }

    private void CountOperator(string domain, string type)
    {
        ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_operators, (Normalize(domain), type), out _);
        count++;
    }

    private static string Normalize(string domain) => domain.Length == 0 ? DefaultDomain : domain;
}
