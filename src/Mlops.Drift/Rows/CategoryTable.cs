namespace Mlops.Drift;

/// <summary>Numbers the categories of one column in the order they are first seen, up to a limit. Not thread-safe.</summary>
internal sealed class CategoryTable(int maximum)
{
    /// <summary>The code of null.</summary>
    public const int Missing = -1;

    /// <summary>The code of every category that came after the table was full.</summary>
    public const int Overflow = -2;

    /// <summary>Stands for such a category where a text is needed; no category of a reference.</summary>
    public const string OverflowText = "\uFFFF(others)";

    /// <summary>Longer texts are cut: no host needs them to tell categories apart, and they would be kept for as long as the window.</summary>
    public const int MaximumLength = 256;

    private const int RecentSlots = 64;

    private readonly Dictionary<string, int> _codes = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly (string? Name, int Code)[] _recent = new (string?, int)[RecentSlots];

    public IReadOnlyList<string> Names => _names;

    public bool IsFull => _names.Count >= maximum;

    public int Encode(string? text)
    {
        if (text is null)
            return Missing;

        // Most columns have few categories: comparing with the last one of this shape is faster than hashing.
        ref (string? Name, int Code) recent = ref _recent[text.Length == 0 ? 0 : ((text.Length * 31) + (text[0] * 7) + text[^1]) % RecentSlots];
        if (recent.Name == text)
            return recent.Code;
        int code = Find(text);
        if (code >= 0)
            recent = (_names[code], code);
        return code;
    }

    private int Find(string text)
    {
        if (_codes.TryGetValue(text, out int code))
            return code;
        if (text.Length > MaximumLength)
            return Find(text[..MaximumLength]);
        if (IsFull)
            return Overflow;
        _codes.Add(text, _names.Count);
        _names.Add(text);
        return _names.Count - 1;
    }

    public string[] ToArray() => [.. _names];

    public void Clear()
    {
        _codes.Clear();
        _names.Clear();
        Array.Clear(_recent);
    }
}
