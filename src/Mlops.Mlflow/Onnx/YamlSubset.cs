using System.Globalization;
using System.Text;

namespace Mlops.Mlflow;

/// <summary>
/// The part of YAML that MLmodel files are written in: nested block mappings of scalars, by the dotted path of their keys. Lists are passed
/// over. Anchors, aliases, tags, block scalars and flow collections with content are refused: none of them is needed, and all of them have been abused.
/// </summary>
internal sealed class YamlSubset
{
    private const int MaximumLength = 1 << 20;
    private const int MaximumDepth = 8;

    private readonly string[] _lines;
    private readonly Dictionary<string, string> _scalars = new(StringComparer.Ordinal);
    private int _line;

    private YamlSubset(string text) => _lines = text.ReplaceLineEndings("\n").Split('\n');

    /// <exception cref="FormatException">The text is something else, or longer than 1 MiB.</exception>
    public static Dictionary<string, string> Read(string text)
    {
        if (text.Length > MaximumLength)
        {
            throw new FormatException($"The file has {text.Length} characters; {MaximumLength} are read.");
        }

        var reader = new YamlSubset(text);
        reader.ReadMapping(indent: 0, prefix: "", depth: 0);
        return reader._line == reader._lines.Length ? reader._scalars : throw reader.Unexpected();
    }

    private void ReadMapping(int indent, string prefix, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw Unexpected();
        }

        while (SkipToContent() && IndentOf(_lines[_line]) == indent && !IsItem(_lines[_line].AsSpan(indent)))
        {
            string content = _lines[_line][indent..];
            int colon = KeyLength(content);
            string key = prefix + content[..colon];
            string value = content[(colon + 1)..].Trim();
            if (value.Length > 0)
            {
                _line++;
                Add(key, ReadScalar(value, indent));
                continue;
            }

            _line++;
            if (!SkipToContent())
            {
                return;
            }

            int inner = IndentOf(_lines[_line]);
            if (inner >= indent && IsItem(_lines[_line].AsSpan(inner)))
            {
                SkipList(inner);
            }
            else if (inner > indent)
            {
                ReadMapping(inner, key + ".", depth + 1);
            }
        }
    }

    private void SkipList(int indent)
    {
        while (SkipToContent() && (IndentOf(_lines[_line]) > indent || (IndentOf(_lines[_line]) == indent && IsItem(_lines[_line].AsSpan(indent)))))
        {
            _line++;
        }
    }

    private void Add(string key, string? value)
    {
        if (value is not null && !_scalars.TryAdd(key, value))
        {
            throw new FormatException($"The key '{key}' comes twice.");
        }
    }

    /// <summary>A scalar that begins on the line before; null for null and for an empty collection.</summary>
    private string? ReadScalar(string value, int indent)
    {
        switch (value[0])
        {
            case '\'':
                return ReadQuoted(value, '\'').Replace("''", "'", StringComparison.Ordinal);
            case '"':
                return Unescape(ReadQuoted(value, '"'));
            case '&' or '*' or '!' or '|' or '>' or '%' or '@' or '`' or '?':
                _line--;
                throw Unexpected();
            case '{' or '[':
                return value is "{}" or "[]" ? null : throw Unexpected();
        }

        var text = new StringBuilder(WithoutComment(value));
        while (_line < _lines.Length && _lines[_line].Trim().Length > 0 && IndentOf(_lines[_line]) > indent)
        {
            text.Append(' ').Append(WithoutComment(_lines[_line++].Trim()));
        }

        return text.ToString() is "null" or "~" ? null : text.ToString();
    }

    /// <summary>What stands between two quotes, over as many lines as it takes; a line's end is a space, an empty line a line's end.</summary>
    private string ReadQuoted(string first, char quote)
    {
        var text = new StringBuilder();
        string rest = first[1..];
        int empty = 0;
        while (true)
        {
            int end = EndOf(rest, quote);
            string part = end < 0 ? rest.TrimEnd() : rest[..end];
            bool isJoined = quote == '"' && end < 0 && part.EndsWith('\\') && !part.EndsWith("\\\\", StringComparison.Ordinal);
            text.Append(isJoined ? part[..^1] : part);
            if (end >= 0)
            {
                string behind = rest[(end + 1)..].Trim();
                return behind.Length == 0 || behind[0] == '#' ? text.ToString() : throw Unexpected();
            }

            for (empty = 0; _line < _lines.Length && _lines[_line].Trim().Length == 0; _line++)
            {
                empty++;
            }

            if (_line >= _lines.Length)
            {
                throw new FormatException("A quoted text does not end.");
            }

            rest = _lines[_line++].TrimStart();
            if (!isJoined)
            {
                text.Append(empty == 0 ? " " : new string('\n', empty));
            }
        }
    }

    private static int EndOf(string text, char quote)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (quote == '"' && text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == quote)
            {
                if (quote == '"' || i + 1 == text.Length || text[i + 1] != quote)
                {
                    return i;
                }

                i++;
            }
        }

        return -1;
    }

    private string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                plain.Append(text[i]);
                continue;
            }

            char escape = text[++i];
            int digits = escape == 'x' ? 2 : escape == 'u' ? 4 : 0;
            if (digits > 0)
            {
                plain.Append(i + digits < text.Length && ushort.TryParse(text.AsSpan(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code)
                    ? (char)code
                    : throw Unexpected());
                i += digits;
                continue;
            }

            plain.Append(escape switch
            {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                '"' or '\\' or '/' or ' ' => escape,
                _ => throw Unexpected(),
            });
        }

        return plain.ToString();
    }

    private bool SkipToContent()
    {
        while (_line < _lines.Length && (_lines[_line].Trim() is "" or "---" or "..." || _lines[_line].TrimStart()[0] == '#'))
        {
            _line++;
        }

        return _line < _lines.Length;
    }

    private int KeyLength(string content)
    {
        int length = 0;
        while (length < content.Length && (char.IsAsciiLetterOrDigit(content[length]) || content[length] is '_' or '-' or '.'))
        {
            length++;
        }

        return length > 0 && length < content.Length && content[length] == ':' && (length + 1 == content.Length || content[length + 1] == ' ') ? length : throw Unexpected();
    }

    private static string WithoutComment(string value)
    {
        int at = value.IndexOf(" #", StringComparison.Ordinal);
        return at < 0 ? value : value[..at].TrimEnd();
    }

    private static bool IsItem(ReadOnlySpan<char> content) => content is "-" || content.StartsWith("- ", StringComparison.Ordinal);

    private int IndentOf(string line)
    {
        int indent = line.AsSpan().IndexOfAnyExcept(' ');
        return indent >= 0 && line[indent] == '\t' ? throw Unexpected() : indent;
    }

    private FormatException Unexpected() => new($"Line {Math.Min(_line, _lines.Length - 1) + 1} is not of the part of YAML that is read.");
}
