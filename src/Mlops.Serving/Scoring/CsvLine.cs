using System.Buffers;
using System.Text;

namespace Mlops.Serving;

/// <summary>One record of RFC 4180 that is being written. Fields are written as they are: what a spreadsheet makes of them is not judged here.</summary>
internal sealed class CsvLine(char separator)
{
    private readonly SearchValues<char> _quoted = SearchValues.Create([separator, '"', '\r', '\n']);
    private readonly StringBuilder _text = new();
    private bool _isFirst = true;

    public CsvLine Add(string field)
    {
        if (!_isFirst)
            _text.Append(separator);
        _isFirst = false;

        if (field.AsSpan().ContainsAny(_quoted))
            _text.Append('"').Append(field.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        else
            _text.Append(field);
        return this;
    }

    public CsvLine AddAll(IEnumerable<string> fields)
    {
        foreach (string field in fields)
            Add(field);
        return this;
    }

    public async Task WriteAsync(TextWriter writer, CancellationToken cancellationToken)
    {
        _text.Append("\r\n");
        await writer.WriteAsync(_text, cancellationToken).ConfigureAwait(false);
        _text.Clear();
        _isFirst = true;
    }
}
