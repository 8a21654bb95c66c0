using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>
/// The body of <c>runs/log-batch</c>, read from its bytes straight into what is logged: one pass, one string for each distinct key.
/// </summary>
internal sealed class LogBatch
{
    private const int MaximumParameters = 100;
    private const int MaximumTags = 100;
    private const int MaximumMetrics = 1_000;
    private const int MaximumTogether = 1_000;

    // Longer keys are refused later; they only take the slow way here.
    private const int LongestKey = 256;

    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly LongValues _long;
    private SortedSet<string>? _repeated;
    private string? _runId;
    private string? _runUuid;
    private int _parameters;
    private int _tags;

    private LogBatch(LongValues values) => _long = values;

    public List<Metric> Metrics { get; } = [];

    public Dictionary<string, string> Parameters { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);

    public string RunId => RunIds.Require(!string.IsNullOrEmpty(_runId) ? _runId : !string.IsNullOrEmpty(_runUuid) ? _runUuid : throw ProtocolException.Missing("run_id"));

    /// <exception cref="ProtocolException">It is no batch, or more than a batch may be.</exception>
    public static LogBatch Read(ReadOnlySpan<byte> body, LongValues values)
    {
        var batch = new LogBatch(values);
        try
        {
            batch.ReadBody(body);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second is what names with half a character in them are to the reader.
            throw MlflowRequest.NoObject();
        }

        batch.Check();
        return batch;
    }

    private void ReadBody(ReadOnlySpan<byte> body)
    {
        if (body.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return;
        }

        var reader = new Utf8JsonReader(body, MlflowRequest.ReaderOptions);
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            // Old clients encode twice.
            byte[] inner = System.Text.Encoding.UTF8.GetBytes(WireText.Read(ref reader, "body"));
            RequireEnd(ref reader);
            reader = new Utf8JsonReader(inner, MlflowRequest.ReaderOptions);
            reader.Read();
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw MlflowRequest.NoObject();
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("metrics"u8))
            {
                ReadList(ref reader, "metrics", static (LogBatch batch, ref Utf8JsonReader reader) => batch.ReadMetric(ref reader));
            }
            else if (reader.ValueTextEquals("params"u8))
            {
                ReadList(ref reader, "params", static (LogBatch batch, ref Utf8JsonReader reader) => batch.ReadParameter(ref reader));
            }
            else if (reader.ValueTextEquals("tags"u8))
            {
                ReadList(ref reader, "tags", static (LogBatch batch, ref Utf8JsonReader reader) => batch.ReadTag(ref reader));
            }
            else if (reader.ValueTextEquals("run_id"u8))
            {
                _runId = ReadText(ref reader, "run_id");
            }
            else if (reader.ValueTextEquals("run_uuid"u8))
            {
                _runUuid = ReadText(ref reader, "run_uuid");
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        RequireEnd(ref reader);
    }

    private delegate void ItemReader(LogBatch batch, ref Utf8JsonReader reader);

    private void ReadList(ref Utf8JsonReader reader, string name, ItemReader read)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw WrongType(ref reader, name);
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw WrongType(ref reader, name);
            }

            read(this, ref reader);
        }
    }

    private void ReadMetric(ref Utf8JsonReader reader)
    {
        string? key = null;
        double? value = null;
        long? time = null, step = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("key"u8))
            {
                key = ReadKey(ref reader);
            }
            else if (reader.ValueTextEquals("value"u8))
            {
                value = ReadDouble(ref reader, "value");
            }
            else if (reader.ValueTextEquals("timestamp"u8))
            {
                time = ReadInt64(ref reader, "timestamp");
            }
            else if (reader.ValueTextEquals("step"u8))
            {
                step = ReadInt64(ref reader, "step");
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (string.IsNullOrEmpty(key) || value is null || time is null)
        {
            throw Incomplete(key, value, time, step);
        }

        Metrics.Add(new Metric(key, value.Value, step ?? 0, WireNumber.Time(time.Value, "timestamp")));
    }

    /// <summary>In the words of earlier and of later versions, because clients look for either.</summary>
    private ProtocolException Incomplete(string? key, double? value, long? time, long? step)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (key is not null)
            {
                writer.WriteString("key", key);
            }

            if (step is { } whole)
            {
                writer.WriteNumber("step", whole);
            }

            if (time is { } milliseconds)
            {
                writer.WriteNumber("timestamp", milliseconds);
            }

            if (value is { } number)
            {
                writer.WriteDouble("value", number);
            }

            writer.WriteEndObject();
        }

        string missing = string.IsNullOrEmpty(key) ? "key" : value is null ? "value" : "timestamp";
        string sent = ProtocolException.Shorten(System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan));
        return ProtocolException.Invalid(
            $"Invalid value [{sent}] for parameter 'metrics' supplied. {ProtocolException.Missing($"metrics[{Metrics.Count}].{missing}").Message}");
    }

    private void ReadParameter(ref Utf8JsonReader reader)
    {
        (string key, string value) = ReadPair(ref reader, "params", _parameters++);
        if (!Parameters.TryAdd(key, _long.Parameter(value)))
        {
            (_repeated ??= new SortedSet<string>(StringComparer.Ordinal)).Add(key);
        }
    }

    private void ReadTag(ref Utf8JsonReader reader)
    {
        (string key, string value) = ReadPair(ref reader, "tags", _tags++);
        Tags[key] = _long.Tag(value);
    }

    private (string Key, string Value) ReadPair(ref Utf8JsonReader reader, string list, int index)
    {
        string? key = null, value = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("key"u8))
            {
                key = ReadKey(ref reader);
            }
            else if (reader.ValueTextEquals("value"u8))
            {
                value = ReadText(ref reader, "value");
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return string.IsNullOrEmpty(key) ? throw ProtocolException.Missing($"{list}[{index}].key") : (key, value ?? "");
    }

    /// <summary>The same string for every occurrence of a key.</summary>
    private string? ReadKey(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > LongestKey)
        {
            return TextOf(ref reader, "key");
        }

        Span<char> buffer = stackalloc char[LongestKey];
        int length;
        try
        {
            length = reader.CopyString(buffer);
        }
        catch (InvalidOperationException)
        {
            throw WireText.NotUnicode("key");
        }

        if (!_keys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(buffer[..length], out string? key))
        {
            key = WireText.Require(new string(buffer[..length]), "key");
            _keys.Add(key);
        }

        return key;
    }

    private static string? ReadText(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        return TextOf(ref reader, name);
    }

    private static string? TextOf(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.String => WireText.Read(ref reader, name),
        _ => throw WrongType(ref reader, name),
    };

    private static double? ReadDouble(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.Number => reader.TryGetDouble(out double number) && double.IsFinite(number) ? number : throw WrongType(ref reader, name),
            JsonTokenType.String => WireNumber.Parse(WireText.Read(ref reader, name)) ?? throw WrongType(ref reader, name),
            _ => throw WrongType(ref reader, name),
        };
    }

    private static long? ReadInt64(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.Number when reader.TryGetInt64(out long number):
                return number;
            case JsonTokenType.Number when reader.TryGetDouble(out double wide) && WireNumber.Whole(wide) is { } whole:
                return whole;
            case JsonTokenType.String when long.TryParse(
                WireText.Read(ref reader, name), System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out long number):
                return number;
            default:
                throw WrongType(ref reader, name);
        }
    }

    private static void RequireEnd(ref Utf8JsonReader reader)
    {
        // Throws when something else follows.
        reader.Read();
    }

    private static ProtocolException WrongType(ref Utf8JsonReader reader, string name) => ProtocolException.WrongType(JsonElement.ParseValue(ref reader), name);

    private void Check()
    {
        RequireAtMost("metrics", Metrics.Count, MaximumMetrics);
        RequireAtMost("params", _parameters, MaximumParameters);
        RequireAtMost("tags", _tags, MaximumTags);
        RequireAtMost("metrics, params, and tags", Metrics.Count + _parameters + _tags, MaximumTogether);
        if (_repeated is not null)
        {
            throw ProtocolException.Invalid(
                $"Duplicate parameter keys have been submitted: [{string.Join(", ", _repeated.Select(static key => $"'{key}'"))}]. Please ensure the request contains only one param value per param key.");
        }
    }

    private static void RequireAtMost(string what, int count, int maximum)
    {
        if (count > maximum)
        {
            throw ProtocolException.Invalid(
                $"A batch logging request can contain at most {maximum} {what}. Got {count} {what}. Please split up {what} across multiple requests and try again.");
        }
    }
}
