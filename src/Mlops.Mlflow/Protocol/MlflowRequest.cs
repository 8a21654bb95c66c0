using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Mlops.Mlflow;

/// <summary>
/// The fields of a request or of an object in it, wherever they stand: in a JSON body, where 64-bit integers may be texts, or in a
/// query, where lists are <c>a=1&amp;a=2</c>, <c>a[]=1&amp;a[]=2</c> or <c>a[0]=1&amp;a[1]=2</c>. Unknown fields are ignored.
/// </summary>
internal sealed class MlflowRequest
{
    private const int MaximumDepth = 32;
    private const int MaximumItems = 10_000;

    public static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaximumDepth };
    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = MaximumDepth };

    private readonly JsonElement _fields;
    private readonly IQueryCollection? _query;
    private readonly string _prefix;

    private MlflowRequest(JsonElement fields, string prefix)
    {
        _fields = fields;
        _prefix = prefix;
    }

    private MlflowRequest(IQueryCollection query)
    {
        _query = query;
        _prefix = "";
    }

    public static MlflowRequest Empty { get; } = new(default, "");

    public static MlflowRequest FromQuery(IQueryCollection query) => new(query);

    /// <summary>Reads a body; an empty one has no fields, one that is a JSON text holding JSON is read twice.</summary>
    /// <exception cref="ProtocolException">It is no JSON object, or deeper than 32 levels.</exception>
    public static MlflowRequest FromBody(ReadOnlyMemory<byte> body)
    {
        if (body.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return Empty;
        }

        JsonElement root = Parse(body);
        if (root.ValueKind == JsonValueKind.String)
        {
            root = ParseText(WireText.Read(root, "body"));
        }

        return root.ValueKind == JsonValueKind.Object ? new MlflowRequest(root, "") : throw NoObject();
    }

    public static ProtocolException NoObject() => new(ErrorCode.BadRequest, "The request's body is no JSON object of at most 32 levels.");

    public string? Text(string name)
    {
        if (_query is not null)
        {
            return _query.TryGetValue(name, out var values) && values.Count > 0 ? WireText.Require(values[^1] ?? "", name) : null;
        }

        return Find(name, out JsonElement value) ? ReadText(value, name) : null;
    }

    public string RequiredText(string name) => Text(name) is { Length: > 0 } text ? text : throw ProtocolException.Missing(_prefix + name);

    /// <summary>A text that may be sent as a number.</summary>
    public string? Id(string name) =>
        _query is null && Find(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetRawText() : Text(name);

    public string RequiredId(string name) => Id(name) is { Length: > 0 } text ? text : throw ProtocolException.Missing(_prefix + name);

    public long? Int64(string name)
    {
        if (_query is null && Find(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number)
        {
            return Whole(value, _prefix + name);
        }

        return Text(name) is not { Length: > 0 } text
            ? null
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : throw WrongType(name, text);
    }

    public long RequiredInt64(string name) => Int64(name) ?? throw ProtocolException.Missing(_prefix + name);

    public double RequiredDouble(string name)
    {
        if (_query is null && Find(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number)
        {
            return value.TryGetDouble(out double number) && double.IsFinite(number) ? number : throw ProtocolException.WrongType(value, _prefix + name);
        }

        string text = RequiredText(name);
        return WireNumber.Parse(text) ?? throw WrongType(name, text);
    }

    public bool? Boolean(string name)
    {
        if (_query is null && Find(name, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        return Text(name) switch
        {
            null or "" => null,
            "true" or "True" => true,
            "false" or "False" => false,
            { } text => throw WrongType(name, text),
        };
    }

    /// <summary>An enumeration by name or number; its names stand in the order of their numbers, which begin at 1.</summary>
    public string? Choice(string name, ReadOnlySpan<string> names)
    {
        if (Id(name) is not { Length: > 0 } text)
        {
            return null;
        }

        foreach (string known in names)
        {
            if (known.Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return known;
            }
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= names.Length
            ? names[number - 1]
            : throw WrongType(name, text);
    }

    /// <summary>A list of texts or numbers; empty when it is absent.</summary>
    public List<string> Texts(string name)
    {
        if (_query is not null)
        {
            return QueryTexts(_query, name);
        }

        List<string> texts = [];
        if (Find(name, out JsonElement value))
        {
            foreach (JsonElement item in Items(value, name))
            {
                texts.Add(item.ValueKind == JsonValueKind.Number ? item.GetRawText() : ReadText(item, name));
            }
        }

        return texts;
    }

    /// <summary>A list of objects; empty when it is absent.</summary>
    public List<MlflowRequest> Objects(string name)
    {
        List<MlflowRequest> objects = [];
        if (_query is null && Find(name, out JsonElement value))
        {
            foreach (JsonElement item in Items(value, name))
            {
                objects.Add(item.ValueKind == JsonValueKind.Object
                    ? new MlflowRequest(item, $"{_prefix}{name}[{objects.Count}].")
                    : throw ProtocolException.WrongType(item, _prefix + name));
            }
        }

        return objects;
    }

    /// <summary>An object, or null when it is absent.</summary>
    public MlflowRequest? Object(string name)
    {
        if (_query is not null || !Find(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Object
            ? new MlflowRequest(value, $"{_prefix}{name}.")
            : throw ProtocolException.WrongType(value, _prefix + name);
    }

    /// <summary>Reads the JSON that a field holds as text.</summary>
    public static JsonElement ParseText(string json) => Parse(System.Text.Encoding.UTF8.GetBytes(json));

    private static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, DocumentOptions);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw NoObject();
        }
    }

    private bool Find(string name, out JsonElement value)
    {
        try
        {
            if (_fields.ValueKind == JsonValueKind.Object && _fields.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null)
            {
                return true;
            }
        }
        catch (InvalidOperationException)
        {
            // A name with half a character in it stands before the one that is looked for.
            throw NoObject();
        }

        value = default;
        return false;
    }

    private string ReadText(JsonElement value, string name) => value.ValueKind == JsonValueKind.String
        ? WireText.Read(value, _prefix + name)
        : throw ProtocolException.WrongType(value, _prefix + name);

    private JsonElement.ArrayEnumerator Items(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw ProtocolException.WrongType(value, _prefix + name);
        }

        return value.GetArrayLength() <= MaximumItems ? value.EnumerateArray() : throw TooMany(name);
    }

    private static List<string> QueryTexts(IQueryCollection query, string name)
    {
        List<(int Index, string Text)> texts = [];
        foreach ((string key, var values) in query)
        {
            if (!key.StartsWith(name, StringComparison.Ordinal) || IndexOf(key.AsSpan(name.Length)) is not { } index)
            {
                continue;
            }

            foreach (string? value in values)
            {
                texts.Add((index, WireText.Require(value ?? "", name)));
            }
        }

        return texts.Count <= MaximumItems ? [.. texts.OrderBy(static text => text.Index).Select(static text => text.Text)] : throw TooMany(name);
    }

    /// <summary>0 for nothing and <c>[]</c>, the number for <c>[number]</c>, otherwise null.</summary>
    private static int? IndexOf(ReadOnlySpan<char> suffix) => suffix switch
    {
        "" or "[]" => 0,
        ['[', .. var number, ']'] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int index) => index,
        _ => null,
    };

    private static ProtocolException TooMany(string name) => ProtocolException.Invalid($"The list '{name}' has more than {MaximumItems} items.");

    /// <summary>A number without a fraction; 3.0 is one.</summary>
    private static long Whole(JsonElement value, string parameter)
    {
        if (value.TryGetInt64(out long number))
        {
            return number;
        }

        return value.TryGetDouble(out double wide) && WireNumber.Whole(wide) is { } whole ? whole : throw ProtocolException.WrongType(value, parameter);
    }

    /// <summary>The value that was read as a text is not of the field's type, whatever it was sent as.</summary>
    private ProtocolException WrongType(string name, string text) => _query is null && Find(name, out JsonElement value)
        ? ProtocolException.WrongType(value, _prefix + name)
        : ProtocolException.WrongType(text, _prefix + name);
}
