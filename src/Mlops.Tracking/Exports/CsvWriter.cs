using System.Buffers;
using System.Globalization;
using System.Text;

namespace Mlops.Tracking;

/// <summary>Lines of RFC 4180 in UTF-8: commas, CRLF, quotes where a field needs them.</summary>
internal sealed class CsvWriter : IAsyncDisposable
{
    private const int BufferSize = 32 * 1024;

    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");

    // What spreadsheets take for the start of a formula, in the widths they know; tabs and line ends are passed over by them.
    private static readonly SearchValues<char> Formulas = SearchValues.Create("=+-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20");

    private readonly StreamWriter _writer;
    private readonly bool _keepFormulas;
    private readonly StringBuilder _line = new();
    private bool _isFirst = true;

    public CsvWriter(Stream destination, CsvExportOptions options)
    {
        _writer = new StreamWriter(destination, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferSize, leaveOpen: true);
        _keepFormulas = options.KeepFormulas;
    }

    public void Add(string? text)
    {
        if (!_isFirst)
        {
            _line.Append(',');
        }

        _isFirst = false;
        if (string.IsNullOrEmpty(text))
        {
            return;
        }

        string safe = !_keepFormulas && Formulas.Contains(text[0]) && !IsNumber(text) ? $"'{text}" : text;
        if (safe.AsSpan().ContainsAny(Quoted))
        {
            _line.Append('"').Append(safe.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        }
        else
        {
            _line.Append(safe);
        }
    }

    public void Add(double value) => Add(value.ToString("R", CultureInfo.InvariantCulture));

    public void Add(long value) => Add(value.ToString(CultureInfo.InvariantCulture));

    public void Add(DateTimeOffset time) => Add(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));

    public async ValueTask EndLineAsync(CancellationToken cancellationToken)
    {
        _line.Append("\r\n");
        foreach (ReadOnlyMemory<char> chunk in _line.GetChunks())
        {
            await _writer.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
        }

        _line.Clear();
        _isFirst = true;
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private static bool IsNumber(string text) => text is "-Infinity" || double.TryParse(
        text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number);
}
