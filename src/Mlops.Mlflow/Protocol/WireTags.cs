using System.Text.Json;

namespace Mlops.Mlflow;

/// <summary>Lists of <c>{key, value}</c>.</summary>
internal static class WireTags
{
    public const int MaximumRunTagLength = 8_000;
    private const int MaximumLength = 5_000;

    /// <summary>Reads <c>tags</c>, of which the last of one key counts; longer values are refused.</summary>
    public static Dictionary<string, string> Read(MlflowRequest fields, int maximumLength = MaximumLength)
    {
        Dictionary<string, string> tags = new(StringComparer.Ordinal);
        foreach (MlflowRequest tag in fields.Objects("tags"))
        {
            tags[tag.RequiredText("key")] = RequireValue(tag, maximumLength);
        }

        return tags;
    }

    public static string RequireValue(MlflowRequest fields, int maximumLength = MaximumLength)
    {
        string value = fields.Text("value") ?? "";
        return value.Length <= maximumLength ? value : throw TooLong("Tag", value.Length, maximumLength);
    }

    public static ProtocolException TooLong(string what, int length, int maximum) =>
        ProtocolException.Invalid($"{what} value had length {length}, which exceeded length limit of {maximum}");

    /// <summary>Writes the list; nothing when there are none.</summary>
    public static void Write(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, string> tags)
    {
        if (tags.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach ((string key, string value) in tags)
        {
            WriteOne(writer, key, value);
        }

        writer.WriteEndArray();
    }

    public static void WriteOne(Utf8JsonWriter writer, string key, string value)
    {
        writer.WriteStartObject();
        writer.WriteString("key", key);
        writer.WriteString("value", value);
        writer.WriteEndObject();
    }
}
