using System.Text;

namespace Mlops.Serving;

/// <summary>
/// Records of a CSV file by RFC 4180, read one after the other: quoted fields may hold separators, line ends and doubled quotes; lines end with CRLF, LF or CR; empty lines
/// are passed over. Memory is bounded by one record. Not thread-safe.
/// </summary>
internal sealed class CsvReader(TextReader reader, char separator)
{
    private const int MaximumFieldLength = 1 << 20;
    private const int MaximumFields = 16_384;
    private const int End = -1;
    private readonly char[] _buffer = new char[16 * 1024];
    private readonly StringBuilder _field = new();
    private int _length;
    private int _place;
    private long _line = 1;

    /// <summary>Line where the last record began.</summary>
    public long Line { get; private set; }

    /// <summary>The next record; <c>null</c> after the last.</summary>
    /// <exception cref="CsvFormatException">Quotes are where none may be, or a field or record is too long.</exception>
    public async ValueTask<string[]?> ReadAsync(CancellationToken cancellationToken)
    {
        int c;
        while ((c = await PeekAsync(cancellationToken).ConfigureAwait(false)) is '\r' or '\n')
            await EndLineAsync(cancellationToken).ConfigureAwait(false);
        Line = _line;
        if (c == End)
            return null;

        List<string> fields = [];
        while (true)
        {
            if (fields.Count == MaximumFields)
                throw new CsvFormatException(_line, $"it has more than {MaximumFields} fields");
            fields.Add(c == '"'
                ? await ReadQuotedAsync(cancellationToken).ConfigureAwait(false)
                : await ReadPlainAsync(cancellationToken).ConfigureAwait(false));

            c = await PeekAsync(cancellationToken).ConfigureAwait(false);
            if (c == separator)
            {
                _place++;
                c = await PeekAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (c != End)
                await EndLineAsync(cancellationToken).ConfigureAwait(false);
            return [.. fields];
        }
    }

    private async ValueTask<string> ReadPlainAsync(CancellationToken cancellationToken)
    {
        _field.Clear();
        int c;
        while ((c = await PeekAsync(cancellationToken).ConfigureAwait(false)) != End && c != separator && c is not ('\r' or '\n'))
        {
            if (c == '"')
                throw new CsvFormatException(_line, "there is a quote within a field that does not begin with one");
            Append((char)c);
        }

        return _field.ToString();
    }

    private async ValueTask<string> ReadQuotedAsync(CancellationToken cancellationToken)
    {
        _field.Clear();
        long opened = _line;
        _place++;
        while (true)
        {
            int c = await PeekAsync(cancellationToken).ConfigureAwait(false);
            if (c == End)
                throw new CsvFormatException(opened, "a quoted field is not closed");
            if (c == '"')
            {
                _place++;
                c = await PeekAsync(cancellationToken).ConfigureAwait(false);
                if (c != '"')
                {
                    return c == End || c == separator || c is '\r' or '\n'
                        ? _field.ToString()
                        : throw new CsvFormatException(_line, "there is text after the closing quote of a field");
                }
            }

            if (c is '\n' || (c is '\r' && await SecondAsync(cancellationToken).ConfigureAwait(false) != '\n'))
                _line++;
            Append((char)c);
        }
    }

    private void Append(char c)
    {
        if (_field.Length == MaximumFieldLength)
            throw new CsvFormatException(_line, $"a field has more than {MaximumFieldLength} characters");
        _field.Append(c);
        _place++;
    }

    private async ValueTask EndLineAsync(CancellationToken cancellationToken)
    {
        bool isReturn = _buffer[_place++] == '\r';
        if (isReturn && await PeekAsync(cancellationToken).ConfigureAwait(false) == '\n')
            _place++;
        _line++;
    }

    private async ValueTask<int> PeekAsync(CancellationToken cancellationToken)
    {
        if (_place == _length)
        {
            _length = await reader.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
            _place = 0;
        }

        return _length == 0 ? End : _buffer[_place];
    }

    /// <summary>The character after the present one.</summary>
    private async ValueTask<int> SecondAsync(CancellationToken cancellationToken)
    {
        if (_place + 1 < _length)
            return _buffer[_place + 1];

        _buffer[0] = _buffer[_place];
        _place = 0;
        _length = 1 + await reader.ReadAsync(_buffer.AsMemory(1), cancellationToken).ConfigureAwait(false);
        return _length > 1 ? _buffer[1] : End;
    }
}
