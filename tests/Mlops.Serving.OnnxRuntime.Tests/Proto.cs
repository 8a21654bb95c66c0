using System.Text;
using Mlops.Onnx;

namespace Mlops.Serving.OnnxRuntime.Tests;

/// <summary>Writes protobuf messages, and with them small models, byte by byte.</summary>
internal static class Proto
{
    public static byte[] Message(params (int Field, object Value)[] fields)
    {
        var bytes = new List<byte>();
        foreach ((int field, object value) in fields)
        {
            byte[]? content = value switch { byte[] given => given, string text => Encoding.UTF8.GetBytes(text), _ => null };
            Varint(bytes, (ulong)(field << 3 | (content is null ? 0 : 2)));
            Varint(bytes, content is null ? (ulong)Convert.ToInt64(value, null) : (ulong)content.Length);
            bytes.AddRange(content ?? []);
        }

        return [.. bytes];
    }

    /// <summary>A tensor of that name, element type and shape: numbers for fixed sizes, text for symbols, null for neither.</summary>
    public static byte[] Value(string name, OnnxElementType type, params object?[] shape)
    {
        (int, object)[] dimensions = [.. shape.Select(size => (1, (object)(size is null ? Message() : Message(size is string symbol ? (2, symbol) : (1, size)))))];
        return Message((1, name), (2, Message((1, Message((1, (int)type), (2, Message(dimensions)))))));
    }

    public static byte[] Node(string type, string[] inputs, string[] outputs, params byte[][] attributes) => Message(
        [.. inputs.Select(input => (1, (object)input)), .. outputs.Select(output => (2, (object)output)), (4, type), .. attributes.Select(attribute => (5, (object)attribute))]);

    public static byte[] Model(byte[][] nodes, byte[][] inputs, byte[][] outputs, params byte[][] initializers) => Message(
        (1, 8),
        (7, Message([.. nodes.Select(node => (1, (object)node)), (2, "g"), .. initializers.Select(tensor => (5, (object)tensor)), .. inputs.Select(input => (11, (object)input)), .. outputs.Select(output => (12, (object)output))])),
        (8, Message((2, 15))));

    private static void Varint(List<byte> bytes, ulong value)
    {
        while (value >= 0x80)
        {
            bytes.Add((byte)(value | 0x80));
            value >>= 7;
        }

        bytes.Add((byte)value);
    }
}
