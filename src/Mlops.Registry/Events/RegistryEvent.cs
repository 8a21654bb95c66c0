using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>
/// Something that happened to a model, as receivers outside see it: names, numbers and who, never what people wrote in tags, descriptions and
/// reasons. <see cref="RegistryWebhook"/> documents the format.
/// </summary>
/// <param name="Topic">What happened.</param>
/// <param name="Actor">Who did it.</param>
/// <param name="Time">When, microseconds since 1970-01-01 UTC.</param>
internal sealed record RegistryEvent(string Topic, string Actor, long Time)
{
    /// <summary>All topics begin with it.</summary>
    public const string Prefix = "registry.";

    public int? Number { get; init; }

    public string? Alias { get; init; }

    /// <summary>What the alias pointed to before.</summary>
    public int? Previous { get; init; }

    /// <summary>The number of the alias's change.</summary>
    public long? Sequence { get; init; }

    public long? Decision { get; init; }

    public long? Approval { get; init; }

    public bool? IsAccepted { get; init; }

    public string? Stage { get; init; }

    public string? NewName { get; init; }

    /// <summary>
    /// The same for the same happening however often it is told: by the model's key, which a new name does not change, and what numbers it.
    /// An id of a webhook has no full stop.
    /// </summary>
    public string IdOf(ModelRow model) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Topic}/{model.Key}/{Number}/{(Alias is null ? "" : Alias)}/{Sequence ?? Decision ?? Approval ?? Time}").Replace(".", "%2E", StringComparison.Ordinal);

    public string ToJson(ModelRow model)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            Write(json, model);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private void Write(Utf8JsonWriter json, ModelRow model)
    {
        json.WriteStartObject();
        json.WriteString("type", Topic);
        json.WriteString("timestamp", UnixMicroseconds.ToTime(Time).UtcDateTime);
        json.WriteStartObject("data");
        json.WriteString("model", model.Name);
        json.WriteString("actor", Actor);
        WriteNumber(json, "version", Number);
        WriteText(json, "alias", Alias);
        WriteNumber(json, "previousVersion", Previous);
        WriteNumber(json, "sequence", Sequence);
        WriteNumber(json, "decision", Decision);
        WriteNumber(json, "approval", Approval);
        if (IsAccepted is { } accepted)
        {
            json.WriteBoolean("accepted", accepted);
        }

        WriteText(json, "stage", Stage);
        WriteText(json, "newName", NewName);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
