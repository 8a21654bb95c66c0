using System.Globalization;

namespace Mlops.Serving;

/// <summary>A file is not CSV by RFC 4180, or has not the columns that a model needs.</summary>
public sealed class CsvFormatException : FormatException
{
    internal CsvFormatException(long line, string detail)
        : base(string.Create(CultureInfo.InvariantCulture, $"The CSV file cannot be read at line {line}: {detail}.")) => Line = line;

    /// <summary>Line of the file, from 1 on.</summary>
    public long Line { get; }
}
