using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Mlops.Mlflow;

/// <summary>What a client sent, as messages show it to the client.</summary>
internal static class WireJson
{
    /// <summary>A text in its quotes.</summary>
    public static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    /// <summary>Without spaces between its parts.</summary>
    public static string Compact(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            using var writer = new Utf8JsonWriter(buffer);
            value.WriteTo(writer);
        }
        catch (InvalidOperationException)
        {
            // Half a character somewhere in it.
            return value.GetRawText();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Its type in the words of MLflow.</summary>
    public static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "dict",
        JsonValueKind.Array => "list",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "int" : "float",
        JsonValueKind.Null => "NoneType",
        _ => "str",
    };
}
