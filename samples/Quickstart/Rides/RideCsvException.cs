namespace Quickstart;

/// <summary>The ridership file cannot be read, or a place in it is wrong.</summary>
public sealed class RideCsvException : Exception
{
    public RideCsvException(string path, string problem, Exception? inner = null)
        : base($"Cannot read ridership data from '{path}': {problem}", inner) => Path = path;

    public RideCsvException(string path, int line, string? column, string problem)
        : base(column is null
            ? $"Ridership data '{path}', line {line}: {problem}"
            : $"Ridership data '{path}', line {line}, column '{column}': {problem}")
    {
        Path = path;
        Line = line;
        Column = column;
    }

    public string Path { get; }

    /// <summary>One-based, the header being line 1; null when the file as a whole is at fault.</summary>
    public int? Line { get; }

    /// <summary>Name of the column; null when the whole line is at fault.</summary>
    public string? Column { get; }
}
